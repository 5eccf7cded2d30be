"""Files that are there entirely, or as they were."""

from __future__ import annotations

import os
from pathlib import Path

from wildrobot.errors import UsageError


def make_folder(path: Path) -> None:
    """Makes a folder, if it is not there yet.

    Raises:
      UsageError: if it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make the folder {path}: {error.strerror or error}; choose a writable place") from None


def write_text(path: Path, text: str) -> None:
    """Writes a text file in one go, so that no reader sees a part of it.

    Raises:
      UsageError: if it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise UsageError(f"cannot write {path}: {error.strerror}; choose a writable place") from None
