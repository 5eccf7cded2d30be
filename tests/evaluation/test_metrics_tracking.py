"""Following a command, on trajectories whose figures can be worked out by hand."""

import math

import numpy as np
import pytest

from wildrobot.evaluation.measure import metrics

FORWARD = np.array([1.0, 0.0, 0.0], np.float32)


def alive(samples, *falls):
    """Alive up to, and not including, the sample of each episode's fall; None for no fall."""
    ends = [samples if fall is None else fall for fall in falls]
    return np.arange(samples)[:, None] < np.array(ends)[None, :]


def one(points):
    """A trajectory of one episode, shape (T, 1, 2)."""
    return np.array(points, np.float32)[:, None]


def straight_ahead(samples):
    return np.zeros((samples, 1), np.float32)


def velocity(position, *falls, heading=None, command=FORWARD, settle_s=2.0):
    """Mean velocity of recordings with 1 s between samples; the base velocity, which 0 makes visible, is 9."""
    heading = straight_ahead(len(position)) if heading is None else heading
    base = np.full_like(position, 9.0)
    return metrics.mean_velocity(position, base, heading, command, alive(len(position), *falls), 1.0, settle_s)


def test_survival_and_time_to_fall():
    # Of 5 samples, 2 s apart, the last is at 8 s. Falls at samples 1 and 4, 2 and 8 s; none in the last episode.
    ends = alive(5, 1, 4, None)
    np.testing.assert_array_equal(metrics.survival(ends), [0.0, 0.0, 1.0])
    np.testing.assert_array_equal(metrics.time_to_fall_s(ends, period_s=2.0), [2.0, 8.0, 8.0])


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


def test_mean_velocity_leaves_out_the_start():
    # x at 0, 1, 2, 3, 4 s is 0, 0, 0, 1, 2 m, y falls by 1 m: after 2 s, (2, -1) m / 2 s.
    position = one([(0, 0), (0, 0), (0, 0), (1, 0), (2, -1)])
    np.testing.assert_allclose(velocity(position, None), [(1.0, -0.5, 0.0)])


def test_mean_velocity_is_in_the_frame_of_the_start_even_if_the_robot_turns_away():
    # It looks along +y at the start, goes along +y, and turns all the while, by 0.2 rad/s: forward is +y.
    position = one([(0, 0), (0, 1), (0, 2), (0, 3)])
    heading = (math.pi / 2 + 0.2 * np.arange(4, dtype=np.float32))[:, None]
    np.testing.assert_allclose(velocity(position, None, heading=heading), [(1.0, 0.0, 0.2)], atol=1e-6)


def test_mean_velocity_counts_the_time_alive_only():
    # The fall is in sample 4, so the last sample that counts is 3, at x = 1 m: (1 - 0) m / 1 s.
    position = one([(0, 0), (0, 0), (0, 0), (1, 0), (9, 0)])
    np.testing.assert_allclose(velocity(position, 4), [(1.0, 0.0, 0.0)])


def test_an_episode_that_falls_before_the_velocity_is_measured_has_none():
    position = np.concatenate([one([(0, 0), (1, 0), (2, 0), (3, 0)])] * 2, axis=1)
    found = velocity(position, 3, None, heading=np.zeros((4, 2), np.float32))
    assert np.isnan(found[0]).all()
    np.testing.assert_allclose(found[1], (1.0, 0.0, 0.0))


def test_an_episode_too_short_for_a_velocity_has_none():
    assert np.isnan(velocity(one([(0, 0), (1, 0)]), None)).all()


def test_under_a_turn_the_velocity_is_that_in_the_heading_frame():
    # Once around in 4 s: the displacement is 0, but the base goes forward at 2, 2, 2, 5 and left at 0, 0, -1, 0 m/s.
    # After 1 s, the means are 11 / 4 and -1 / 4; the heading goes through +-pi and has turned by 2 pi x 3 / 4 in 3 s.
    position = one([(0, 0), (1, 1), (0, 2), (-1, 1), (0, 0)])
    base = one([(9, 9), (2, 0), (2, 0), (2, -1), (5, 0)])
    heading = np.array([[0], [0.5], [-1], [-0.5], [0]], np.float32) * np.float32(math.pi)
    command = np.array([0.5, 0.0, 1.5], np.float32)
    found = metrics.mean_velocity(position, base, heading, command, alive(5, None), 1.0, 1.0)
    np.testing.assert_allclose(found, [(2.75, -0.25, math.pi / 2)], atol=1e-5)


