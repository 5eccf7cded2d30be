"""Checkpoints of the complete state of a training: written whole or not at all, and verified before they are used.

    <run>/checkpoints/<environment steps>/state/<process>.npz  the state; see `trainers.brax.amp.state_files`
    <run>/checkpoints/<environment steps>/policy.safetensors   the actor alone, for every other command
    <run>/checkpoints/<environment steps>/config.yaml, run.json  those of the run, at this moment
    <run>/checkpoints/<environment steps>/digests.json         SHA-256 of every file, written last

A checkpoint without digests was never finished; one whose files differ from them is damaged.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from trainers.brax.amp import processes
from trainers.brax.amp.state_files import read_state, write_state
from trainers.digests import first_sound, is_finished, write_digests
from trainers.kept import keep
from wildrobot.policy import Policy

StateT = TypeVar("StateT")

KEPT = 3
POLICY = "policy.safetensors"
_STATE = "state"


def save(folder: Path, steps: int, state: Any, policy: Policy) -> Path:
    """Writes `folder/<steps>/`, then removes older ones but for `KEPT`, and what was never finished.

    Every process must call it.

    Raises:
      CannotWrite: if the disk refuses; the checkpoints of before are untouched.
    """
    path = folder / f"{steps:012d}"
    write_state(path / _STATE, state)
    processes.together(lambda: _finish(path, policy) if processes.is_main() else None)
    return path


def _finish(path: Path, policy: Policy) -> None:
    policy.save(path / POLICY)
    keep(path.parents[1], path)
    write_digests(path)
    # Later ones than this are of before the run went back behind them.
    kept = [path, *(each for each in newest_first(path.parent) if each < path)][:KEPT]
    for old in _all(path.parent):
        if old not in kept:
            shutil.rmtree(old, ignore_errors=True)


def newest_first(folder: Path) -> Iterator[Path]:
    """The finished checkpoints of a run."""
    yield from (path for path in _all(folder) if is_finished(path))


def of_policy(policy: Policy, path: Path) -> Path | None:
    """The checkpoint that a policy is from; None where the path leads to none that is sound.

    Args:
      policy: read from the path.
      path: a run folder, its `checkpoints`, or one of them.
    """
    checkpoints = (each for each in (path, *_all(path), *_all(path / "checkpoints")) if (each / _STATE).is_dir())
    sound = (each for each in checkpoints if is_finished(each) and first_sound([each]))
    return next((each for each in sound if Policy.load(each / POLICY).sha256 == policy.sha256), None)


def load(path: Path, like: StateT) -> StateT:
    """Reads a checkpoint, to the bit.

    Args:
      path: one of `newest_first`, verified.
      like: the tree of `jax.ShapeDtypeStruct` with shardings that the state must be.

    Raises:
      Damaged: for files that cannot be read, or a state of other shapes.
    """
    return read_state(path / _STATE, like)


def load_parts(path: Path, like: StateT) -> StateT:
    """As `load`, of a part of the state: a tree of dictionaries with the names that the state has."""
    return read_state(path / _STATE, like, whole=False)


def _all(folder: Path) -> list[Path]:
    return sorted((path for path in folder.glob("[0-9]*") if path.is_dir()), reverse=True)
