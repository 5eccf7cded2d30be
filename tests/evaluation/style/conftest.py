"""The robot, a reference of it, and motions that can be worked out by hand."""

import numpy as np
import pytest

from wildrobot.evaluation.style.motion import Motion
from wildrobot.evaluation.style.reference import Reference, chosen
from wildrobot.robot import Robot, load_robot


@pytest.fixture(scope="session")
def robot() -> Robot:
    return load_robot(collision="full")


@pytest.fixture(scope="session")
def walking(robot) -> Reference:
    """The generated walk at 0.2 m/s: a stride of 56 frames."""
    (found,) = chosen(robot, ["forward-0.20"])
    return found


@pytest.fixture(scope="session")
def as_the_clip(walking) -> Motion:
    """Two robots that do what the clip does, for five strides and some; the second begins 20 frames later."""
    return repeating(walking.cycle, 300, begin=(0, 20))


def repeating(cycle, samples, begin=(0,)) -> Motion:
    """Robots that repeat a cycle from the given frames on; the left foot is in the air for its first 15 frames."""
    frame = (np.arange(samples)[:, None] + np.array(begin)) % len(cycle)
    load = np.full((samples, len(begin), 2), 20.0)
    load[..., 0][frame < 15] = 0.0
    return Motion(cycle[frame], load, np.ones((samples, len(begin)), bool))
