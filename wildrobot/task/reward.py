"""Reward terms: small functions of arrays. Their weights are data, in reward per second.

A new term is a function here, a line in `terms`, and a weight in the YAML files.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from wildrobot.task import frames
from wildrobot.task.view import Readings

CONTACT_ABOVE_N = 2.0
"""A foot switch of the real robot is on above this load."""


def tracking(error: Float[Array, "*n"], width: float) -> Float[Array, ""]:
    """exp(-|error|^2 / width^2): 1 when the error is zero, 1/e when it is one width (units of the width)."""
    return jnp.exp(-jnp.sum(jnp.square(error)) / width**2)


def velocity(error_m_per_s: Float[Array, " 2"], width_m_per_s: float) -> Float[Array, ""]:
    """exp(-(|ex| + |ey|) / width): 1 at no error.

    With tails heavier than a Gaussian's, a robot that still stands is drawn to walk; with a peak that is sharp in each
    direction, one that walks is drawn to the exact speed, however much it must sway.
    """
    return jnp.exp(-jnp.sum(jnp.abs(error_m_per_s)) / width_m_per_s)


def tilt(gravity: Float[Array, " 3"]) -> Float[Array, ""]:
    """Squared sine of the angle between the body's z axis and the vertical."""
    return jnp.sum(jnp.square(gravity[:2]))


def bounce(velocity_heading_m_per_s: Float[Array, " 3"]) -> Float[Array, ""]:
    """Squared vertical velocity of the base [m^2/s^2]."""
    return jnp.square(velocity_heading_m_per_s[2])


def wobble(gyro_rad_per_s: Float[Array, " 3"]) -> Float[Array, ""]:
    """Squared roll and pitch rates [rad^2/s^2]."""
    return jnp.sum(jnp.square(gyro_rad_per_s[:2]))


def foot_height(clearance_m: Float[Array, " 2"], reference_m: Float[Array, " 2"], width_m: float) -> Float[Array, ""]:
    """How well both soles follow the heights that the gait clock asks for."""
    return tracking(clearance_m - reference_m, width_m)


def foot_contact(load_N: Float[Array, " 2"], swinging: Bool[Array, " 2"]) -> Float[Array, ""]:
    """1 while exactly those feet carry load that the gait clock does not want in the air, else 0."""
    return jnp.all((load_N > CONTACT_ABOVE_N) != swinging).astype(jnp.float32)


def foot_slip(velocity_m_per_s: Float[Array, "2 3"], load_N: Float[Array, " 2"]) -> Float[Array, ""]:
    """Squared horizontal velocity of the feet that carry load, summed [m^2/s^2]."""
    return jnp.sum(jnp.sum(jnp.square(velocity_m_per_s[:, :2]), axis=-1) * (load_N > CONTACT_ABOVE_N))


def feet_close(
    foot_position_m: Float[Array, "2 3"], heading_rad: Float[Array, ""], least_gap_m: float
) -> Float[Array, ""]:
    """How much [m] the feet's centres are nearer to each other, sideways, than the least gap.

    Soles that press against each other carry no weight, and trip the robot.
    """
    between = frames.in_heading_frame(foot_position_m[0] - foot_position_m[1], heading_rad)
    return jnp.maximum(least_gap_m - between[1], 0.0)


def action_rate(action: Float[Array, " n"], previous: Float[Array, " n"]) -> Float[Array, ""]:
    """Squared change of the action, summed over joints."""
    return jnp.sum(jnp.square(action - previous))


def action_jerk(
    action: Float[Array, " n"], previous: Float[Array, " n"], before: Float[Array, " n"]
) -> Float[Array, ""]:
    """Squared second difference of the action, summed over joints."""
    return jnp.sum(jnp.square(action - 2.0 * previous + before))


def torque(torque_Nm: Float[Array, " n"]) -> Float[Array, ""]:
    """Squared torque, summed over joints [N^2 m^2]."""
    return jnp.sum(jnp.square(torque_Nm))


