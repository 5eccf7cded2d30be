"""SHA-256 digests of the files of a checkpoint, written last: they say that it is finished, and whether it is sound."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from wildrobot.files import write_text

DIGESTS = "digests.json"


class Damaged(Exception):
    """A checkpoint that cannot be used; the message says what is wrong with it."""


def write_digests(folder: Path) -> None:
    """Writes `folder/digests.json` about all other files in the folder.

    Raises:
      CannotWrite: if the disk refuses.
    """
    write_text(folder / DIGESTS, json.dumps(_digests(folder), indent=1))


def is_finished(folder: Path) -> bool:
    """Whether a checkpoint was written to its end."""
    return (folder / DIGESTS).is_file()


def verify(folder: Path) -> None:
    """Compares the files of a finished checkpoint with what was written.

    Raises:
      Damaged: where they differ.
    """
    try:
        written = json.loads((folder / DIGESTS).read_text(encoding="utf-8"))
        actual = _digests(folder)
        wrong = sorted(name for name in {*actual, *written} if actual.get(name) != written.get(name))
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Damaged(f"its {DIGESTS} cannot be read ({error})") from None
    if wrong:
        raise Damaged(f"{len(wrong)} of its files are not as they were written, such as {wrong[0]}")


def first_sound(folders: Iterable[Path]) -> Path | None:
    """The first checkpoint that is as it was written, None if there is none; says of each before what is wrong.

    One without digests is taken as it is: older versions of Stable-Baselines3's wrote none.
    """
    for folder in folders:
        try:
            if is_finished(folder):
                verify(folder)
        except Damaged as error:
            print(f"{folder}: is damaged, {error}; going back to the one before", file=sys.stderr)
        else:
            return folder
    return None


def is_intact(file: Path) -> bool:
    """Whether one file of a finished checkpoint is as it was written."""
    try:
        written = json.loads((file.parent / DIGESTS).read_text(encoding="utf-8"))
        return written.get(file.name) == hashlib.sha256(file.read_bytes()).hexdigest()
    except (OSError, ValueError, AttributeError):
        return False


def _digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / DIGESTS
    }
