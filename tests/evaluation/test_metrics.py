"""Each metric on trajectories whose figures can be worked out by hand."""

import math

import numpy as np
import pytest

from wildrobot.evaluation import metrics

FORWARD = np.array([1.0, 0.0, 0.0], np.float32)


def alive(samples, *falls):
    """Alive up to, and not including, the sample of each episode's fall; None for no fall."""
    ends = [samples if fall is None else fall for fall in falls]
    return np.arange(samples)[:, None] < np.array(ends)[None, :]


def one(points):
    """A trajectory of one episode, shape (T, 1, 2)."""
    return np.array(points, np.float32)[:, None]


# Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3.
@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_interval_as_published(successes, trials, low, high):
    assert metrics.wilson_interval(successes, trials) == pytest.approx((low, high), abs=5e-5)


def test_wilson_interval_of_all_ends_at_one():
    low, high = metrics.wilson_interval(128, 128)
    assert (round(low, 4), high) == (0.9709, 1.0)


def test_path_is_in_the_frame_of_the_start():
    # Heading +y at the start, so going up in y is forward, and going to -x is to the left.
    position = one([(5.0, 5.0), (5.0, 6.0), (4.0, 8.0)])
    heading = np.full((3, 1), math.pi / 2, np.float32)
    path = metrics.path_from_start(position, heading, FORWARD)
    np.testing.assert_allclose(path[:, 0], [(0, 0), (1, 0), (3, 1)], atol=1e-6)


def test_path_turns_with_the_direction_of_the_command():
    # Commanded to the left: the way to the left is along, and the way forward is to the right of it.
    path = metrics.path_from_start(
        one([(0.0, 0.0), (1.0, 2.0)]), np.zeros((2, 1), np.float32), np.array([0.0, 0.1, 0.0], np.float32)
    )
    np.testing.assert_allclose(path[1, 0], (2.0, -1.0), atol=1e-6)


def test_mean_speed_leaves_out_the_start():
    # x at 0, 1, 2, 3, 4 s is 0, 0, 0, 1, 2 m: after 2 s, it is (2 - 0) m / 2 s = 1 m/s.
    path = one([(0, 0), (0, 0), (0, 0), (1, 0), (2, 0)])
    assert metrics.mean_speed_along(path, alive(5, None), period_s=1.0, settle_s=2.0) == pytest.approx([1.0])


def test_mean_speed_counts_the_time_alive_only():
    # The fall is in sample 4, so the last sample that counts is 3, at x = 1 m: (1 - 0) m / 1 s.
    path = one([(0, 0), (0, 0), (0, 0), (1, 0), (9, 0)])
    assert metrics.mean_speed_along(path, alive(5, 4), period_s=1.0, settle_s=2.0) == pytest.approx([1.0])


def test_an_episode_that_falls_before_the_speed_is_measured_has_none():
    path = np.concatenate([one([(0, 0), (1, 0), (2, 0), (3, 0)])] * 2, axis=1)
    speed = metrics.mean_speed_along(path, alive(4, 3, None), period_s=1.0, settle_s=2.0)
    assert np.isnan(speed[0])
    assert speed[1] == pytest.approx(1.0)


def test_an_episode_too_short_for_a_speed_has_none():
    assert np.isnan(metrics.mean_speed_along(one([(0, 0), (1, 0)]), alive(2, None), period_s=1.0, settle_s=2.0)).all()


def test_speed_errors_of_opposite_sign_do_not_cancel():
    error = metrics.speed_error(np.array([0.05, 0.15]), np.array([0.1, 0.0, 0.0], np.float32))
    np.testing.assert_allclose(error, [0.05, 0.05], atol=1e-7)


def test_lateral_drift_is_to_either_side_and_ends_with_the_fall():
    left, right = one([(0, 0), (1, 0.3), (2, 0.6)]), one([(0, 0), (1, -0.2), (2, -0.4)])
    drift = metrics.lateral_drift_m(np.concatenate([left, right, right], axis=1), alive(3, None, None, 2))
    np.testing.assert_allclose(drift, [0.6, 0.4, 0.2], atol=1e-6)


def test_heading_drift_wraps_and_subtracts_the_command():
    # From 3.0 over pi to -3.0 is 2 pi - 6 = 0.283 rad; commanded 0.1 rad/s for 1 s leaves 0.183.
    heading = np.array([[3.0], [-3.0]], np.float32)
    straight = metrics.heading_drift_rad(heading, alive(2, None), FORWARD, period_s=1.0)
    turning = metrics.heading_drift_rad(heading, alive(2, None), np.array([0, 0, 0.1], np.float32), period_s=1.0)
    assert straight == pytest.approx([2 * math.pi - 6], abs=1e-6)
    assert turning == pytest.approx([2 * math.pi - 6.1], abs=1e-6)


def test_heading_drift_has_no_sign():
    heading = np.array([[0.0, 0.0], [0.2, -0.2]], np.float32)
    np.testing.assert_allclose(metrics.heading_drift_rad(heading, alive(2, None, None), FORWARD, 1.0), 0.2, atol=1e-6)


def test_swaying_on_the_spot_has_a_speed():
    # |v| after the first sample: 3-4-5 gives 5 m/s, then 0; their mean is 2.5. The fallen samples do not count.
    velocity = one([(9, 9), (3, -4), (0, 0), (100, 0)])
    speed = metrics.mean_horizontal_speed(velocity, alive(4, 3), period_s=1.0, settle_s=1.0)
    assert speed == pytest.approx([2.5])


def test_torque_saturation_counts_joint_samples_that_are_alive():
    # Limits 4 and 2 N m; 95 % of them are 3.8 and 1.9. Alive samples: (3.9, 0), (-3.9, -1.95): 3 of 4 are above.
    torque = np.array([[[3.9, 0.0]], [[-3.9, -1.95]], [[0.0, 0.0]]], np.float32)
    assert metrics.torque_saturation(torque, alive(3, 2), np.array([4.0, 2.0])) == 0.75
