"""What trainers and the judge both need to know of a run: the log of its training, and the code that made it."""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

TRAINER_FACTS = "wildrobot.trainer_facts"
"""The entry points of trainers' settings in common words; `facts(experiment)` gives some `TrainerFacts`."""


class TrainerFacts(NamedTuple):
    """What a trainer is set to, in words that are common to all.

    Attributes:
      trainer: as `run.json` names it.
      discount: per control step.
      learning_rate: the first one.
      desired_kl: [nat] that the learning rate is adapted to; None where it is not.
      style_weight: [1/s] of a reward for style; 0 without one.
    """

    trainer: str
    discount: float
    learning_rate: float
    desired_kl: float | None
    style_weight: float


def whole_lines(path: Path) -> list[dict[str, Any]]:
    """The lines of a log, but for what a crash, power cut or damaged disk has left of them; none where there is no log.

    Each says at least its environment `steps` and the time `wall_s` [s].
    """
    lines = []
    for text in path.read_bytes().split(b"\n") if path.is_file() else ():
        with suppress(ValueError, RecursionError):
            line = json.loads(text)
            if isinstance(line, dict) and _is_count(line.get("steps")) and is_number(line.get("wall_s")):
                lines.append(line)
    return lines


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


def is_number(value: Any) -> bool:
    """Whether it is a finite number, as a log should hold."""
    return type(value) in (int, float) and abs(value) < 1e300


def commit() -> str | None:
    """The commit of the source tree, `+` where it has changes; None where the code is not a git checkout."""
    command = ["git", "describe", "--always", "--abbrev=40", "--dirty=+"]
    try:
        done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
