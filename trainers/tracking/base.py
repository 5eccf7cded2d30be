"""What every tracker is, and how the failure of one is kept away from the training."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True)
class Run:
    """What a tracker says of a run.

    Attributes:
      folder: the run folder, absolute; it exists.
      id: of the run, the same when it goes on.
      trainer: what trains it.
      config: the effective configuration as plain values.
      resumed: whether the run goes on.
    """

    folder: Path
    id: str
    trainer: str
    config: dict[str, Any]
    resumed: bool

    @property
    def name(self) -> str:
        return self.folder.name


@runtime_checkable
class Tracker(Protocol):
    """Where metrics go. All trackers of a run get the same tags at the same environment steps of the run."""

    def log(self, steps: int, figures: Mapping[str, float]) -> None:
        """Takes the figures of one moment, by tag such as `episode/sum_reward`."""
        ...

    def film(self, steps: int, path: Path) -> None:
        """Takes a film (MP4) of the policy after so many steps; later ones may have been logged already."""
        ...

    def close(self) -> None:
        """Writes out what is still held."""
        ...


class Guarded:
    """A tracker that is given up when it fails, with one sentence; the training goes on."""

    def __init__(self, name: str, tracker: Tracker):
        self._name, self._tracker = name, tracker
        self._failed = False

    def log(self, steps: int, figures: Mapping[str, float]) -> None:
        self._do(lambda: self._tracker.log(steps, figures))

    def film(self, steps: int, path: Path) -> None:
        self._do(lambda: self._tracker.film(steps, path))

    def close(self) -> None:
        self._do(self._tracker.close)

    def _do(self, work: Callable[[], None]) -> None:
        if self._failed:
            return
        try:
            work()
        except Exception as error:  # of somebody else's code, which raises what it likes
            self._failed = True
            reason = " ".join(str(error).split()) or type(error).__name__
            print(
                f"{self._name} has failed ({reason}) and gets nothing more; the training goes on, and metrics.jsonl "
                "has all figures",
                file=sys.stderr,
            )
