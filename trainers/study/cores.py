"""Processors for each training at work on this machine: trainings that share them hinder each other."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def own_cores(count: int) -> Iterator[frozenset[int] | None]:
    """Within the block, so many processors belong to the caller, by their numbers.

    None where the system has no affinity, or where all are taken: the caller then uses what it finds. The reservation
    is a lock on a file, so it ends with the process in any case, and holds for all studies of a user on this machine.

    Args:
      count: processors.
    """
    if not hasattr(os, "sched_getaffinity"):
        yield None
        return
    numbers = sorted(os.sched_getaffinity(0))
    shares = [numbers[first : first + count] for first in range(0, len(numbers) - count + 1, count)]
    folder = Path(tempfile.gettempdir()) / f"wildrobot-cores-{os.getuid()}"
    file, share = None, None
    with suppress(OSError):  # without the reservation, the trainings share all processors
        folder.mkdir(mode=0o700, exist_ok=True)
        for share in shares:
            file = os.open(folder / f"{share[0]}-{share[-1]}", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                os.close(file)
                file = None
    try:
        yield None if file is None or share is None else frozenset(share)
    finally:
        if file is not None:
            os.close(file)
