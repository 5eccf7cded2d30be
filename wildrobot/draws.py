"""Chance, as uniform numbers from one call of the random generator per step."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int


def drawn(key: Array, *sizes: int) -> tuple[Array, list[Float[Array, " n"]]]:
    """The next key, and numbers uniform in [0, 1) in groups of the given sizes, from one call of the generator."""
    key, draw_key = jax.random.split(key)
    draws = jax.random.uniform(draw_key, (sum(sizes),))
    return key, jnp.split(draws, np.cumsum(sizes)[:-1])


def index(draw: Float[Array, " 1"], count: int) -> Int[Array, ""]:
    """One of `count`, each as likely."""
    return jnp.minimum((draw[0] * count).astype(jnp.int32), count - 1)
