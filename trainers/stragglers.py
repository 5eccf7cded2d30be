"""What Orbax says when something fails: made short, and its threads that go on for a while kept silent."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_STRAGGLERS_S = 1.0


@contextmanager
def without_stragglers() -> Iterator[None]:
    """Keeps silent what threads that still read or write after a failure say of a loop that is closed.

    What the block itself raises is raised. Standard error is held back meanwhile. Tasks that failed besides are
    collected at any later moment; asyncio's complaint of each would tell a second time, with a traceback, what has been
    raised.
    """
    saved, nowhere, hook = os.dup(2), os.open(os.devnull, os.O_WRONLY), sys.unraisablehook
    os.dup2(nowhere, 2)
    sys.unraisablehook = lambda _: None
    try:
        yield
    except Exception:
        logging.getLogger("asyncio").addFilter(_is_not_of_a_failed_task)
        time.sleep(_STRAGGLERS_S)
        raise
    finally:
        sys.unraisablehook = hook
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


def _is_not_of_a_failed_task(record: logging.LogRecord) -> bool:
    return "exception was never retrieved" not in record.getMessage()


def first_line(error: Exception) -> str:
    """The first line of a message, which may be of hundreds."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
