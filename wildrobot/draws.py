"""Random numbers, all uniform, from one call of the generator per step; what uses them takes them as arguments.

One call compiles several times faster than one call per draw, and tests can say what was drawn.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

Bound = int | Int[Array, "*n"] | Int[np.ndarray, "*n"]


def split_uniform(key: Array, *sizes: int) -> tuple[Array, list[Float[Array, " n"]]]:
    """The next key, and numbers uniform in [0, 1) in groups of the given sizes, from one call of the generator."""
    key, draw_key = jax.random.split(key)
    draws = jax.random.uniform(draw_key, (sum(sizes),))
    return key, jnp.split(draws, np.cumsum(sizes)[:-1])


def integers(draws: Float[Array, "*n"], low: Bound, high: Bound) -> Int[Array, "*n"]:
    """Integers from `low` to `high`, both included, each as likely."""
    count = high - low + 1
    return jnp.asarray(low) + jnp.minimum((draws * count).astype(jnp.int32), count - 1)
