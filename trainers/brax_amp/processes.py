"""One training by several processes, each with its own devices: what they must agree on."""

from __future__ import annotations

import jax
import numpy as np
from jax.experimental import multihost_utils

from wildrobot.errors import UsageError


def initialize(coordinator: str | None, count: int | None, index: int | None) -> None:
    """Joins the other processes; what is None, JAX takes from its environment (JAX_COORDINATOR_ADDRESS, Slurm, MPI).

    Raises:
      UsageError: if that is not enough, or the others do not come.
    """
    try:
        jax.distributed.initialize(coordinator, count, index)
    except (ValueError, TypeError, RuntimeError) as error:
        raise UsageError(
            f"cannot join the other processes ({' '.join(str(error).split())}); give every process --coordinator "
            "HOST:PORT of process 0, --num-processes and --process-id, or start them by Slurm or Open MPI, of which "
            "JAX knows"
        ) from None


def is_main() -> bool:
    """Whether this process writes the run folder and talks to the user."""
    return jax.process_index() == 0


def any_of(said: bool) -> bool:
    """Whether any process says so; every one must ask."""
    if jax.process_count() == 1:
        return said
    return bool(np.any(multihost_utils.process_allgather(np.array(said))))
