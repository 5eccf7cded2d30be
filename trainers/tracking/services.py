"""The tracking services that `--track` names, each an extra of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trainers.tracking.base import Guarded, Run, Tracker
from wildrobot import extras


def _wandb(run: Run) -> Tracker:
    from trainers.tracking.weights_and_biases import WeightsAndBiases

    return WeightsAndBiases(run)


def _trackio(run: Run) -> Tracker:
    from trainers.tracking.trackio_project import TrackioProject

    return TrackioProject(run)


SERVICES: dict[str, Callable[[Run], Tracker]] = {"wandb": _wandb, "trackio": _trackio}
"""The services, by the name of their package and extra."""


@dataclass(frozen=True)
class Tracking:
    """What is made of a training besides its files.

    Attributes:
      services: of `SERVICES`, that get its metrics and films.
      film_every_s: [s] between films of the newest checkpoint; None for no films.
    """

    services: tuple[str, ...] = ()
    film_every_s: float | None = None

    def check(self) -> None:
        """Refuses a service whose package is not installed, before anything is made.

        Raises:
          UsageError: if one is missing, with what to do.
        """
        for name in self.services:
            extras.require(f"--track {name}", extras.Extra(name, (name,)))


FILES_ONLY = Tracking()


def open_services(names: Sequence[str], run: Run) -> list[Tracker]:
    """Opens the services for a run.

    Raises:
      UsageError: for one that does not accept the run.
    """
    opened: list[Tracker] = []
    try:
        for name in dict.fromkeys(names):
            opened.append(Guarded(name, SERVICES[name](run)))
    except BaseException:
        for tracker in opened:
            tracker.close()
        raise
    return opened
