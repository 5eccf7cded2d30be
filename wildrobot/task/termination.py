"""When an episode has failed."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from wildrobot.config import TerminationConfig


def has_fallen(
    base_height_m: Float[Array, ""], gravity: Float[Array, " 3"], config: TerminationConfig
) -> Bool[Array, ""]:
    """Too low, or tilted too far: the gravity direction (0, 0, -1 when upright) leaves its cone."""
    return (base_height_m < config.min_base_height_m) | (-gravity[2] < jnp.cos(config.max_tilt_rad))
