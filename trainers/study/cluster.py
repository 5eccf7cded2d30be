"""The work of a study on a Ray cluster, which decides where and when each run is trained."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from trainers.study.engines import Ended
from trainers.study.job import Job
from trainers.study.work import Failed, work
from wildrobot.errors import UsageError

LOCAL = "local"
_SAVES_WITHIN_S = 60.0
_RETRIES = 3
"""Of a run whose host is lost: it goes on from its checkpoints on another one."""


class RayEngine:
    """One Ray task for each run.

    Every host sees this checkout, its environment and the store at the same paths.
    """

    def __init__(self, address: str, at_once: int | None, cores: int):
        """Connects.

        Args:
          address: `auto`, `HOST:PORT`, `ray://HOST:PORT`, or `local` for a cluster of this machine alone.
          at_once: runs at a time; None: as many as the cores of the cluster allow. With `local`, it is its size.
          cores: of each run.

        Raises:
          UsageError: if Ray is not installed, or the cluster does not answer.
        """
        try:
            import ray
        except ImportError:
            raise UsageError(
                'a study on a cluster needs Ray; install it with: pip install -c requirements.lock -e ".[cluster]"'
            ) from None
        self._ray: Any = ray
        own: dict[str, Any] = {"address": address}
        if address == LOCAL:
            own |= {"num_cpus": cores * at_once if at_once else None, "include_dashboard": False}
        try:
            ray.init(**own, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            raise UsageError(
                f"--cluster {address}: no Ray cluster answers ({' '.join(str(error).split())}); start one with `ray "
                f"start --head` and give its HOST:PORT, or use {LOCAL}"
            ) from None
        self._cores, self._at_once = cores, at_once
        self._waiting: list[Job] = []
        self._open: dict[Any, Job] = {}

    def start(self, jobs: Sequence[Job]) -> None:
        self._waiting += jobs
        self._fill()

    def ended(self, timeout_s: float) -> list[Ended]:
        done, _ = self._ray.wait(list(self._open), num_returns=1, timeout=timeout_s)
        found = [Ended(job := self._open.pop(each), self._failure(job, each)) for each in done]
        self._fill()
        return found

    def stop(self) -> None:
        self._waiting.clear()
        for each in self._open:
            self._ray.cancel(each)  # raises KeyboardInterrupt in the task, which ends its process
        if self._open:
            self._ray.wait(list(self._open), num_returns=len(self._open), timeout=_SAVES_WITHIN_S)
        self._ray.shutdown()

    def _fill(self) -> None:
        task = self._ray.remote(num_cpus=self._cores, max_retries=_RETRIES)(_task)
        while self._waiting and (self._at_once is None or len(self._open) < self._at_once):
            job = self._waiting.pop(0)
            self._open[task.options(name=job.name).remote(job, self._cores)] = job

    def _failure(self, job: Job, done: Any) -> str | None:
        try:
            return self._ray.get(done)
        except self._ray.exceptions.RayError as error:
            return f"{job.name}: {' '.join(str(error).split())}"


def _task(job: Job, cores: int) -> str | None:
    """What a worker does: the failure as a sentence, or None."""
    try:
        work(job, cores, lambda: False)
    except Failed as error:
        return str(error)
    return None
