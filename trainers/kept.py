"""What each checkpoint keeps of its run besides what was learned: the configuration, and where the run comes from.

So the run can go on where a power cut has damaged these files themselves, and what has been changed in them shows.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from trainers.digests import is_intact
from wildrobot.errors import UsageError
from wildrobot.files import write_bytes

CONFIG, PROVENANCE = "config.yaml", "run.json"
_PARTS = {"versions": dict, "inputs": dict, "started_from": dict, "resumed": list}
"""Of the provenance that are read again, where it has them."""


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
      UsageError: if there is none that can be read.
    """
    try:
        provenance = json.loads((run / PROVENANCE).read_bytes())
        if not isinstance(provenance, dict):
            raise ValueError("no JSON object")
        for name, kind in _PARTS.items():
            if not isinstance(provenance.get(name, kind()), kind):
                raise ValueError(f"its {name} is no {kind.__name__}")
        if type(provenance.get("started_from", {}).get("environment_steps", 0)) is not int:
            raise ValueError("its started_from.environment_steps is no whole number")
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            f"{run}: is no run folder, for its {PROVENANCE} cannot be read ({reason}); give one that training has made"
        ) from None
    return provenance


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
