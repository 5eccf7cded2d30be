"""The terminal, where a user's own words are shown as they are: rich's markup, emoji names and highlighting are off."""

from __future__ import annotations

import time
from types import TracebackType
from typing import NoReturn, TypeVar

from rich.console import Console
from rich.progress import Progress, ProgressColumn, TextColumn

DisplayT = TypeVar("DisplayT", bound="ProgressDisplay")


def output() -> Console:
    """Standard output. Where that is no terminal, lines are as long as they need to be."""
    found = _Output(markup=False, emoji=False, highlight=False)
    return found if found.is_terminal else _Output(markup=False, emoji=False, highlight=False, width=1000)


def display() -> Console:
    """Standard error, for progress: when its reader has left, nothing more is printed and the work goes on."""
    return _Display(stderr=True, markup=False, emoji=False, highlight=False)


def column(text: str) -> TextColumn:
    """A column of a progress bar, formatted with its `task`."""
    return TextColumn(text, markup=False)


class ProgressDisplay:
    """The progress of one work: a bar on a terminal, a plain line now and then elsewhere."""

    def __init__(
        self,
        *columns: ProgressColumn,
        total: int | None,
        line_every_s: float,
        rate_over_s: float,
        transient: bool = False,
    ):
        """Lays the bar out; it is shown inside the `with` block.

        Args:
          columns: of the bar.
          total: what `completed` is at the end; None where that is not known.
          line_every_s: shortest time between two plain lines, and before the first.
          rate_over_s: time over which the speed is averaged, for the time left.
          transient: whether the bar disappears at the end.
        """
        self._console = display()
        self._bar = Progress(
            *columns,
            console=self._console,
            disable=not self._console.is_terminal,
            transient=transient,
            speed_estimate_period=rate_over_s,
        )
        self._task = self._bar.add_task("", total=total)
        self._line_every_s, self._last_line_s = line_every_s, time.monotonic()

    def __enter__(self: DisplayT) -> DisplayT:
        self.show()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hide()

    def show(self) -> None:
        self._bar.start()

    def hide(self) -> None:
        """Stops the bar, so that something else can be printed."""
        self._bar.stop()

    def say(self, text: str) -> None:
        """Prints a line, above the bar where there is one."""
        self._console.print(text, soft_wrap=True)

    def _say_if_due(self, text: str) -> None:
        """Prints a line where there is no bar, unless the last one is too recent."""
        if self._bar.disable and time.monotonic() - self._last_line_s > self._line_every_s:
            self._last_line_s = time.monotonic()
            self.say(text)


class _Output(Console):
    def on_broken_pipe(self) -> NoReturn:
        # rich would end with exit code 1, which has a meaning of its own here.
        raise BrokenPipeError


class _Display(Console):
    def on_broken_pipe(self) -> None:
        self.quiet = True
