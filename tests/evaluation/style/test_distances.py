"""The figures of episodes against a reference, where their values are known."""

import numpy as np
import pytest

from tests.evaluation.style.conftest import repeating
from wildrobot.evaluation.style.distances import distances
from wildrobot.evaluation.style.motion import FEET, JOINT_ANGLES, JOINT_VELOCITIES


def test_the_reference_is_not_apart_from_itself(as_the_clip, walking):
    found = distances(as_the_clip, walking.cycle)
    np.testing.assert_allclose(found.joint_rad, 0.0, atol=1e-9)
    np.testing.assert_allclose(found.foot_path_m, 0.0, atol=1e-9)
    np.testing.assert_allclose(found.stride_frequency_ratio, 1.0)
    np.testing.assert_allclose(found.smoothness, 0.0, atol=1e-9)


def test_a_late_lift_off_does_not_matter_much(as_the_clip, walking):
    # Its foot bears load for four frames more than the clip says; a tenth of the stride, 6 frames, is tried.
    late = as_the_clip.foot_load_N.copy()
    late[..., 0] = np.roll(late[..., 0], 4, axis=0)
    found = distances(as_the_clip._replace(foot_load_N=late), walking.cycle)
    np.testing.assert_allclose(found.joint_rad, 0.0, atol=1e-9)


def test_another_posture_is_as_far_as_its_angles(as_the_clip, walking):
    # One knee is bent by 0.17 rad more throughout: 0.17 / sqrt(17) of all joints, and no warping helps.
    bent = as_the_clip.features.copy()
    still = walking.cycle.copy()
    still[:, JOINT_ANGLES] = 0.0
    bent[..., JOINT_ANGLES] = 0.0
    bent[..., JOINT_ANGLES[3]] = 0.17
    found = distances(as_the_clip._replace(features=bent), still)
    np.testing.assert_allclose(found.joint_rad, 0.17 / np.sqrt(17), rtol=1e-6)


def test_a_wider_stance_is_as_far_as_its_feet(as_the_clip, walking):
    still = walking.cycle.copy()
    still[:, FEET] = 0.0
    wide = as_the_clip.features.copy()
    wide[..., FEET] = [0.0, 0.03, 0.0, 0.0, -0.03, 0.0]
    found = distances(as_the_clip._replace(features=wide), still)
    np.testing.assert_allclose(found.foot_path_m, 0.03, rtol=1e-6)


def test_twice_the_pace(walking):
    # Every second frame: the same postures in half the time, which warping forgives and the stride rate does not.
    found = distances(repeating(walking.cycle[::2], 200), walking.cycle)
    assert found.stride_frequency_ratio[0] == pytest.approx(2.0)
    assert found.joint_rad[0] < 0.01


def test_trembling_is_not_smooth(as_the_clip, walking):
    trembling = as_the_clip.features.copy()
    trembling[::2, :, JOINT_VELOCITIES] += 0.3
    found = distances(as_the_clip._replace(features=trembling), walking.cycle)
    assert (found.smoothness < -2.0).all()


def test_standing_is_far_and_not_missing(as_the_clip, walking):
    mean = walking.cycle.mean(axis=0)
    standing = as_the_clip._replace(
        features=np.broadcast_to(mean, as_the_clip.features.shape),
        foot_load_N=np.full_like(as_the_clip.foot_load_N, 20.0),
    )
    found = distances(standing, walking.cycle)
    # Standing in the mean posture is off by what the joints move, but for what the window lets it wait near the mean.
    moved = np.sqrt(np.square(walking.cycle - mean)[:, JOINT_ANGLES].mean(axis=1)).mean()
    assert (found.joint_rad < moved).all()
    assert (found.joint_rad > 0.8 * moved).all()
    assert found.stride_frequency_ratio.tolist() == [0.0, 0.0]
    assert np.isnan(found.smoothness).all()


def test_who_falls_at_once_has_none(as_the_clip, walking):
    alive = as_the_clip.alive.copy()
    alive[:, 1] = False
    found = distances(as_the_clip._replace(alive=alive), walking.cycle)
    assert [bool(np.isnan(values[1])) for values in found] == [True] * 4
    assert not any(np.isnan(values[0]) for values in found)


def test_only_the_time_before_a_fall_counts(as_the_clip, walking):
    features, alive = as_the_clip.features.copy(), as_the_clip.alive.copy()
    features[200:], alive[200:] = np.nan, False
    found = distances(as_the_clip._replace(features=features, alive=alive), walking.cycle)
    np.testing.assert_allclose(found.joint_rad, 0.0, atol=1e-9)
