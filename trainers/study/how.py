"""How a study is done: where its files lie, and who does the work."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from trainers.study.cluster import RayEngine
from trainers.study.engines import Engine, LocalEngine
from wildrobot.processors import available_threads


@dataclass(frozen=True)
class How:
    """What the command line says besides the study.

    Attributes:
      store: the folder of the runs of all studies.
      report: the folder of the page and the tables.
      at_once: runs at a time; None for as many as the cores allow.
      cluster: the address of a Ray cluster; None to train here.
      list_only: say what is done, and do nothing.
      train: whether to do what is left.
    """

    store: Path
    report: Path
    at_once: int | None = None
    cluster: str | None = None
    list_only: bool = False
    train: bool = True

    def runs_at_once(self, cores: int) -> int:
        """Runs of so many cores each that this machine does at a time."""
        return self.at_once or max(1, available_threads() // cores)


def engine(how: How, cores: int) -> Engine:
    """What trains and judges runs of so many cores each.

    Raises:
      UsageError: where the cluster cannot be used.
    """
    if how.cluster:
        return RayEngine(how.cluster, how.at_once, cores)
    at_once = how.runs_at_once(cores)
    return LocalEngine(at_once, max(1, available_threads() // at_once))
