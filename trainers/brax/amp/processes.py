"""One training by several processes, each with its own devices: what they must agree on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import jax
import numpy as np
from jax.experimental import multihost_utils

from wildrobot.errors import UsageError

ResultT = TypeVar("ResultT")


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


def any_of(own: bool) -> bool:
    """Whether it is true in any process; every one must call it."""
    if jax.process_count() == 1:
        return own
    return bool(np.any(multihost_utils.process_allgather(np.array(own))))


def together(work: Callable[[], ResultT]) -> ResultT:
    """Does what only one process does, or what one may fail at: where it fails in one, it fails in all.

    Otherwise the others would wait for that one for ever.
    """
    result, refusal = None, None
    try:
        result = work()
    except (OSError, UsageError) as error:
        refusal = error
    if any_of(refusal is not None):
        raise refusal or UsageError("another process could not go on; it says why")
    return result  # pyright: ignore[reportReturnType]  None is what a work returns, or it has failed


def from_main(number: int) -> int:
    """The number that the main process gives, in every one."""
    if jax.process_count() == 1:
        return number
    return int(multihost_utils.broadcast_one_to_all(np.array(number)))
