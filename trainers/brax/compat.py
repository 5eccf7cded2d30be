"""What `ppo.train` of brax 0.14.2 calls and JAX 0.10 no longer has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec


def install() -> None:
    """Puts back `jax.device_put_replicated`, which brax calls."""
    if not hasattr(jax, "device_put_replicated"):
        jax.device_put_replicated = _device_put_replicated  # pyright: ignore[reportAttributeAccessIssue]


def _device_put_replicated(tree: Any, devices: Sequence[Any]) -> Any:
    """Copies each leaf to every device, along a new leading axis that `jax.pmap` splits."""
    sharding = NamedSharding(Mesh(np.array(devices), ("device",)), PartitionSpec("device"))

    def replicated(leaf: Any) -> jax.Array:
        # On the host, where a new shape needs no compilation.
        leaf = np.asarray(leaf)
        return jax.device_put(np.broadcast_to(leaf, (len(devices), *leaf.shape)), sharding)

    return jax.tree.map(replicated, tree)
