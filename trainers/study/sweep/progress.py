"""How far a sweep is: what its trials reach, line by line, and in between where the trainings at work are."""

from __future__ import annotations

from collections.abc import Iterable

from rich.progress import SpinnerColumn

from trainers.study.plan import PlannedRun
from trainers.study.progress import how_far, steps_of
from wildrobot.console import ProgressDisplay, column


class SweepProgress(ProgressDisplay):
    """Without a share of the whole: how many trainings there will be depends on what is pruned."""

    def __init__(self) -> None:
        super().__init__(
            SpinnerColumn(), column("{task.description}"), total=None, line_every_s=60.0, rate_over_s=600.0
        )
        self._bar.update(self._task, description="starting")

    def update(self, at_work: Iterable[PlannedRun]) -> None:
        """Reads how far these runs are, and shows it."""
        text = ", ".join(f"{run.job.name}: {how_far(steps_of(run), run.total_steps)}" for run in at_work)
        if text:
            self._bar.update(self._task, description=f"at work: {text}")
            self._say_if_due(f"at work: {text}")
