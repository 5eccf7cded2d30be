"""Real time: a thread that ticks the session when a tick is due, whatever the page does."""

from __future__ import annotations

import threading
import time
from collections import deque

from wildrobot.play.session import Session

_LATEST_S = 0.1
"""A robot that is later than this skips the lost time instead of catching up."""
_IDLE_S = 0.02
_WINDOW_S = 1.0


class RealTimeFactor:
    """Simulated seconds per second, over the last second."""

    def __init__(self) -> None:
        self._ticks: deque[tuple[float, float]] = deque()

    def ticked(self, now_s: float, period_s: float) -> None:
        """A tick that simulates this period has ended now."""
        self._ticks.append((now_s, period_s))
        while self._ticks[0][0] < now_s - _WINDOW_S:
            self._ticks.popleft()

    def value(self, now_s: float) -> float:
        """0 while nothing moves."""
        recent = [tick for tick in self._ticks.copy() if tick[0] >= now_s - _WINDOW_S]
        if len(recent) < 2:
            return 0.0
        # The first tick only says when the time that the others took has begun.
        return sum(period for _, period in recent[1:]) / max(recent[-1][0] - recent[0][0], 1e-6)


class Pace:
    """When ticks are due."""

    def __init__(self, now_s: float):
        self._due_s = now_s

    def wait_s(self, now_s: float) -> float:
        """How long until the next tick is due; 0 if it is."""
        return max(0.0, self._due_s - now_s)

    def ticked(self, now_s: float, interval_s: float) -> None:
        """A tick was done; the next one is due an interval after this one was."""
        self._due_s = max(self._due_s + interval_s, now_s - _LATEST_S)


class Runner(threading.Thread):
    """Ticks a session at the speed that its controls say.

    Attributes:
      failure: what has ended the thread before it was stopped.
    """

    def __init__(self, session: Session):
        super().__init__(name="physics", daemon=True)
        self._session, self._stop_asked, self._factor = session, threading.Event(), RealTimeFactor()
        self.failure: BaseException | None = None

    def run(self) -> None:
        """Until `stop`."""
        try:
            self._tick_for_ever()
        except BaseException as error:
            self.failure = error

    @property
    def real_time_factor(self) -> float:
        """Simulated seconds per second, over the last second."""
        return self._factor.value(time.monotonic())

    def stop(self) -> None:
        """Returns when the last tick is over."""
        self._stop_asked.set()
        self.join(timeout=5.0)

    def _tick_for_ever(self) -> None:
        session, pace = self._session, Pace(time.monotonic())
        while not self._stop_asked.wait(pace.wait_s(time.monotonic())):
            if not session.has_work:
                self._stop_asked.wait(_IDLE_S)
                continue
            session.tick()
            now = time.monotonic()
            self._factor.ticked(now, session.period_s)
            pace.ticked(now, session.period_s / session.controls.speed)
