"""How far a sweep is: what its trials reach, line by line, and in between where the trainings at work are."""

from __future__ import annotations

import time
from collections.abc import Iterable
from types import TracebackType

from trainers.study.plan import PlannedRun
from wildrobot.console import display
from wildrobot.records import whole_lines

_LOOK_EVERY_S = 10.0
_LINE_EVERY_S = 60.0


class SweepProgress:
    """On a terminal a line that changes, elsewhere a line a minute."""

    def __init__(self) -> None:
        self._console = display()
        self._status = self._console.status("starting") if self._console.is_terminal else None
        self._last_s = time.monotonic()

    def __enter__(self) -> SweepProgress:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def say(self, text: str) -> None:
        """Prints a line that stays."""
        self._console.print(text, soft_wrap=True)

    def update(self, at_work: Iterable[PlannedRun]) -> None:
        """Shows how far these runs are, if that was shown long enough ago."""
        every_s = _LINE_EVERY_S if self._status is None else _LOOK_EVERY_S
        runs = list(at_work)
        if not runs or time.monotonic() - self._last_s < every_s:
            return
        self._last_s = time.monotonic()
        text = "at work: " + ", ".join(f"{run.job.name}: {_share(run)}" for run in runs)
        if self._status is not None:
            self._status.update(text)
        else:
            self.say(text)


def _share(run: PlannedRun) -> str:
    lines = whole_lines(run.job.folder / "metrics.jsonl")
    steps = lines[-1]["steps"] if lines else 0
    return f"{steps:,} of {run.total_steps:,} steps" if steps < run.total_steps else "being judged"
