"""The code version of a training or a measurement: a digest of the source files that its result can depend on.

A commit would not do: each note in the documentation makes a new one, and changes that are not committed make none.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import wildrobot

# Relative to here: the wheel has these packages inside `wildrobot`.
_TRAINERS = Path(__file__).resolve().parents[1]
_ADAPTERS = _TRAINERS.parent / "adapters"
_WILDROBOT = Path(wildrobot.__file__).resolve().parent

_OF_TRAINERS = ("brax", "sb3", "rsl_rl")
_WATCHES = (
    "trainers/study",
    "trainers/arguments.py",
    "trainers/filming.py",
    "trainers/reproduce.py",
    "trainers/tracking",
    "trainers/progress.py",
)
_PLAYS_ONLY = (
    "wildrobot/evaluation",
    "wildrobot/identification",
    "wildrobot/motion/authoring",
    "wildrobot/play",
    "wildrobot/render",
)
_INSIDE = ("wildrobot/trainers", "wildrobot/adapters", "wildrobot/configs")


def of_training(trainer: str) -> str:
    """The digest of what a training runs: not of other trainers, the judge, or what only shows.

    The robot and the clips that it is trained with have digests of their own (`trainers.inputs`).

    Args:
      trainer: as a study names it.
    """
    own = trainer.partition("-")[0]
    others = tuple(f"trainers/{name}" for name in _OF_TRAINERS if name != own)
    return _digest((".py",), (*_WATCHES, *_PLAYS_ONLY, *others))


def of_judging() -> str:
    """The digest of what a policy is played and measured by, robots and clips among it."""
    return _digest(
        (".py", ".xml", ".yaml", ".npz"),
        ("trainers", "adapters", "wildrobot/identification", "wildrobot/play", "wildrobot/evaluation/show"),
    )


def _digest(endings: Sequence[str], left_out: Sequence[str]) -> str:
    found = hashlib.sha256()
    for name, path in _files():
        if path.suffix in endings and not any(name == each or name.startswith(f"{each}/") for each in left_out):
            found.update(f"{name}\0{_sha256(path, path.stat().st_mtime_ns)}\n".encode())
    return found.hexdigest()


def _files() -> Iterator[tuple[str, Path]]:
    for name, root in (("adapters", _ADAPTERS), ("trainers", _TRAINERS), ("wildrobot", _WILDROBOT)):
        for path in sorted(root.rglob("*")):
            relative = f"{name}/{path.relative_to(root).as_posix()}"
            if path.is_file() and not relative.startswith(_INSIDE):
                yield relative, path


@functools.cache
def _sha256(path: Path, modified_ns: int) -> str:
    """Of a file as it was changed last at that time."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
