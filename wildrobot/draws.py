"""Random numbers, all uniform, from one call of the generator per step, passed to the functions that use them.

One call compiles several times faster than one call per draw, and tests can say what was drawn.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

Bound = int | Int[Array, "*n"] | Int[np.ndarray, "*n"]


def threefry(key: Array) -> Array:
    """A threefry key, which is JAX's default, from a key of any generator or from its words.

    So the same words give the same episode however JAX is set (`JAX_DEFAULT_PRNG_IMPL`), alone and in a batch.
    """
    words = jax.random.key_data(key) if jnp.issubdtype(key.dtype, jax.dtypes.prng_key) else key
    return jax.random.wrap_key_data(words[..., :2], impl="threefry2x32")


def split_uniform(key: Array, *sizes: int) -> tuple[Array, list[Float[Array, " n"]]]:
    """The words of the next key, and numbers uniform in [0, 1) in groups of these sizes, from one call."""
    key, draw_key = jax.random.split(threefry(key))
    draws = jax.random.uniform(draw_key, (sum(sizes),), jnp.float32)
    return jax.random.key_data(key), jnp.split(draws, np.cumsum(sizes)[:-1])


def integers(draws: Float[Array, "*n"], low: Bound, high: Bound) -> Int[Array, "*n"]:
    """Integers from `low` to `high`, both included, all equally likely."""
    count = high - low + 1
    return jnp.asarray(low) + jnp.minimum((draws * count).astype(jnp.int32), count - 1)
