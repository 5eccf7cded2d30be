"""How far a study is: a bar on a terminal, plain lines elsewhere. It reads the logs of the runs, wherever they run."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

from rich.progress import BarColumn, TimeRemainingColumn

from trainers.study.plan import PlannedRun
from wildrobot.console import ProgressDisplay, column

_LAST_BYTES = 8192
"""Of a log, in which its last whole line lies."""


class StudyProgress(ProgressDisplay):
    """Shows the share of all environment steps that is trained, the time left, and which runs are at work."""

    def __init__(self, runs: Sequence[PlannedRun]):
        super().__init__(
            BarColumn(),
            column("{task.percentage:3.0f} %"),
            TimeRemainingColumn(),
            column("{task.description}"),
            total=sum(run.total_steps for run in runs),
            line_every_s=30.0,
            rate_over_s=600.0,
        )
        self._runs, self._ended = runs, {run.job.name for run in runs if run.job.is_done}
        self.update()

    def ended(self, name: str) -> None:
        """Takes note of a run that has ended, by its name."""
        self._ended.add(name)

    def update(self) -> None:
        """Reads how far the runs are, and shows it."""
        steps = {run.job.name: steps_of(run) for run in self._runs}
        at_work = [
            f"{run.job.name}: {how_far(steps[run.job.name], run.total_steps)}"
            for run in self._runs
            if run.job.name not in self._ended and (steps[run.job.name] or run.job.has_begun)
        ]
        text = f"{len(self._ended)} of {len(self._runs)} runs done; {', '.join(at_work) or 'starting'}"
        self._bar.update(self._task, completed=sum(steps.values()), description=text)
        self._say_if_due(text)


def how_far(steps: int, total: int) -> str:
    """The share of a run's training that is done, in words."""
    return f"{steps / total:.0%}" if steps < total else "being judged"


def steps_of(run: PlannedRun) -> int:
    """Environment steps of the last line of a run's log, at most those that it is to train; 0 where there is none."""
    try:
        with (run.job.folder / "metrics.jsonl").open("rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - _LAST_BYTES))
            return min(run.total_steps, int(json.loads(log.read().splitlines()[-1])["steps"]))
    except (OSError, ValueError, LookupError, TypeError):
        return 0
