"""Torques, speeds, actions and power that one can add up."""

import numpy as np
import pytest

from tests.evaluation.recordings import facts, recording
from wildrobot.evaluation.measure.metrics import effort
from wildrobot.evaluation.measure.series import actuators

TORQUE = np.array([[[3.9, 0.0]], [[-3.9, -1.95]], [[100.0, 100.0]]], np.float32)
"""Two joints; the robot has fallen in the last sample."""
TWO_JOINTS = facts(4.0, 2.0)


def played(**arrays):
    """Two joints with limits of 4 and 2 N m; the only episode falls in the last of three samples."""
    return recording(3, robot=TWO_JOINTS, falls={0: 2}, **arrays)


def test_torque_saturation_counts_joint_samples_that_are_alive():
    # 95 % of the limits are 3.8 and 1.9. Alive samples: (3.9, 0), (-3.9, -1.95): 3 of 4 are above.
    assert effort.torque_saturation(played(torque_Nm=TORQUE)) == pytest.approx([0.75])


def test_mean_and_percentile_of_the_torque_have_no_sign():
    # |torque|: 0, 1.95, 3.9, 3.9; the percentile is linear at position 0.95 x 3 = 2.85 of them.
    assert effort.torque_mean_Nm(played(torque_Nm=TORQUE)) == pytest.approx([9.75 / 4])
    assert effort.torque_p95_Nm(played(torque_Nm=TORQUE)) == pytest.approx([3.9])
    one = recording(2, robot=facts(2.0), torque_Nm=TORQUE[:2, :, 1:])
    assert effort.torque_p95_Nm(one) == pytest.approx([0.95 * 1.95])


def test_overspeed_is_in_either_direction():
    # The servo's no-load speed is 5.8 rad/s.
    speed = np.array([[[5.9, 5.7]], [[-5.9, 0.0]]])
    assert effort.overspeed(recording(2, robot=TWO_JOINTS, joint_velocity_rad_per_s=speed)) == pytest.approx([0.5])


def test_action_saturation_leaves_out_the_start():
    # The start, which holds no action, would make it 1 of 6.
    action = np.array([[[0.0, 0.0]], [[-1.0, 0.9]], [[0.95, 0.0]]])
    assert effort.action_saturation(recording(3, robot=TWO_JOINTS, action=action)) == pytest.approx([0.25])


def transport(command, velocity, torque, speed):
    """Of a robot of 40 N that walks for 2.9 s at a velocity (vx, vy)."""
    position = 0.1 * np.arange(30)[:, None, None] * np.array(velocity)
    return effort.cost_of_transport(
        recording(
            30, robot=TWO_JOINTS, command=command, position_m=position, torque_Nm=torque, joint_velocity_rad_per_s=speed
        )
    )


def test_cost_of_transport_is_positive_power_over_weight_and_speed():
    # 2 N m x 3 rad/s = 6 W; braking with -1 N m x 3 rad/s gives nothing back. 6 W / (40 N x 0.5 m/s) = 0.3.
    assert transport((0.4, 0.0, 0.0), (0.3, -0.4), (2.0, -1.0), (3.0, 3.0)) == pytest.approx([0.3])


@pytest.mark.parametrize(("command", "speed"), [((0.0, 0.0, 0.5), 0.5), ((0.4, 0.0, 0.0), 0.019)])
def test_without_transport_there_is_no_cost(command, speed):
    assert np.isnan(transport(command, (speed, 0.0), 1.0, 1.0)).all()


def test_the_summary_of_each_actuator_is_over_all_episodes():
    # Joint 0: |torque| 3.9, 3.9 and, in the second episode, 1.2; joint 1: 0, 1.95, 0. The fallen samples do not count.
    torque = np.concatenate([TORQUE, np.full((3, 1, 2), (-1.2, 0.0), np.float32)], axis=1)
    speed = np.array([[1.0, -6.0], [2.0, 5.0]])
    summary = actuators(
        recording(3, 2, robot=TWO_JOINTS, falls={0: 2, 1: 1}, torque_Nm=torque, joint_velocity_rad_per_s=speed)
    )
    assert summary.torque_mean_Nm == pytest.approx([3.0, 0.65])
    assert summary.torque_p95_Nm == pytest.approx([3.9, 0.9 * 1.95], abs=1e-4)
    assert summary.saturated_fraction == pytest.approx([2 / 3, 1 / 3], abs=1e-4)
    assert summary.speed_p95_rad_per_s == pytest.approx([1.9, 6.0], rel=1e-6)
    assert summary.overspeed_fraction == pytest.approx([0.0, 2 / 3], abs=1e-4)
