"""Smoothness, tilt and quietness of motions given as formulas."""

import math

import numpy as np
import pytest

from wildrobot.evaluation.measure import metrics

ALIVE = np.ones((50, 1), bool)
PERIOD_S = 0.1


def joints(*signals):
    return np.stack(signals, axis=-1)[:, None].astype(np.float32)


def test_action_rate_is_per_control_step_and_has_no_sign():
    # From the first action on, joint 0 changes by 0.5, 0.5, joint 1 by 0, 1; the step from the start does not count.
    action = joints([0.0, 0.5, 0.0, 0.5], [0.0, -0.5, -0.5, 0.5])
    assert metrics.action_rate(action, ALIVE[:4]) == pytest.approx([0.5])


@pytest.mark.parametrize("rad_per_s", [1.0, 4.0])
def test_jerk_of_a_swinging_joint(rad_per_s):
    # The second difference of sin(w t) is -(2 sin(w dt / 2) / dt)^2 sin(w t); for a small dt, the log is 4 ln(w).
    swing = np.sin(rad_per_s * PERIOD_S * np.arange(50))
    found = metrics.jerk(joints(swing, 0.0 * swing), ALIVE, PERIOD_S)
    assert found == pytest.approx([4 * math.log(2 * math.sin(rad_per_s * PERIOD_S / 2) / PERIOD_S)], abs=2e-3)
    assert found == pytest.approx([4 * math.log(rad_per_s)], abs=0.03)


def test_jerk_depends_on_the_shape_alone():
    swing = np.sin(4.0 * PERIOD_S * np.arange(50))
    whole, half = (metrics.jerk(joints(size * swing), ALIVE, PERIOD_S) for size in (1.0, 0.5))
    np.testing.assert_allclose(whole, half, rtol=1e-5)


@pytest.mark.parametrize("speed", [0.0, 1.0])
def test_a_joint_that_never_changes_its_speed_has_no_jerk(speed):
    assert np.isnan(metrics.jerk(np.full((50, 1, 17), speed, np.float32), ALIVE, PERIOD_S)).all()


@pytest.mark.parametrize(
    ("gravity", "angle"),
    [((0.0, 0.0, -1.0), 0.0), ((1.0, 0.0, 0.0), math.pi / 2), ((0.0, -0.6, -0.8), math.atan(0.75)),
     ((0.0, 0.0, 1.0), math.pi), ((1e-4, 0.0, -1.0), 1e-4)],
)  # fmt: skip
def test_tilt_is_the_angle_from_upright(gravity, angle):
    recorded = np.broadcast_to(np.float32(gravity), (50, 1, 3))
    assert metrics.tilt_rad(recorded, ALIVE) == pytest.approx([angle], rel=1e-5)
    assert metrics.tilt_p95_rad(recorded, ALIVE) == pytest.approx([angle], rel=1e-5)


def test_percentile_of_the_tilt_is_over_time():
    # Angles of 0.00, 0.01 ... 0.40 rad: the 95th percentile of 41 values is at position 38.
    angle = np.arange(41)[:, None] / 100
    gravity = np.stack([np.sin(angle), 0 * angle, -np.cos(angle)], axis=-1).astype(np.float32)
    assert metrics.tilt_p95_rad(gravity, ALIVE[:41]) == pytest.approx([0.38], rel=1e-5)


def test_swaying_on_the_spot_has_a_speed():
    # 2 s are 2 samples. |v| after them: 3-4-5 gives 5 m/s, then 0; their mean is 2.5. The fallen samples do not count.
    velocity = np.array([(9, 9), (9, 9), (3, -4), (0, 0), (100, 0)], np.float32)[:, None]
    alive = np.arange(5)[:, None] < 4
    assert metrics.horizontal_speed_m_per_s(velocity, alive, period_s=1.0) == pytest.approx([2.5])


def test_trembling_joints_are_not_quiet():
    # 0.2 rad/s to and fro in one of two joints, after 2 s at 9 rad/s.
    speed = joints([9.0, 9.0, 0.2, -0.2], [9.0, 9.0, 0.0, 0.0])
    assert metrics.joint_speed_rad_per_s(speed, ALIVE[:4], period_s=1.0) == pytest.approx([0.1])


def test_a_walk_bears_its_weight_on_the_mean():
    # After 2 s: 40 N on one foot, then 30 + 20 N on both, then none, then 70 N: 160 N / 4 of 40 N.
    load = np.array([(0, 0), (0, 0), (40, 0), (30, 20), (0, 0), (0, 70)], np.float32)[:, None]
    assert metrics.load_over_weight(load, 40.0, ALIVE[:6], period_s=1.0) == pytest.approx([1.0])
