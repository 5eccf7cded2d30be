"""The terminal, where a user's own words are shown as they are: rich's markup, emoji names and highlighting are off."""

from __future__ import annotations

from typing import NoReturn

from rich.console import Console
from rich.progress import TextColumn


def output() -> Console:
    """Standard output. Where that is no terminal, lines are as long as they need to be."""
    found = _Output(markup=False, emoji=False, highlight=False)
    return found if found.is_terminal else _Output(markup=False, emoji=False, highlight=False, width=1000)


def display() -> Console:
    """Standard error, for how far a work is; a work of hours does not end when nobody looks any more."""
    return _Display(stderr=True, markup=False, emoji=False, highlight=False)


def column(text: str) -> TextColumn:
    """A column of a progress bar, formatted with its `task`."""
    return TextColumn(text, markup=False)


class _Output(Console):
    def on_broken_pipe(self) -> NoReturn:
        # rich would end with exit code 1, which has a meaning of its own here.
        raise BrokenPipeError


class _Display(Console):
    def on_broken_pipe(self) -> None:
        self.quiet = True
