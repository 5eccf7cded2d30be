"""What each checkpoint keeps of its run besides what was learned: the configuration, and where the run comes from.

So the run can go on where a power cut has damaged these files themselves, and changes in them are noticed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from trainers.digests import is_intact
from wildrobot.errors import UsageError
from wildrobot.files import write_bytes

CONFIG, PROVENANCE = "config.yaml", "run.json"


class _StartedFrom(BaseModel, strict=True):
    sha256: str | None = None
    environment_steps: int = 0


class _Provenance(BaseModel, strict=True):
    """The parts of `run.json` that are read again; older versions wrote fewer."""

    trainer: str | None = None
    commit: str | None = None
    versions: dict[str, str | None] = {}
    inputs: dict[str, str] = {}
    started_from: _StartedFrom = _StartedFrom()
    resumed: list[Any] = []
    completed: str | None = None


def keep(run: Path, checkpoint: Path) -> None:
    """Copies the files of a run into a checkpoint that is being written.

    Raises:
      CannotWrite: if the disk refuses.
    """
    for name in (CONFIG, PROVENANCE):
        if (run / name).is_file():
            write_bytes(checkpoint / name, (run / name).read_bytes())


def newest_copy(run: Path, name: str) -> Path | None:
    """The newest copy of a file in a checkpoint that is as it was written; None if there is none."""
    copies = sorted(run.glob(f"checkpoints/[0-9]*/{name}"), reverse=True)
    return next((copy for copy in copies if is_intact(copy)), None)


def repair(run: Path) -> None:
    """Writes the files of a run again that are missing, empty, cut off or filled with zeros, where a copy is kept."""
    for name in (CONFIG, PROVENANCE):
        copy = newest_copy(run, name)
        if copy is not None and _is_damaged(run / name, copy.read_bytes()):
            print(f"{run / name}: is damaged; taking the copy in {copy.parent}", file=sys.stderr)
            write_bytes(run / name, copy.read_bytes())


def read_provenance(run: Path) -> dict[str, Any]:
    """`run.json` of a run.

    Raises:
      UsageError: if it cannot be read.
    """
    try:
        provenance = json.loads((run / PROVENANCE).read_bytes())
        _Provenance.model_validate(provenance)
    except ValidationError as error:
        part = ".".join(str(name) for name in error.errors()[0]["loc"])
        raise _unreadable(run, f"its {part} is damaged" if part else "it is no JSON object") from None
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(run, getattr(error, "strerror", None) or error) from None
    return provenance


def _unreadable(run: Path, reason: object) -> UsageError:
    return UsageError(
        f"{run}: is no run folder, for its {PROVENANCE} cannot be read ({reason}); give one that training has made"
    )


def _is_damaged(path: Path, copy: bytes) -> bool:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return True
    # JSON is whole, or cannot be read; YAML that is cut off can.
    cut_off = data != copy and copy.startswith(data)
    if cut_off or b"\0" in data or path.name != PROVENANCE:
        return cut_off or b"\0" in data
    try:
        json.loads(data)
    except ValueError:
        return True
    return False
