"""Each reward term against a number worked out by hand."""

import math

import jax.numpy as jnp
import pytest

from wildrobot.task import reward

TWO_FEET_STILL = jnp.zeros((2, 3))


def test_tracking_is_one_without_error_and_1_over_e_at_one_width():
    assert float(reward.tracking(jnp.zeros(2), 0.1)) == 1.0
    # |(0.06, 0.08)| = 0.1, one width
    assert float(reward.tracking(jnp.array([0.06, 0.08]), 0.1)) == pytest.approx(math.exp(-1), rel=1e-5)


def test_tilt_is_the_squared_sine():
    angle = math.radians(30)
    gravity = jnp.array([math.sin(angle), 0.0, -math.cos(angle)])
    assert float(reward.tilt(gravity)) == pytest.approx(0.25, rel=1e-5)


def test_bounce_takes_the_vertical_velocity_alone():
    assert float(reward.bounce(jnp.array([5.0, 5.0, 0.2]))) == pytest.approx(0.04)


def test_wobble_leaves_yaw_out():
    assert float(reward.wobble(jnp.array([1.0, 2.0, 9.0]))) == pytest.approx(5.0)


def test_foot_height_takes_both_feet():
    clearance, wanted = jnp.array([0.03, 0.01]), jnp.array([0.04, 0.0])
    # errors -0.01 and 0.01: exp(-(1e-4 + 1e-4) / 4e-4) = exp(-0.5)
    assert float(reward.foot_height(clearance, wanted, 0.02)) == pytest.approx(math.exp(-0.5), rel=1e-5)


@pytest.mark.parametrize(
    ("load_N", "swinging", "expected"),
    [
        ([20.0, 20.0], [False, False], 1.0),  # both stand, as wanted
        ([0.0, 40.0], [True, False], 1.0),  # left swings, as wanted
        ([20.0, 20.0], [True, False], 0.0),  # left should swing and stands
        ([0.0, 0.0], [True, False], 0.0),  # flying
        ([40.0, 0.0], [True, False], 0.0),  # the wrong foot
        ([1.9, 40.0], [True, False], 1.0),  # below the foot switch's 2 N
    ],
)
def test_foot_contact(load_N, swinging, expected):
    assert float(reward.foot_contact(jnp.array(load_N), jnp.array(swinging))) == expected


def test_foot_slip_counts_loaded_feet_and_horizontal_velocity_only():
    velocity = jnp.array([[0.3, 0.4, 2.0], [1.0, 0.0, 0.0]])
    # left: 0.09 + 0.16 = 0.25; right is in the air
    assert float(reward.foot_slip(velocity, jnp.array([20.0, 0.0]))) == pytest.approx(0.25)
    assert float(reward.foot_slip(TWO_FEET_STILL, jnp.array([20.0, 20.0]))) == 0.0


def test_feet_close_is_sideways_in_the_heading_frame():
    """Heading along y: left is -x. The left foot is 0.07 m left of the right one, 0.3 m ahead: 0.03 m short of 0.1."""
    feet = jnp.array([[-0.07, 0.3, 0.0], [0.0, 0.0, 0.0]])
    heading = jnp.array(math.pi / 2)
    assert float(reward.feet_close(feet, heading, 0.1)) == pytest.approx(0.03, abs=1e-6)
    assert float(reward.feet_close(feet, heading, 0.06)) == 0.0
    # Crossed legs: 0.07 m on the wrong side.
    assert float(reward.feet_close(feet[::-1], heading, 0.1)) == pytest.approx(0.17, abs=1e-6)


def test_action_rate_and_jerk():
    now, previous, before = jnp.array([0.5, 0.0]), jnp.array([0.2, 0.0]), jnp.array([0.0, 0.1])
    assert float(reward.action_rate(now, previous)) == pytest.approx(0.09)
    # 0.5 - 0.4 + 0 = 0.1 and 0 - 0 + 0.1 = 0.1
    assert float(reward.action_jerk(now, previous, before)) == pytest.approx(0.02)


def test_torque_power_and_saturation():
    torque, limit = jnp.array([3.6, -2.0]), jnp.array([4.0, 4.0])
    assert float(reward.torque(torque)) == pytest.approx(3.6**2 + 4.0)
    assert float(reward.power(torque, jnp.array([1.0, 3.0]))) == pytest.approx(9.6)
    # 3.6 / 4 - 0.8 = 0.1; 2 / 4 is below
    assert float(reward.saturation(torque, limit)) == pytest.approx(0.1, rel=1e-5)


def test_pose_is_weighted():
    joints, home = jnp.array([0.1, 0.5]), jnp.array([0.0, 0.2])
    assert float(reward.pose(joints, home, jnp.array([2.0, 1.0]))) == pytest.approx(2 * 0.01 + 0.09, rel=1e-5)


def test_standing_terms_are_silent_while_walking():
    joints, home, velocity = jnp.array([0.1, -0.2]), jnp.zeros(2), jnp.array([1.0, 2.0])
    standing, walking = jnp.array(True), jnp.array(False)
    assert float(reward.standing_pose(joints, home, standing)) == pytest.approx(0.3)
    assert float(reward.standing_motion(velocity, standing)) == pytest.approx(5.0)
    assert float(reward.standing_pose(joints, home, walking)) == 0.0
    assert float(reward.standing_motion(velocity, walking)) == 0.0


def test_velocity_pays_for_the_sum_of_absolute_errors():
    error = jnp.array([0.06, -0.03])
    assert float(reward.velocity(error, 0.12)) == pytest.approx(math.exp(-0.75))
    assert float(reward.velocity(jnp.zeros(2), 0.12)) == 1.0


def test_velocity_still_draws_a_standing_robot():
    """At three widths from the command, a Gaussian would pay less than 2 % of this for a step in its direction."""
    far, nearer = (float(reward.velocity(jnp.array([e, 0.0]), 0.1)) for e in (0.30, 0.29))
    assert nearer - far == pytest.approx(math.exp(-2.9) - math.exp(-3.0), rel=1e-4)
