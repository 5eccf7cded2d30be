"""Which clip is for which command, and windows drawn of it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from trainers.amp.reference import Reference
from wildrobot.errors import UsageError
from wildrobot.motion.features import clip_windows
from wildrobot.motion.library import Library
from wildrobot.robot import load_robot

CLIPS = ("forward-0.10", "forward-0.30", "left-0.06")


@pytest.fixture(scope="module")
def robot():
    return load_robot(collision="feet")


@pytest.fixture(scope="module")
def reference(robot):
    return Reference.load(robot, CLIPS)


def test_the_nearest_clip(reference):
    """0.19 m/s is 0.09 from the first and 0.11 from the second; 0.1 rad/s of turning counts as 0.04 m/s."""
    commands = jnp.array([[0.19, 0.0, 0.0], [0.21, 0.0, 0.0], [0.0, 0.08, 0.0], [0.10, 0.0, 0.1]])
    clip, distance = reference.nearest(commands)
    np.testing.assert_array_equal(clip, [0, 1, 2, 0])
    np.testing.assert_allclose(distance, [0.09, 0.09, 0.02, 0.04], atol=1e-6)


def test_a_command_is_covered_near_a_clip_and_never_while_standing(reference):
    commands = jnp.array([[0.14, 0.0, 0.0], [0.2, 0.0, 0.0], [0.0, 0.01, 0.0], [0.0, 0.03, 0.0]])
    np.testing.assert_array_equal(reference.covers(commands, 0.06), [True, False, False, True])


def test_windows_are_of_the_commands_clip_at_any_phase(robot, reference):
    (windows,) = clip_windows(robot, Library.load(robot, CLIPS).clips[1:2])
    drawn = reference.draw(jax.random.PRNGKey(0), jnp.tile(jnp.array([0.28, 0.0, 0.0]), (500, 1)))
    distances = np.abs(np.asarray(drawn)[:, None] - windows[None]).max(axis=(2, 3))
    assert distances.min(axis=1).max() < 1e-6, "each is one of that clip"
    assert len(set(distances.argmin(axis=1).tolist())) > 0.99 * len(windows), "and all of them are drawn"


def test_the_motion_distance_is_zero_on_the_reference_and_grows_by_an_offset(reference):
    """All joints off by 0.01 rad in all frames: an RMS of at most 0.01, and hardly less, for no window is nearer."""
    windows = reference.windows[:5]
    np.testing.assert_allclose(reference.motion_distance_rad(windows, jnp.ones(5)), 0.0, atol=1e-3)
    off = windows.at[..., :17].add(0.01)
    distance = float(reference.motion_distance_rad(off, jnp.ones(5)))
    assert 0.008 < distance <= 0.0101


def test_a_clip_that_stands_is_refused(robot):
    with pytest.raises(UsageError, match=r"amp.clips: stand never lifts a foot; name clips that walk"):
        Reference.load(robot, ("forward-0.10", "stand"))
