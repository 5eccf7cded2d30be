"""`metrics.jsonl`: the training curve as lines of JSON, which every other part of the project reads."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path


class MetricsLog:
    """Appends a line per moment: environment `steps`, `wall_s` [s] of training, and the figures."""

    def __init__(self, path: Path, *, already_s: float):
        """Opens the file, which may have lines of the same run; `already_s` is what it was trained for by then [s]."""
        self._file = path.open("a", encoding="utf-8")
        self._started = time.monotonic() - already_s

    def log(self, steps: int, figures: Mapping[str, float]) -> None:
        line = {"steps": steps, "wall_s": round(time.monotonic() - self._started, 3), **figures}
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    def film(self, steps: int, path: Path) -> None:
        """Nothing: the film lies beside the log."""

    def sync(self) -> None:
        """Has all lines on the disk when it returns."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()
