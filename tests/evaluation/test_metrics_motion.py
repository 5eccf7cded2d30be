"""Smoothness, tilt and quietness of motions given as formulas."""

import math

import numpy as np
import pytest

from tests.evaluation.recordings import facts, recording
from wildrobot.evaluation.measure.metrics import motion, tracking

PERIOD_S = 0.1
TWO_JOINTS = facts(4.0, 4.0)


def joints(*signals):
    return np.stack(signals, axis=-1)[:, None].astype(np.float32)


def test_action_rate_is_per_control_step_and_has_no_sign():
    # From the first action on, joint 0 changes by 0.5, 0.5, joint 1 by 0, 1; the step from the start does not count.
    action = joints([0.0, 0.5, 0.0, 0.5], [0.0, -0.5, -0.5, 0.5])
    assert motion.action_rate(recording(4, robot=TWO_JOINTS, action=action)) == pytest.approx([0.5])


def jerk(*velocities):
    """Of two joints, from 50 samples."""
    return motion.jerk(recording(50, robot=TWO_JOINTS, period_s=PERIOD_S, joint_velocity_rad_per_s=joints(*velocities)))


@pytest.mark.parametrize("rad_per_s", [1.0, 4.0])
def test_jerk_of_a_swinging_joint(rad_per_s):
    # The second difference of sin(w t) is -(2 sin(w dt / 2) / dt)^2 sin(w t); for a small dt, the log is 4 ln(w).
    swing = np.sin(rad_per_s * PERIOD_S * np.arange(50))
    found = jerk(swing, 0.0 * swing)
    assert found == pytest.approx([4 * math.log(2 * math.sin(rad_per_s * PERIOD_S / 2) / PERIOD_S)], abs=2e-3)
    assert found == pytest.approx([4 * math.log(rad_per_s)], abs=0.03)


def test_jerk_depends_on_the_shape_alone():
    swing = np.sin(4.0 * PERIOD_S * np.arange(50))
    whole, half = (jerk(size * swing, 0.0 * swing) for size in (1.0, 0.5))
    np.testing.assert_allclose(whole, half, rtol=1e-5)


@pytest.mark.parametrize("speed", [0.0, 1.0])
def test_a_joint_that_never_changes_its_speed_has_no_jerk(speed):
    assert np.isnan(jerk(np.full(50, speed), np.full(50, speed))).all()


@pytest.mark.parametrize(
    ("gravity", "angle"),
    [((0.0, 0.0, -1.0), 0.0), ((1.0, 0.0, 0.0), math.pi / 2), ((0.0, -0.6, -0.8), math.atan(0.75)),
     ((0.0, 0.0, 1.0), math.pi), ((1e-4, 0.0, -1.0), 1e-4)],
)  # fmt: skip
def test_tilt_is_the_angle_from_upright(gravity, angle):
    recorded = recording(50, gravity=gravity)
    assert motion.tilt_rad(recorded) == pytest.approx([angle], rel=1e-5)
    assert motion.tilt_p95_rad(recorded) == pytest.approx([angle], rel=1e-5)


def test_percentile_of_the_tilt_is_over_time():
    # Angles of 0.00, 0.01 ... 0.40 rad: the 95th percentile of 41 values is at position 38.
    angle = np.arange(41)[:, None] / 100
    gravity = np.stack([np.sin(angle), 0 * angle, -np.cos(angle)], axis=-1).astype(np.float32)
    assert motion.tilt_p95_rad(recording(41, gravity=gravity)) == pytest.approx([0.38], rel=1e-5)


def test_swaying_on_the_spot_has_a_speed():
    # 2 s are 2 samples. |v| after them: 3-4-5 gives 5 m/s, then 0; their mean is 2.5. The fallen samples do not count.
    velocity = np.array([(9, 9), (9, 9), (3, -4), (0, 0), (100, 0)], np.float32)[:, None]
    played = recording(5, period_s=1.0, velocity_m_per_s=velocity, falls={0: 4})
    assert tracking.horizontal_speed_m_per_s(played) == pytest.approx([2.5])


def test_trembling_joints_are_not_quiet():
    # 0.2 rad/s to and fro in one of two joints, after 2 s at 9 rad/s.
    speed = joints([9.0, 9.0, 0.2, -0.2], [9.0, 9.0, 0.0, 0.0])
    played = recording(4, robot=TWO_JOINTS, period_s=1.0, joint_velocity_rad_per_s=speed)
    assert motion.joint_speed_rad_per_s(played) == pytest.approx([0.1])


def test_a_walk_bears_its_weight_on_the_mean():
    # After 2 s: 40 N on one foot, then 30 + 20 N on both, then none, then 70 N: 160 N / 4 of 40 N.
    load = np.array([(0, 0), (0, 0), (40, 0), (30, 20), (0, 0), (0, 70)], np.float32)[:, None]
    assert motion.load_over_weight(recording(6, period_s=1.0, foot_load_N=load)) == pytest.approx([1.0])
