"""The robot, and a short motion of it."""

import dataclasses

import numpy as np
import pytest

from wildrobot.motion import derivatives
from wildrobot.motion.clip import Clip, joint_names
from wildrobot.robot import Robot, load_robot


@pytest.fixture(scope="session")
def robot() -> Robot:
    return load_robot(collision="feet")


@pytest.fixture
def standing(robot: Robot) -> Clip:
    """Home, for five frames."""
    qpos = np.tile(robot.home_qpos, (5, 1))
    return Clip(
        name="standing",
        qpos=qpos,
        qvel=np.zeros((5, robot.model.nv)),
        contacts=np.ones((5, 2), bool),
        loop=True,
        command=np.zeros(3),
        steady=(0, 4),
        provenance={"source": "a test", "licence": "none", "settings": {}},
        joints=joint_names(robot.model),
        robot=robot.digest,
    )


@pytest.fixture
def gliding(robot: Robot, standing: Clip) -> Clip:
    """Home, carried forward at 0.5 m/s and turned at 0.4 rad/s, 21 frames, with a knee that bends at 1 rad/s."""
    time_s = 0.02 * np.arange(21)
    qpos = np.tile(robot.home_qpos, (21, 1))
    qpos[:, 0] += 0.5 * time_s
    qpos[:, 3], qpos[:, 6] = np.cos(0.2 * time_s), np.sin(0.2 * time_s)
    qpos[:, robot.qpos_index[6]] += time_s
    qvel = derivatives.velocity(robot.model, qpos, loop=False)
    qvel[[0, -1]] = qvel[1]
    return dataclasses.replace(
        standing, name="gliding", qpos=qpos, qvel=qvel, contacts=np.ones((21, 2), bool), loop=False, steady=(0, 20)
    )
