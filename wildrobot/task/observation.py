"""What the actor sees (the real robot's senses) and what the critic sees besides."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from wildrobot.config import ObservationConfig
from wildrobot.task import frames
from wildrobot.task.view import Readings

ACTOR_LAYOUT = (
    ("gyro", 3),
    ("gravity", 3),
    ("joint_angle", 17),
    ("joint_velocity", 17),
    ("last_action", 17),
    ("command", 3),
    ("gait_clock", 2),
)
"""Names and sizes of the actor's observation, in order. Gyro [rad/s] and gravity direction in the IMU's
frame; joint angles relative to home [rad], joint velocities [rad/s] and last action [-1, 1] in actuator
order; command (vx [m/s], vy [m/s], yaw rate now asked for [rad/s]); (cos, sin) of the gait phase."""

_LOAD_SCALE_N = 40.0
"""About the robot's weight: brings foot loads to the size of the other entries."""


class SensorErrors(NamedTuple):
    """Errors that stay through an episode."""

    joint_zero_rad: Float[Array, " 17"]
    tilt_quat: Float[Array, " 4"]


ERROR_DRAWS = 19
"""Uniform numbers that `sensor_errors` takes."""
NOISE_DRAWS = 40
"""Uniform numbers that `actor_observation` takes."""


def sensor_errors(draws: Float[Array, " 19"], config: ObservationConfig) -> SensorErrors:
    """The zero error of each joint and the mounting error (roll, pitch) of the IMU, from uniform draws in [0, 1)."""
    signed = 2.0 * draws - 1.0
    roll_pitch = signed[17:] * config.tilt_error_rad
    # A small rotation: (1, angle / 2), normalised.
    quat = jnp.concatenate([jnp.ones(1), 0.5 * roll_pitch, jnp.zeros(1)])
    return SensorErrors(signed[:17] * config.joint_zero_error_rad, quat / jnp.linalg.norm(quat))


def actor_observation(
    draws: Float[Array, " 40"],
    readings: Readings,
    errors: SensorErrors,
    home_rad: Float[Array, " 17"],
    last_action: Float[Array, " 17"],
    command: Float[Array, " 3"],
    clock: Float[Array, " 2"],
    config: ObservationConfig,
) -> Float[Array, " 62"]:
    """The actor's observation in the order of `ACTOR_LAYOUT`; the draws, uniform in [0, 1), are its noise."""
    sensed = jnp.concatenate(
        [
            frames.rotate_inverse(errors.tilt_quat, readings.gyro_rad_per_s),
            frames.rotate_inverse(errors.tilt_quat, readings.gravity),
            readings.joint_angle_rad + errors.joint_zero_rad - home_rad,
            readings.joint_velocity_rad_per_s,
        ]
    )
    half_width = np.repeat(
        np.array(
            [
                config.gyro_noise_rad_per_s,
                config.gravity_noise,
                config.joint_angle_noise_rad,
                config.joint_velocity_noise_rad_per_s,
            ],
            np.float32,
        ),
        [size for _, size in ACTOR_LAYOUT[:4]],
    )
    return jnp.concatenate([sensed + (2.0 * draws - 1.0) * half_width, last_action, command, clock])


def critic_observation(
    actor: Float[Array, " 62"],
    readings: Readings,
    errors: SensorErrors,
    velocity_filtered: Float[Array, " 3"],
    variant_parameters: Float[Array, " 7"],
) -> Float[Array, " 122"]:
    """The actor's observation, and what only a simulation knows."""
    return jnp.concatenate(
        [
            actor,
            readings.base_velocity_heading_m_per_s,
            velocity_filtered,
            readings.base_position_m[2:],
            readings.foot_load_N / _LOAD_SCALE_N,
            readings.foot_clearance_m,
            readings.foot_velocity_m_per_s.ravel(),
            readings.torque_Nm,
            errors.joint_zero_rad,
            errors.tilt_quat[1:3],
            variant_parameters,
        ]
    )
