"""What trainers and the judge both need to know of a run: the log of its training, and the code that made it."""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any


def whole_lines(path: Path) -> list[dict[str, Any]]:
    """The lines of a log in JSON, but for what a crash has left unfinished; none where there is no log."""
    lines = []
    for text in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        with suppress(json.JSONDecodeError):
            lines.append(json.loads(text))
    return lines


def commit() -> str | None:
    """The commit of the source tree, `+` where it has changes; None where the code is not a git checkout."""
    command = ["git", "describe", "--always", "--abbrev=40", "--dirty=+"]
    try:
        done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
