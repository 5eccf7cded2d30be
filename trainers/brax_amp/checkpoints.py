"""Checkpoints of the complete state of a training: written whole or not at all, and verified before they are used.

    <run>/checkpoints/<environment steps>/state/         Orbax's
    <run>/checkpoints/<environment steps>/digests.json   SHA-256 of every file of it, written last

A checkpoint without digests was never finished; one whose files differ from them is damaged.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import jax
import orbax.checkpoint as ocp

from trainers.stragglers import without_stragglers

StateT = TypeVar("StateT")

KEPT = 3
_STATE, _DIGESTS = "state", "digests.json"


class Damaged(Exception):
    """A checkpoint that cannot be used; the message says what is wrong with it."""


def save(folder: Path, steps: int, state: Any) -> Path:
    """Writes `folder/<steps>/`, then removes all but the newest `KEPT`. Every process must call it.

    Raises:
      OSError: if the disk cannot take it; the checkpoints of before are untouched.
    """
    path = folder / f"{steps:012d}"
    if jax.process_index() == 0:
        shutil.rmtree(path, ignore_errors=True)
    write_state(path / _STATE, state)
    if jax.process_index() == 0:
        _write_text(path / _DIGESTS, json.dumps(_digests(path / _STATE), indent=1))
        for old in _all(folder)[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)
    return path


def write_state(path: Path, state: Any) -> None:
    """Writes a tree of arrays by Orbax.

    Raises:
      OSError: if the disk cannot take it; nothing is left then.
    """
    try:
        with without_stragglers(), ocp.StandardCheckpointer() as checkpointer:
            checkpointer.save(path.absolute(), state)
            checkpointer.wait_until_finished()
    except Exception as error:  # Orbax and TensorStore have exceptions of their own for the same cause
        shutil.rmtree(path.parent, ignore_errors=True)
        raise error if isinstance(error, OSError) else OSError(_first_line(error)) from error


def newest_first(folder: Path) -> Iterator[Path]:
    """The finished checkpoints of a run."""
    yield from (path for path in _all(folder) if (path / _DIGESTS).is_file())


def load(path: Path, like: StateT) -> StateT:
    """Reads a checkpoint, to the bit.

    Args:
      path: one of `newest_first`.
      like: the tree of `jax.ShapeDtypeStruct` with shardings that the state must be.

    Raises:
      Damaged: for files that differ from what was written, or a state of other shapes.
    """
    try:
        written = json.loads((path / _DIGESTS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Damaged(f"its {_DIGESTS} cannot be read ({_first_line(error)})") from None
    found = _digests(path / _STATE)
    if found != written:
        wrong = sorted(name for name in {*found, *written} if found.get(name) != written.get(name))
        raise Damaged(f"{len(wrong)} of its files are not as they were written, such as {wrong[0]}")
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
        raise Damaged(_first_line(error)) from None


def _all(folder: Path) -> list[Path]:
    return sorted((path for path in folder.glob("[0-9]*") if path.is_dir()), reverse=True)


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _write_text(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
