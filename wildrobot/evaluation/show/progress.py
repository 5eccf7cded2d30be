"""How far an evaluation is: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

from rich.progress import BarColumn, Progress, TimeRemainingColumn

from wildrobot.console import column, display

_LINE_EVERY_S = 15.0


class EvaluationProgress:
    """Shows what is being played, how much of all is done, and the time left."""

    def __init__(self, total_steps: int):
        """Counts environment steps, of which there are `total_steps`."""
        self._total, self._done = total_steps, 0
        self._console = display()
        self._bar = Progress(
            column("{task.description:32}"),
            BarColumn(),
            column("{task.percentage:3.0f} %"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
            speed_estimate_period=60,
        )
        self._task = self._bar.add_task("", total=total_steps)
        self._last_line_s = time.monotonic()

    def __enter__(self) -> EvaluationProgress:
        self.show()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hide()

    def show(self) -> None:
        self._bar.start()

    def hide(self) -> None:
        """Takes the bar away, so that a table can be printed."""
        self._bar.stop()

    def task(self, description: str) -> Callable[[int], None]:
        """What is to be called with the environment steps just done."""
        self._bar.update(self._task, description=description)

        def advance(steps: int) -> None:
            self._done += steps
            self._bar.update(self._task, completed=self._done)
            if self._bar.disable and time.monotonic() - self._last_line_s > _LINE_EVERY_S:
                self._last_line_s = time.monotonic()
                fraction = min(1.0, self._done / self._total)
                self._console.print(f"{100 * fraction:3.0f} %  {description}", soft_wrap=True)

        return advance
