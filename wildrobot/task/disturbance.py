"""Pushes."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

from wildrobot.task.config import PushConfig

DRAWS = 2
"""Uniform numbers that `kick_m_per_s` takes."""


def kick_m_per_s(draws: Float[Array, " 2"], episode_share: Float[Array, ""], config: PushConfig) -> Float[Array, " 2"]:
    """A change of the base's horizontal velocity [m/s].

    The largest grows through the episode: who still falls early meets small ones only, who lasts meets large ones.

    Args:
      draws: uniform in [0, 1): direction as a share of the full circle, size as a share of the largest.
      episode_share: how much of the episode's length has passed, 0 to 1.
      config: the largest size, and how much of it there is at the start.
    """
    angle = 2.0 * jnp.pi * draws[0]
    largest = config.velocity_m_per_s * (config.start_share + (1.0 - config.start_share) * episode_share)
    return draws[1] * largest * jnp.stack([jnp.cos(angle), jnp.sin(angle)])
