"""How a command of this project ends: its exit code, and what it says on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from wildrobot import signals
from wildrobot.errors import UsageError


def exit_code(work: Callable[[], int | None], *, interrupted: str = "interrupted") -> int:
    """Does the work of a command.

    Args:
      work: returns the exit code, None for 0.
      interrupted: what to say at Ctrl-C, SIGTERM and SIGHUP.

    Returns:
      The work's own exit code; 2 for a mistake of the user's, whose message is printed; 130 for Ctrl-C, 143 for
      SIGTERM, 129 for SIGHUP; 141 when the reader of standard output has left, as of `command | head -1`.
    """
    try:
        with signals.raised(), _written():
            return work() or 0
    except BrokenPipeError:
        # Python writes once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as error:
        print(interrupted, file=sys.stderr)
        return error.exit_code if isinstance(error, signals.Interrupted) else 130


@contextmanager
def _written() -> Iterator[None]:
    """Flushes standard output at the end, also where `--help` has ended the block."""
    try:
        yield
    finally:
        sys.stdout.flush()


def leave(code: int) -> NoReturn:
    """Ends the process with an exit code."""
    if code > 128:
        signals.end(code)
    sys.exit(code)
