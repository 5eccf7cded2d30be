"""Pushes."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

from wildrobot.task.config import PushConfig

DRAWS = 2
"""Uniform numbers that `kick_m_per_s` takes."""


def kick_m_per_s(draws: Float[Array, " 2"], config: PushConfig) -> Float[Array, " 2"]:
    """A change of the base's horizontal velocity [m/s].

    Args:
      draws: uniform in [0, 1): direction as a share of the full circle, size as a share of the largest.
      config: the largest size.
    """
    angle = 2.0 * jnp.pi * draws[0]
    return draws[1] * config.velocity_m_per_s * jnp.stack([jnp.cos(angle), jnp.sin(angle)])
