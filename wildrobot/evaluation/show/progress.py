"""How far an evaluation is: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from rich.progress import BarColumn, TimeRemainingColumn

from wildrobot.console import ProgressDisplay, column


class EvaluationProgress(ProgressDisplay):
    """Shows what is being played, how much of all is done, and the time left."""

    def __init__(self, total_steps: int):
        """Counts environment steps, of which there are `total_steps`."""
        super().__init__(
            column("{task.description:32}"),
            BarColumn(),
            column("{task.percentage:3.0f} %"),
            TimeRemainingColumn(),
            total=total_steps,
            line_every_s=15.0,
            rate_over_s=60.0,
            transient=True,
        )
        self._total, self._done = total_steps, 0

    def task(self, description: str) -> Callable[[int], None]:
        """Names the work that begins; returns a function to call with the environment steps just done."""
        self._bar.update(self._task, description=description)

        def advance(steps: int) -> None:
            self._done += steps
            self._bar.update(self._task, completed=self._done)
            fraction = min(1.0, self._done / self._total)
            self._say_if_due(f"{100 * fraction:3.0f} %  {description}")

        return advance
