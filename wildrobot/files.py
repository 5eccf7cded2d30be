"""Files and folders that are there entirely, or as they were before."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wildrobot.errors import UsageError


class CannotWrite(UsageError):
    """The disk refuses a file or folder: the message names it and the cause."""


def write_text(path: Path, text: str) -> None:
    """Writes a text file in UTF-8 in one go; it is on the disk when this returns.

    Raises:
      CannotWrite: if it cannot be written; an older file is as it was.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Writes a file in one go; it is on the disk when this returns.

    Raises:
      CannotWrite: if it cannot be written; an older file is as it was.
    """
    with replacing(path) as part:
        part.write_bytes(data)


def make_folder(path: Path) -> None:
    """Makes a folder, if it is not there yet.

    Raises:
      CannotWrite: if it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(
            f"cannot make the folder {path}: {error.strerror or error}; choose a writable place"
        ) from None


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A place beside `path`, of the same suffix, to make a file or a folder in that then takes the place of `path`.

    If the block fails, nothing of it is left, and `path` is as it was. A file is replaced in one stroke; a folder that
    holds anything is removed first.

    Raises:
      CannotWrite: instead of any `OSError`, also of the block.
    """
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield part
        for file in part.rglob("*") if part.is_dir() else (part,):
            if file.is_file():
                _sync(file)
        if path.is_dir():
            shutil.rmtree(path)
        os.replace(part, path)
    except OSError as error:
        cause = error.strerror or error
        raise CannotWrite(f"cannot write {path}: {cause}; make room, or choose a writable place") from None
    finally:
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def _sync(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
