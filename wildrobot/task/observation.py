"""What the actor sees (the real robot's senses) and what the critic sees besides."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from wildrobot.task import frames
from wildrobot.task.config import ObservationConfig, TaskConfig
from wildrobot.task.termination import SOUND_ANGLE_RAD, SOUND_LIMIT
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

_ROTATED_LIMIT = np.sqrt(3.0) * SOUND_LIMIT
"""Of an entry of a vector after a rotation."""


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


def bounds(
    config: TaskConfig, home_rad: Float[np.ndarray, " 17"], variant_parameters: Float[np.ndarray, "variants 7"]
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The least and the greatest value of each entry of each observation, float32."""
    actor = _actor_bounds(config, home_rad)
    return {"state": actor, "privileged_state": _critic_bounds(actor, config, variant_parameters)}


def _actor_bounds(config: TaskConfig, home_rad: Float[np.ndarray, " 17"]) -> tuple[np.ndarray, np.ndarray]:
    noise = config.observation
    joint_angle = SOUND_ANGLE_RAD + noise.joint_zero_error_rad + noise.joint_angle_noise_rad
    ranges = np.array([config.command.vx_m_per_s, config.command.vy_m_per_s, config.command.yaw_rate_rad_per_s])
    command = np.stack([np.minimum(ranges[:, 0], 0.0), np.maximum(ranges[:, 1], 0.0)])
    if config.command.heading_hold:  # corrects by no more than the widest yaw rate
        command[:, 2] += np.array([-1.0, 1.0]) * np.abs(ranges[2]).max()
    return _joined(
        _symmetric(_ROTATED_LIMIT + noise.gyro_noise_rad_per_s, 3),
        _symmetric(1.0 + noise.gravity_noise, 3),
        (-joint_angle - home_rad, joint_angle - home_rad),
        _symmetric(SOUND_LIMIT + noise.joint_velocity_noise_rad_per_s, 17),
        _symmetric(1.0, 17),
        (command[0], command[1]),
        _symmetric(1.0, 2),
    )


def _critic_bounds(
    actor: tuple[np.ndarray, np.ndarray], config: TaskConfig, variant_parameters: Float[np.ndarray, "variants 7"]
) -> tuple[np.ndarray, np.ndarray]:
    return _joined(
        actor,
        _symmetric(_ROTATED_LIMIT, 3 + 3),  # base velocity, and the same filtered with the yaw rate
        _symmetric(SOUND_LIMIT, 1 + 2),  # height of the base, foot loads
        _symmetric(SOUND_LIMIT + 1.0, 2),  # foot clearance: a corner of the sole is within 1 m of its centre
        _symmetric(SOUND_LIMIT, 6 + 17),  # foot velocities, torques
        _symmetric(config.observation.joint_zero_error_rad, 17),
        _symmetric(config.observation.tilt_error_rad, 2),
        (variant_parameters.min(axis=0), variant_parameters.max(axis=0)),
    )


def _symmetric(bound: float, size: int) -> tuple[np.ndarray, np.ndarray]:
    return np.full(size, -bound), np.full(size, bound)


def _joined(*parts: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Joined, and wider by what rounding to float32 may add."""
    low, high = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
    slack = 1e-6 + 1e-6 * np.maximum(np.abs(low), np.abs(high))
    return (low - slack).astype(np.float32), (high + slack).astype(np.float32)
