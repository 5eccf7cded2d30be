"""Files and folders that are written entirely or not at all."""

from __future__ import annotations

import os
import secrets
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


def check_target(path: Path) -> None:
    """Refuses a file that could not be written, before the work whose result it is to hold.

    Raises:
      CannotWrite: for a path that is a folder, or lies in none.
    """
    if path.is_dir():
        raise CannotWrite(f"cannot write {path}: it is a folder; give the name of a file")
    if not path.absolute().parent.is_dir():
        raise CannotWrite(f"cannot write {path}: its folder does not exist; create it first")


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

    If the block fails, nothing of it is left, and `path` is as it was. A file is replaced atomically; a folder that
    was there before is moved aside first, and removed when the new one is in its place.

    Raises:
      CannotWrite: instead of any `OSError`, also of the block.
    """
    # No process of any host has the same.
    own = secrets.token_hex(4)
    part, aside = (path.with_name(f".{path.stem}.{own}.{what}{path.suffix}") for what in ("part", "old"))
    try:
        yield part
        for file in part.rglob("*") if part.is_dir() else (part,):
            if file.is_file():
                _sync(file)
        if path.is_dir():
            os.replace(path, aside)
        os.replace(part, path)
        shutil.rmtree(aside, ignore_errors=True)
        with suppress(OSError):  # not every file system can
            # So that a power cut leaves the new name, too.
            _sync(path.parent)
    except OSError as error:
        cause = error.strerror or error
        raise CannotWrite(f"cannot write {path}: {cause}; make room, or choose a writable place") from None
    finally:
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Has a file, or the names in a folder, written to the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
