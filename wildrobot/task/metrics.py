"""What a step reports besides its reward, for the curves of a training."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from wildrobot.task.view import Readings

Scalar = Float[Array, ""]


def step_metrics(
    terms: dict[str, Scalar],
    robot: Readings,
    velocity: Float[Array, " 3"],
    command: Float[Array, " 3"],
    heading_error_rad: Scalar,
    sound: Bool[Array, ""],
) -> dict[str, Scalar]:
    """Weighted reward terms, tracking errors of the low-passed velocity, and whether the simulation has diverged.

    All but `diverged` are 0 for a robot that is not sound: one NaN would stay in the totals of a training for ever.
    """
    error = jnp.abs(velocity - command)
    reported = {f"reward/{name}": value for name, value in terms.items()} | {
        "vx_m_per_s": robot.base_velocity_heading_m_per_s[0],
        "vx_error_m_per_s": error[0],
        "vy_error_m_per_s": error[1],
        "heading_error_rad": jnp.abs(heading_error_rad),
    }
    return {name: jnp.where(sound, value, 0.0) for name, value in reported.items()} | {
        "diverged": 1.0 - sound.astype(jnp.float32)
    }
