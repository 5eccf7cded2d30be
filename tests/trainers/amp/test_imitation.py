"""The imitation reward against numbers worked out by hand, and the phase that it looks a clip up by."""

import jax.numpy as jnp
import numpy as np
import pytest

from trainers.amp.imitation import Imitation, similarity
from wildrobot.errors import UsageError
from wildrobot.motion import features
from wildrobot.motion.clip_file import load
from wildrobot.motion.library import find
from wildrobot.robot import load_robot

LAYOUT = features.layout(load_robot())


def test_similarity():
    """A joint off by 0.5 rad: (0.65 exp(-2 x 0.25) + 0.10 + 0.15) / 0.90; a foot by 0.1 m besides: exp(-40 x 0.01)."""
    wanted = jnp.zeros(55)
    np.testing.assert_allclose(similarity(wanted, wanted, LAYOUT), 1.0, rtol=1e-6)
    seen = wanted.at[3].set(0.5)
    np.testing.assert_allclose(similarity(seen, wanted, LAYOUT), (0.65 * np.exp(-0.5) + 0.25) / 0.9, rtol=1e-6)
    left_foot = 17 + 17 + 3 + 3 + 3
    seen = seen.at[left_foot].set(0.1)
    expected = (0.65 * np.exp(-0.5) + 0.10 + 0.15 * np.exp(-0.4)) / 0.9
    np.testing.assert_allclose(similarity(seen, wanted, LAYOUT), expected, rtol=1e-6)


def test_a_robot_on_the_clip_at_its_phase_is_paid_in_full():
    """Phase 0 is where the left foot lifts; half a stride off, the legs are where the other's should be."""
    robot = load_robot(collision="feet")
    imitation = Imitation.load(robot, ("forward-0.10", "forward-0.20"), 0.9)
    clip = load(find("forward-0.20"), robot)
    lift = int(np.flatnonzero(~clip.contacts[1:, 0] & clip.contacts[:-1, 0])[0]) + 1
    seen = jnp.asarray(features.clip_features(robot, [clip])[0][lift])
    command = jnp.array([0.2, 0.0, 0.0])
    assert imitation.reward(seen, command, jnp.array(0.0)) > 0.99
    assert imitation.reward(seen, command, jnp.array(0.5)) < 0.7
    assert imitation.reward(seen, jnp.array([0.1, 0.0, 0.0]), jnp.array(0.0)) < 0.97


def test_a_clip_of_another_cadence_is_refused():
    with pytest.raises(
        UsageError, match=r"human-walk-0.19 makes 0.78 strides per second, and the gait clock 0.9; set env"
    ):
        Imitation.load(load_robot(collision="feet"), ("human-walk-0.19",), 0.9)


def test_a_clip_that_is_no_stride_is_refused():
    with pytest.raises(UsageError, match=r"start-stop-0.10 is no repeated stride, which imitation needs"):
        Imitation.load(load_robot(collision="feet"), ("start-stop-0.10",), 0.9)


def test_no_clip_is_not_all_clips():
    with pytest.raises(UsageError, match=r"amp.clips is empty; name clips that walk"):
        Imitation.load(load_robot(collision="feet"), (), 0.9)
