"""Ctrl-C as a wish to stop at the next sound moment."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """Turns the first Ctrl-C into an event that is set; a second one interrupts as always."""
    event = threading.Event()

    def wish(signal_number: int, frame: FrameType | None) -> None:
        event.set()
        signal.signal(signal.SIGINT, previous)

    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    previous = signal.signal(signal.SIGINT, wish)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, previous)
