"""Checkpoints that hold a framework's own file: folders `<run>/checkpoints/<steps>/`, whole or not there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from trainers.digests import first_sound, write_digests
from trainers.kept import keep
from wildrobot.files import make_folder, replacing


def write(run: Path, steps: int, fill: Callable[[Path], None]) -> None:
    """Writes a checkpoint of a run, entirely or not at all.

    Args:
      run: the run folder.
      steps: environment steps that it was written after.
      fill: writes what was learned into the folder that it is given.

    Raises:
      CannotWrite: if the disk refuses.
    """
    folder = run / "checkpoints"
    make_folder(folder)
    with replacing(folder / f"{steps:012d}") as part:
        part.mkdir()
        fill(part)
        keep(run, part)
        write_digests(part)


def newest(folder: Path, name: str) -> Path | None:
    """The newest checkpoint in `folder` that holds a file `name` and is as it was written, None if there is none."""
    return first_sound(file.parent for file in sorted(folder.glob(f"[0-9]*/{name}"), reverse=True))


def model_at(path: Path, name: str) -> Path | None:
    """The file that a path means: it, or `name` in the checkpoint, or in the newest in the folder; None if none."""
    if path.is_dir():
        folder = path if (path / name).is_file() else newest(path, name)
        return folder / name if folder else None
    return path if path.is_file() and path.suffix == Path(name).suffix else None
