"""Torques, speeds, actions and power that one can add up."""

import math

import numpy as np
import pytest

from wildrobot.evaluation.measure import metrics


def alive(samples, *ends):
    return np.arange(samples)[:, None] < np.array(ends)[None, :]


TORQUE = np.array([[[3.9, 0.0]], [[-3.9, -1.95]], [[100.0, 100.0]]], np.float32)
"""Two joints; the robot has fallen in the last sample."""
ALIVE = alive(3, 2)
LIMIT = np.array([4.0, 2.0])


def test_torque_saturation_counts_joint_samples_that_are_alive():
    # 95 % of the limits are 3.8 and 1.9. Alive samples: (3.9, 0), (-3.9, -1.95): 3 of 4 are above.
    assert metrics.torque_saturation(TORQUE, ALIVE, LIMIT) == pytest.approx([0.75])


def test_mean_and_percentile_of_the_torque_have_no_sign():
    # |torque|: 0, 1.95, 3.9, 3.9; the percentile is linear at position 0.95 x 3 = 2.85 of them.
    assert metrics.torque_mean_Nm(TORQUE, ALIVE) == pytest.approx([9.75 / 4])
    assert metrics.torque_p95_Nm(TORQUE, ALIVE) == pytest.approx([3.9])
    assert metrics.torque_p95_Nm(TORQUE[:2, :, 1:], ALIVE[:2]) == pytest.approx([0.95 * 1.95])


def test_overspeed_is_in_either_direction():
    speed = np.array([[[5.9, 5.7]], [[-5.9, 0.0]]], np.float32)
    assert metrics.overspeed(speed, alive(2, 2), 5.8) == pytest.approx([0.5])


def test_action_saturation_leaves_out_the_start():
    # The start, which holds no action, would make it 1 of 6.
    action = np.array([[[0.0, 0.0]], [[-1.0, 0.9]], [[0.95, 0.0]]], np.float32)
    assert metrics.action_saturation(action, alive(3, 3)) == pytest.approx([0.25])


def transport(command, velocity, torque, speed):
    shape = (30, 1, 2)
    return metrics.cost_of_transport(
        np.broadcast_to(np.float32(torque), shape), np.broadcast_to(np.float32(speed), shape),
        np.array([velocity], np.float64), np.array(command, np.float32), 40.0, alive(30, 30), 0.1,
    )  # fmt: skip


def test_cost_of_transport_is_positive_power_over_weight_and_speed():
    # 2 N m x 3 rad/s = 6 W; braking with -1 N m x 3 rad/s gives nothing back. 6 W / (40 N x 0.5 m/s) = 0.3.
    assert transport((0.4, 0.0, 0.0), (0.3, -0.4, 0.1), (2.0, -1.0), (3.0, 3.0)) == pytest.approx([0.3])


@pytest.mark.parametrize(("command", "speed"), [((0.0, 0.0, 0.5), 0.5), ((0.4, 0.0, 0.0), 0.019)])
def test_without_transport_there_is_no_cost(command, speed):
    assert np.isnan(transport(command, (speed, 0.0, 0.0), 1.0, 1.0)).all()


def test_the_summary_of_each_actuator_is_over_all_episodes():
    # Joint 0: |torque| 3.9, 3.9 and, in the second episode, 1.2; joint 1: 0, 1.95, 0. The fallen samples do not count.
    torque = np.concatenate([TORQUE, np.full((3, 1, 2), (-1.2, 0.0), np.float32)], axis=1)
    speed = np.broadcast_to(np.array([[1.0, -6.0], [2.0, 5.0]], np.float32), (3, 2, 2))
    summary = metrics.actuators(torque, speed, alive(3, 2, 1), LIMIT, 5.8)
    np.testing.assert_allclose(summary.torque_mean_Nm, [3.0, 0.65])
    np.testing.assert_allclose(summary.torque_p95_Nm, [3.9, 0.9 * 1.95], rtol=1e-6)
    np.testing.assert_allclose(summary.saturated_share, [2 / 3, 1 / 3])
    np.testing.assert_allclose(summary.speed_p95_rad_per_s, [1.9, 6.0], rtol=1e-6)
    np.testing.assert_allclose(summary.overspeed_share, [0.0, 2 / 3])
    assert not any(math.isnan(value) for field in summary for value in field)
