"""What every auto-reset does alike: which key starts which episode.

Each robot has a chain of keys of its own. So its k-th episode is the same one whatever the other robots do, and
through whichever adapter and auto-reset mode it is played.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
from jaxtyping import Array, UInt32

from wildrobot.draws import threefry


class EpisodeKeys(NamedTuple):
    """From one key per robot.

    Attributes:
      first: starts its first episode.
      following: starts its next one; `next_keys` gives the one after.
      spare: for whatever else an adapter draws at the start.
    """

    first: UInt32[Array, "batch 2"]
    following: UInt32[Array, "batch 2"]
    spare: UInt32[Array, "batch 2"]


def split_keys(keys: Array) -> EpisodeKeys:
    """The start of each robot's chain, from a key or the words of one for each."""
    split = jax.random.key_data(jax.vmap(lambda key: jax.random.split(threefry(key), 3))(keys))
    return EpisodeKeys(split[:, 0], split[:, 1], split[:, 2])


def next_keys(following: UInt32[Array, "batch 2"]) -> UInt32[Array, "batch 2"]:
    """The key of each robot's episode after the next one."""
    return jax.random.key_data(jax.vmap(lambda key: jax.random.fold_in(threefry(key), 1))(following))
