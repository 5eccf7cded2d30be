"""Checkpoints of the complete state of a training: written whole or not at all, and verified before they are used.

    <run>/checkpoints/<environment steps>/state/               Orbax's
    <run>/checkpoints/<environment steps>/policy.safetensors   the actor alone, for every other command
    <run>/checkpoints/<environment steps>/digests.json         SHA-256 of every file of the state, written last

A checkpoint without digests was never finished; one whose files differ from them is damaged.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import orbax.checkpoint as ocp

from trainers.brax_amp import processes
from trainers.run import replace_text
from trainers.stragglers import first_line, without_stragglers
from wildrobot.policy import Policy

StateT = TypeVar("StateT")

KEPT = 3
POLICY = "policy.safetensors"
_STATE, _DIGESTS = "state", "digests.json"
_OF_THE_DISK = re.compile(r"no space|quota|too large|os error|read-only|permission denied|input/output", re.IGNORECASE)
"""Orbax and TensorStore have exceptions of their own for what the disk refuses."""


class Damaged(Exception):
    """A checkpoint that cannot be used; the message says what is wrong with it."""


def save(folder: Path, steps: int, state: Any, policy: Policy) -> Path:
    """Writes `folder/<steps>/`, then removes older ones but for `KEPT`, and what was never finished.

    Every process must call it.

    Raises:
      OSError: if the disk cannot take it; the checkpoints of before are untouched.
    """
    path = folder / f"{steps:012d}"
    if processes.is_main():
        shutil.rmtree(path, ignore_errors=True)
    write_state(path / _STATE, state)
    processes.together(lambda: _finish(path, policy) if processes.is_main() else None)
    return path


def _finish(path: Path, policy: Policy) -> None:
    policy.save(path / POLICY)
    replace_text(path / _DIGESTS, json.dumps(_digests(path / _STATE), indent=1))
    # Later ones than this are of before the run went back behind them.
    kept = [path, *(each for each in newest_first(path.parent) if each < path)][:KEPT]
    for old in _all(path.parent):
        if old not in kept:
            shutil.rmtree(old, ignore_errors=True)


def write_state(path: Path, state: Any) -> None:
    """Writes a tree of arrays by Orbax.

    Raises:
      OSError: if the disk cannot take it; nothing is left then.
    """
    try:
        with without_stragglers(), ocp.StandardCheckpointer() as checkpointer:
            checkpointer.save(path.absolute(), state)
            checkpointer.wait_until_finished()
    except Exception as error:
        for left in path.parent.glob(f"{path.name}*"):
            shutil.rmtree(left, ignore_errors=True)
        if isinstance(error, OSError) or not _OF_THE_DISK.search(str(error)):
            raise
        raise OSError(first_line(error)) from error


def newest_first(folder: Path) -> Iterator[Path]:
    """The finished checkpoints of a run."""
    yield from (path for path in _all(folder) if (path / _DIGESTS).is_file())


def verify(path: Path) -> None:
    """Compares the files of a finished checkpoint with what was written.

    Raises:
      Damaged: where they differ.
    """
    try:
        written = json.loads((path / _DIGESTS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Damaged(f"its {_DIGESTS} cannot be read ({first_line(error)})") from None
    found = _digests(path / _STATE)
    if found != written:
        wrong = sorted(name for name in {*found, *written} if found.get(name) != written.get(name))
        raise Damaged(f"{len(wrong)} of its files are not as they were written, such as {wrong[0]}")


def load(path: Path, like: StateT) -> StateT:
    """Reads a checkpoint, to the bit. Every process must call it.

    Args:
      path: one of `newest_first`, verified.
      like: the tree of `jax.ShapeDtypeStruct` with shardings that the state must be.

    Raises:
      Damaged: for files that cannot be read, or a state of other shapes.
    """
    return read_state(path / _STATE, like)


def read_state(path: Path, like: StateT) -> StateT:
    """Reads what `write_state` has written.

    Raises:
      Damaged: for files that cannot be read, or a state of other shapes.
    """
    try:
        with without_stragglers(), ocp.StandardCheckpointer() as checkpointer:
            return checkpointer.restore(path.absolute(), like)
    except Exception as error:  # a zoo: of Orbax, of TensorStore, of JSON
        raise Damaged(first_line(error)) from None


def _all(folder: Path) -> list[Path]:
    return sorted((path for path in folder.glob("[0-9]*") if path.is_dir()), reverse=True)


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
