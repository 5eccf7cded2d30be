"""How a process is asked to end: by Ctrl-C (SIGINT), by a scheduler or container (SIGTERM), by a terminal (SIGHUP).

Schedulers and closing terminals ask more than once. What comes after the first SIGTERM or SIGHUP is ignored until the
process has ended: it would disturb what is being saved, or the exit code.
"""

from __future__ import annotations

import inspect
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import CodeType, FrameType
from typing import Any, TypeVar

GRACE_S, LAST_WORDS_S = 8.0, 15.0
"""Until work that saves at a sound moment is cut short, and work that tidies up after `Interrupted`.

What asks a process to end kills it soon after: `docker stop` after 10 s, Kubernetes and Slurm after 30 s.
"""

_AGAIN_S = 0.02
_CALLED_FROM_C: set[CodeType] = set()
_Function = TypeVar("_Function", bound=Callable[..., Any])
_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop:
    """Whether this process has been asked to end, and by which signal."""

    def __init__(self) -> None:
        self._number: int | None = None

    def is_set(self) -> bool:
        return self._number is not None

    @property
    def exit_code(self) -> int:
        """The exit code that a shell gives a process ended by the signal: 130, 143 or 129."""
        return 128 + (self._number or signal.SIGINT)


class Interrupted(KeyboardInterrupt):
    """A signal has asked the process to end.

    Attributes:
      exit_code: of the signal.
    """

    def __init__(self, number: int):
        super().__init__()
        self.exit_code = 128 + number


@contextmanager
def raised() -> Iterator[None]:
    """Raises `Interrupted` in the main thread at a signal.

    After SIGTERM and SIGHUP, the process ends within `LAST_WORDS_S` in any case. At Ctrl-C there is somebody who can
    press it again.
    """
    asked: int = signal.SIGINT

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = number
        if not _called_from_c(frame):
            raise Interrupted(number)
        signal.signal(signal.SIGALRM, try_again)
        signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)

    def try_again(_: int, frame: FrameType | None) -> None:
        interrupt(asked, frame)

    with _watched(interrupt, LAST_WORDS_S, lambda number: None if number == signal.SIGINT else lambda: None):
        try:
            yield
        finally:
            if signal.getsignal(signal.SIGALRM) is try_again:
                signal.setitimer(signal.ITIMER_REAL, 0)


def called_from_c(function: _Function) -> _Function:
    """Marks what C code calls, which could not pass `Interrupted` on: `raised` waits until it has returned."""
    _CALLED_FROM_C.add(inspect.unwrap(function).__code__)
    return function


def _called_from_c(frame: FrameType | None) -> bool:
    while frame is not None and frame.f_code not in _CALLED_FROM_C:
        frame = frame.f_back
    return frame is not None


@contextmanager
def noted(late: Callable[[], None]) -> Iterator[Stop]:
    """Notes the first signal, for work that then ends by itself at the next suitable moment.

    A second Ctrl-C ends the process at once.

    Args:
      late: what is done, in another thread, if the work has not ended within `GRACE_S`; the process ends after it.
        The main thread may then be inside compiled code, which it leaves after minutes.
    """
    with _watched(lambda number, frame: None, GRACE_S, lambda number: late) as stop:
        yield stop


@contextmanager
def _watched(
    handler: Callable[[int, Any], None], grace_s: float, late: Callable[[int], Callable[[], None] | None]
) -> Iterator[Stop]:
    """Handles the signals; `late` says by number what is done after the grace, None for nothing, not even the end."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop  # Python gives signals to the main thread alone
        return
    with ExitStack() as stack:
        heard, told = socket.socketpair()
        told.setblocking(False)
        timers: list[threading.Timer] = []

        def handle(number: int, frame: FrameType | None) -> None:
            if number != signal.SIGINT:
                for repeated in (signal.SIGTERM, signal.SIGHUP):
                    signal.signal(repeated, signal.SIG_IGN)
            handler(number, frame)

        def expire(work: Callable[[], None]) -> None:
            work()
            end(stop.exit_code)

        def listen() -> None:
            # The interpreter writes the number at once, also while the main thread is inside compiled code.
            while data := heard.recv(1):
                number = data[0]
                if stop.is_set() and number == signal.SIGINT:
                    end(stop.exit_code)
                elif number in _NUMBERS and not stop.is_set():
                    stop._number = number
                    if (work := late(number)) is not None:
                        timer = threading.Timer(grace_s, expire, [work])
                        timer.daemon = True
                        timers.append(timer)
                        timer.start()

        listener = threading.Thread(target=listen, name="signals", daemon=True)
        listener.start()
        stack.callback(heard.close)
        stack.callback(listener.join)
        stack.callback(told.close)
        stack.callback(lambda: [timer.cancel() for timer in timers])
        stack.callback(signal.set_wakeup_fd, signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False))
        for number in _NUMBERS:
            before = signal.getsignal(number)
            # `nohup` wants to outlive the terminal. A shell that starts a command with `&` ignores SIGINT for it, but
            # whoever sends one to this process means it.
            if before is None or (number == signal.SIGHUP and before is signal.SIG_IGN):
                continue
            stack.callback(_restore, number, before)
            signal.signal(number, handle)
        yield stop


def _restore(number: int, handler: Any) -> None:
    """Gives a signal its handler back, unless the process has been asked to end."""
    if signal.getsignal(number) is not signal.SIG_IGN:
        signal.signal(number, handler)


def end(code: int) -> None:
    """Ends the process at once: threads of JAX are at work, and crash where Python is taken down under them."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # nobody reads it any more
            stream.flush()
    os._exit(code)