def saturation(torque_Nm: Float[Array, " n"], limit_Nm: Float[Array, " n"]) -> Float[Array, ""]:
    """How far torques are above 80 % of their limits, as shares of the limits, summed over joints."""
    return jnp.sum(jnp.maximum(jnp.abs(torque_Nm) / limit_Nm - 0.8, 0.0))


def power(torque_Nm: Float[Array, " n"], joint_velocity_rad_per_s: Float[Array, " n"]) -> Float[Array, ""]:
    """Absolute mechanical power, summed over joints [W]."""
    return jnp.sum(jnp.abs(torque_Nm * joint_velocity_rad_per_s))


def pose(
    joint_angle_rad: Float[Array, " n"], home_rad: Float[Array, " n"], weights: Float[Array, " n"]
) -> Float[Array, ""]:
    """Weighted squared distance of the joints from home [rad^2]."""
    return jnp.sum(weights * jnp.square(joint_angle_rad - home_rad))


def standing_pose(
    joint_angle_rad: Float[Array, " n"], home_rad: Float[Array, " n"], standing: Bool[Array, ""]
) -> Float[Array, ""]:
    """Distance of the joints from home [rad], summed, while told to stand still."""
    return jnp.where(standing, jnp.sum(jnp.abs(joint_angle_rad - home_rad)), 0.0)


def standing_motion(joint_velocity_rad_per_s: Float[Array, " n"], standing: Bool[Array, ""]) -> Float[Array, ""]:
    """Squared joint velocities [rad^2/s^2], summed, while told to stand still."""
    return jnp.where(standing, jnp.sum(jnp.square(joint_velocity_rad_per_s)), 0.0)


def terms(
    readings: Readings,
    *,
    command: Float[Array, " 3"],
    standing: Bool[Array, ""],
    velocity_filtered: Float[Array, " 3"],
    heading_error_rad: Float[Array, ""],
    reference_heights_m: Float[Array, " 2"],
    swinging: Bool[Array, " 2"],
    actions: tuple[Float[Array, " 17"], Float[Array, " 17"], Float[Array, " 17"]],
    home_rad: Float[Array, " 17"],
    pose_weights: Float[Array, " 17"],
    torque_limit_Nm: Float[Array, " 17"],
    fallen: Bool[Array, ""],
    velocity_width_m_per_s: float,
    yaw_rate_width_rad_per_s: float,
    heading_width_rad: float,
    foot_height_width_m: float,
    least_foot_gap_m: float,
) -> dict[str, Float[Array, ""]]:
    """Every term by name, unweighted. `actions` are the newest, the one before, and the one before that."""
    action, previous, before = actions
    return {
        "velocity": velocity(command[:2] - velocity_filtered[:2], velocity_width_m_per_s),
        "yaw_rate": tracking(command[2] - velocity_filtered[2], yaw_rate_width_rad_per_s),
        "heading": tracking(heading_error_rad, heading_width_rad),
        "foot_height": foot_height(readings.foot_clearance_m, reference_heights_m, foot_height_width_m),
        "foot_contact": foot_contact(readings.foot_load_N, swinging),
        "alive": jnp.ones(()),
        "tilt": tilt(readings.gravity),
        "bounce": bounce(readings.base_velocity_heading_m_per_s),
        "wobble": wobble(readings.gyro_rad_per_s),
        "foot_slip": foot_slip(readings.foot_velocity_m_per_s, readings.foot_load_N),
        "feet_close": feet_close(readings.foot_position_m, readings.heading_rad, least_foot_gap_m),
        "action_rate": action_rate(action, previous),
        "action_jerk": action_jerk(action, previous, before),
        "torque": torque(readings.torque_Nm),
        "saturation": saturation(readings.torque_Nm, torque_limit_Nm),
        "power": power(readings.torque_Nm, readings.joint_velocity_rad_per_s),
        "pose": pose(readings.joint_angle_rad, home_rad, pose_weights),
        "standing_pose": standing_pose(readings.joint_angle_rad, home_rad, standing),
        "standing_motion": standing_motion(readings.joint_velocity_rad_per_s, standing),
        "termination": fallen.astype(jnp.float32),
    }