def test_the_angle_turned_counts_whole_turns_and_ends_with_the_fall():
    # By 3 rad a second, three times: 9 rad to the left and to the right; the last one falls after the first.
    heading = np.array([[0, 0, 0], [3, -3, 3], [6 - 2 * math.pi, 2 * math.pi - 6, math.nan]], np.float32)
    heading = np.vstack([heading, [[9 - 2 * math.pi, 2 * math.pi - 9, math.nan]]]).astype(np.float32)
    turned = metrics.turned_rad(heading, alive(4, None, None, 2))
    np.testing.assert_allclose(turned, [(0, 0, 0), (3, -3, 3), (6, -6, 3), (9, -9, 3)], atol=1e-5)


def test_speed_along_a_direction():
    # Along (3, 4) / 5: 0.5 x 0.6 + 0.1 x 0.8 = 0.38. Where no direction is commanded, it is the forward speed.
    achieved = np.array([(0.5, 0.1, 0.7)])
    assert metrics.speed_along(achieved, np.array([0.3, 0.4, 0.0], np.float32)) == pytest.approx([0.38])
    assert metrics.speed_along(achieved, np.zeros(3, np.float32)) == pytest.approx([0.5])


def test_a_ratio_has_a_sign_and_needs_a_command():
    np.testing.assert_allclose(metrics.ratio(np.array([-0.1, 0.1]), -0.2), [0.5, -0.5])
    assert np.isnan(metrics.ratio(np.array([0.1]), 0.0)).all()


def test_lateral_drift_is_to_either_side_and_ends_with_the_fall():
    left, right = one([(0, 0), (1, 0.3), (2, 0.6)]), one([(0, 0), (1, -0.2), (2, -0.4)])
    path = np.concatenate([left, right, right], axis=1)
    drift = metrics.lateral_drift_m(path, alive(3, None, None, 2), FORWARD)
    np.testing.assert_allclose(drift, [0.6, 0.4, 0.2], atol=1e-6)


@pytest.mark.parametrize(
    ("command", "end", "drift"),
    [
        # 0.5 m/s and 0.5 rad/s: a circle of radius 1 m about (0, 1), to the left.
        ((0.5, 0.0, 0.5), (1.0, 1.0), 0.0),  # a quarter of it
        ((0.5, 0.0, 0.5), (0.0, 0.0), 0.0),  # all around, or not a step
        ((0.5, 0.0, 0.5), (1.5, 1.0), 0.5),  # outside
        ((0.5, 0.0, 0.5), (0.0, 0.7), 0.7),  # inside
        ((0.5, 0.0, 0.5), (1.0, -1.0), math.sqrt(5) - 1.0),  # the other way round
        ((0.5, 0.0, -0.5), (1.0, -1.0), 0.0),  # to the right
        ((0.3, 0.4, 0.5), (1.0, 1.0), 0.0),  # the axes of the path are along the command already
        ((0.0, 0.0, 0.5), (0.3, -0.4), 0.5),  # on the spot
        ((0.0, 0.0, 0.0), (0.3, -0.4), 0.5),  # standing
    ],
)
def test_drift_from_a_circle_and_from_a_spot(command, end, drift):
    path = one([(0, 0), end])
    found = metrics.lateral_drift_m(path, alive(2, None), np.array(command, np.float32))
    assert found == pytest.approx([drift], abs=1e-6)


def test_heading_drift_wraps_and_subtracts_the_command():
    # From 3.0 over pi to -3.0 is 2 pi - 6 = 0.283 rad; commanded 0.1 rad/s for 1 s leaves 0.183.
    heading = np.array([[3.0], [-3.0]], np.float32)
    straight = metrics.heading_drift_rad(heading, alive(2, None), FORWARD, period_s=1.0)
    turning = metrics.heading_drift_rad(heading, alive(2, None), np.array([0, 0, 0.1], np.float32), period_s=1.0)
    assert straight == pytest.approx([2 * math.pi - 6], abs=1e-6)
    assert turning == pytest.approx([2 * math.pi - 6.1], abs=1e-6)


def test_heading_drift_has_no_sign_and_counts_whole_turns():
    heading = np.array([[0.0, 0.0, 0.0], [0.2, -0.2, 2.0], [0.2, -0.2, -2.0], [0.2, -0.2, 0.0]], np.float32)
    drift = metrics.heading_drift_rad(heading, alive(4, None, None, None), FORWARD, 1.0)
    np.testing.assert_allclose(drift, [0.2, 0.2, 2 * math.pi], atol=1e-6)
