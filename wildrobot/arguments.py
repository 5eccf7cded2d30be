"""Command lines whose words stand before, between and after the options."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

NumberT = TypeVar("NumberT", int, float)

OVERRIDE = "FIELD=VALUE"
"""How help names words that change an experiment, by which completion knows them."""

_called: ContextVar[str | None] = ContextVar("_called", default=None)


def called(by_itself: str) -> str:
    """What the user has typed to get to a command: `wildrobot train`, or else `by_itself`, as `python -m trainers`."""
    return _called.get() or by_itself


@contextmanager
def calling(name: str) -> Iterator[None]:
    """Within the block, a command is called by this name; its usage says so."""
    token = _called.set(name)
    try:
        yield
    finally:
        _called.reset(token)


def parse(
    parser: argparse.ArgumentParser,
    arguments: Sequence[str] | None,
    words: Sequence[str],
    lists: Mapping[str, Callable[[str], bool]] | None = None,
) -> argparse.Namespace:
    """Parses a command line.

    `argparse` takes only one row of words for a positional argument, has no `parse_intermixed_args` for subcommands,
    and gives to `--option A B C` all that follows.

    Args:
      parser: whose subcommands have at most one positional argument of any number of words.
      arguments: `sys.argv[1:]` if None.
      words: the names of those positional arguments, whose words are text.
      lists: options of several values (`nargs` of `+` or `*`, `action="extend"`), and whether a word that follows is
        none of their values but one of the words.

    Returns:
      What `parser.parse_args` returns, with all words in their order.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    for option, ends in (lists or {}).items():
        given = _closed(given, option, ends)
    parsed, rest = parser.parse_known_args(given)
    options, literal = (rest[: rest.index("--")], rest[rest.index("--") + 1 :]) if "--" in rest else (rest, [])
    name = next((name for name in words if hasattr(parsed, name)), None)
    if rest and (name is None or any(word.startswith("-") for word in options)):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if name is not None:
        setattr(parsed, name, [*getattr(parsed, name), *options, *literal])
    return parsed


def _closed(arguments: list[str], option: str, ends: Callable[[str], bool]) -> list[str]:
    """`--option A B word` as `--option=A --option=B word`, for an option whose action is `extend`."""
    closed: list[str] = []
    bare: list[str] = []
    """The option, if no value follows: at the end nothing is taken for one."""
    reading, rest = False, []
    for at, word in enumerate(arguments):
        if word == "--":
            rest = arguments[at:]
            break
        if word == option:
            reading, bare = True, [option]
            continue
        reading = reading and not word.startswith("-") and not ends(word)
        if reading:
            word, bare = f"{option}={word}", []
        closed.append(word)
    return [*closed, *bare, *rest]


def add_trust(parser: argparse.ArgumentParser) -> None:
    """Adds `--trust`, for a command that reads policies of other frameworks."""
    parser.add_argument(
        "--trust",
        action="store_true",
        help="read files that can run any code, such as Stable-Baselines3's, because you know where they come from",
    )


def integer(low: int, high: int) -> Callable[[str], int]:
    """An integer from `low` to `high`."""

    def integer(text: str) -> int:
        return _between(int(text), low, high, text)

    return integer


def number(low: float, high: float) -> Callable[[str], float]:
    """A number from `low` to `high`."""

    def number(text: str) -> float:
        return _between(float(text), low, high, text)

    return number


def _between(value: NumberT, low: NumberT, high: NumberT, text: str) -> NumberT:
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"must be from {low} to {high}, not {text}")
    return value
