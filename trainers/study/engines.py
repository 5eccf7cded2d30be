"""Who does the work of a study: threads of this process, each of which waits for the processes of one run."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import NamedTuple, Protocol, runtime_checkable

from trainers.study.job import Job
from trainers.study.work import Failed, work


class Ended(NamedTuple):
    """A run with which nothing more is done: why it failed, or None."""

    job: Job
    failure: str | None


@runtime_checkable  # for the types that tests check
class Engine(Protocol):
    """Works on several runs at a time."""

    def start(self, jobs: Sequence[Job]) -> None:
        """Takes all jobs of a study; it returns at once."""
        ...

    def ended(self, timeout_s: float) -> list[Ended]:
        """Those that have ended since it was asked last; it waits so long [s] for the first of them."""
        ...

    def stop(self) -> None:
        """Ends all that is at work, each with its newest state saved, and waits for it."""
        ...


class LocalEngine:
    """On this machine."""

    def __init__(self, at_once: int, cores: int):
        """Works on so many runs at once, with so many cores each."""
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="study")
        self._cores = cores
        self._stopped = threading.Event()
        self._open: dict[Future[None], Job] = {}

    def start(self, jobs: Sequence[Job]) -> None:
        self._open |= {self._pool.submit(work, job, self._cores, self._stopped.is_set): job for job in jobs}

    def ended(self, timeout_s: float) -> list[Ended]:
        done, _ = wait(self._open, timeout_s, return_when=FIRST_COMPLETED)
        return [Ended(self._open.pop(each), _failure(each)) for each in done]

    def stop(self) -> None:
        self._stopped.set()
        self._pool.shutdown(wait=True, cancel_futures=True)


def _failure(done: Future[None]) -> str | None:
    try:
        done.result()
    except Failed as error:
        return str(error)
    return None
