"""Following a command, on trajectories whose figures can be worked out by hand."""

import math

import numpy as np
import pytest

from tests.evaluation.recordings import recording
from wildrobot.evaluation.measure.metrics import find, tracking

FORWARD = (1.0, 0.0, 0.0)


def walked(samples, *falls, **options):
    """A recording of one episode for each fall, None for no fall; 1 s between samples, unless `period_s` differs."""
    ends = {episode: fall for episode, fall in enumerate(falls) if fall is not None}
    return recording(samples, len(falls), falls=ends, **{"command": FORWARD, "period_s": 1.0} | options)


def one(points):
    """A trajectory of one episode, shape (T, 1, 2)."""
    return np.array(points, np.float32)[:, None]


def velocity(position, *falls, heading: float | np.ndarray = 0.0):
    """Mean velocity of recordings with 1 s between samples; the base velocity, which 0 makes visible, is 9."""
    return tracking.mean_velocity(
        walked(len(position), *falls, position_m=position, heading_rad=heading, velocity_m_per_s=9.0)
    )


def test_survival_and_time_to_fall():
    # Of 5 samples, 2 s apart, the last is at 8 s. Falls at samples 1 and 4, 2 and 8 s; none in the last episode.
    played = walked(5, 1, 4, None, period_s=2.0)
    np.testing.assert_array_equal(tracking.survival(played), [0.0, 0.0, 1.0])
    np.testing.assert_array_equal(tracking.time_to_fall_s(played), [2.0, 8.0, 8.0])


def test_path_is_in_the_frame_of_the_start():
    # Heading +y at the start, so going up in y is forward, and going to -x is to the left.
    position = one([(5.0, 5.0), (5.0, 6.0), (4.0, 8.0)])
    path = tracking.path_from_start(walked(3, None, position_m=position, heading_rad=math.pi / 2))
    np.testing.assert_allclose(path[:, 0], [(0, 0), (1, 0), (3, 1)], atol=1e-6)


def test_path_turns_with_the_direction_of_the_command():
    # Commanded to the left: the way to the left is along, and the way forward is to the right of it.
    position = one([(0.0, 0.0), (1.0, 2.0)])
    path = tracking.path_from_start(walked(2, None, position_m=position, command=(0.0, 0.1, 0.0)))
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
    found = velocity(position, 3, None)
    assert np.isnan(found[0]).all()
    np.testing.assert_allclose(found[1], (1.0, 0.0, 0.0))


def test_an_episode_too_short_for_a_velocity_has_none():
    assert np.isnan(velocity(one([(0, 0), (1, 0)]), None)).all()


def test_under_a_turn_the_velocity_is_that_in_the_heading_frame():
    # Once around in 8 s: the displacement is 0, but the base goes forward at 2, 2, 2, 5 and left at 0, 0, -1, 0 m/s.
    # After 2 s, the means are 11 / 4 and -1 / 4; the heading goes through +-pi and has turned by 2 pi x 3 / 4 in 6 s.
    position = one([(0, 0), (1, 1), (0, 2), (-1, 1), (0, 0)])
    base = one([(9, 9), (2, 0), (2, 0), (2, -1), (5, 0)])
    heading = np.array([[0], [0.5], [-1], [-0.5], [0]]) * math.pi
    played = walked(
        5, None, position_m=position, velocity_m_per_s=base, heading_rad=heading, command=(0.5, 0.0, 1.5), period_s=2.0
    )
    np.testing.assert_allclose(tracking.mean_velocity(played), [(2.75, -0.25, math.pi / 4)], atol=1e-5)


def test_the_angle_turned_counts_whole_turns_and_ends_with_the_fall():
    # By 3 rad a second, three times: 9 rad to the left and to the right; the last one falls after the first.
    heading = np.array([[0, 0, 0], [3, -3, 3], [6 - 2 * math.pi, 2 * math.pi - 6, math.nan]], np.float32)
    heading = np.vstack([heading, [[9 - 2 * math.pi, 2 * math.pi - 9, math.nan]]]).astype(np.float32)
    turned = tracking.turned_rad(walked(4, None, None, 2, heading_rad=heading))
    np.testing.assert_allclose(turned, [(0, 0, 0), (3, -3, 3), (6, -6, 3), (9, -9, 3)], atol=1e-5)


@pytest.mark.parametrize(
    ("command", "speed"),
    [
        # Along (3, 4) / 5: 0.5 x 0.6 + 0.1 x 0.8 = 0.38. Where no direction is commanded, it is the forward speed.
        ((0.3, 0.4, 0.0), 0.38),
        ((0.0, 0.0, 0.0), 0.5),
    ],
)
def test_speed_along_a_direction(command, speed):
    position = one([(0.5 * t, 0.1 * t) for t in range(5)])
    played = walked(5, None, position_m=position, command=command)
    assert tracking.speed_m_per_s(played) == pytest.approx([speed])


def test_a_ratio_has_a_sign_and_needs_a_command():
    # -0.1 and 0.1 m/s under -0.2 m/s.
    position = np.concatenate([one([(v * t, 0.0) for t in range(5)]) for v in (-0.1, 0.1)], axis=1)
    ratio = find("vx_ratio").compute(walked(5, None, None, position_m=position, command=(-0.2, 0.0, 0.0)))
    np.testing.assert_allclose(ratio, [0.5, -0.5], rtol=1e-6)
    assert np.isnan(find("vy_ratio").compute(walked(5, None))).all()


def test_lateral_drift_is_to_either_side_and_ends_with_the_fall():
    left, right = one([(0, 0), (1, 0.3), (2, 0.6)]), one([(0, 0), (1, -0.2), (2, -0.4)])
    position = np.concatenate([left, right, right], axis=1)
    drift = tracking.lateral_drift_m(walked(3, None, None, 2, position_m=position))
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
        # A quarter of the circle that begins along (3, 4) / 5: (1, 1) in its axes is (0.6 - 0.8, 0.8 + 0.6) in x and y.
        ((0.3, 0.4, 0.5), (-0.2, 1.4), 0.0),
        ((0.0, 0.0, 0.5), (0.3, -0.4), 0.5),  # on the spot
        ((0.0, 0.0, 0.0), (0.3, -0.4), 0.5),  # standing
    ],
)
def test_drift_from_a_circle_and_from_a_spot(command, end, drift):
    played = walked(2, None, position_m=one([(0, 0), end]), command=command)
    assert tracking.lateral_drift_m(played) == pytest.approx([drift], abs=1e-6)


@pytest.mark.parametrize(("command", "drift"), [(FORWARD, 2 * math.pi - 6), ((0.0, 0.0, 0.1), 2 * math.pi - 6.1)])
def test_heading_drift_wraps_and_subtracts_the_command(command, drift):
    # From 3.0 over pi to -3.0 is 2 pi - 6 = 0.283 rad; commanded 0.1 rad/s for 1 s leaves 0.183.
    played = walked(2, None, heading_rad=np.array([[3.0], [-3.0]]), command=command)
    assert tracking.heading_drift_rad(played) == pytest.approx([drift], abs=1e-6)


def test_heading_drift_has_no_sign_and_counts_whole_turns():
    heading = np.array([[0.0, 0.0, 0.0], [0.2, -0.2, 2.0], [0.2, -0.2, -2.0], [0.2, -0.2, 0.0]])
    drift = tracking.heading_drift_rad(walked(4, None, None, None, heading_rad=heading))
    np.testing.assert_allclose(drift, [0.2, 0.2, 2 * math.pi], atol=1e-6)
