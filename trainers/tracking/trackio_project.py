"""Trackio (`--track trackio`): metrics, configuration and films in a local database that `trackio show` draws."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import trackio

from trainers.tracking.base import Run
from wildrobot.console import display
from wildrobot.errors import UsageError


class TrackioProject:
    """One run of a project: `TRACKIO_PROJECT`, or else `wildrobot`.

    The database lies in `TRACKIO_DIR`. Only `TRACKIO_SPACE_ID` or `TRACKIO_SERVER_URL` has Trackio send anything.
    """

    def __init__(self, run: Run):
        """Begins the run, or goes on with it.

        Raises:
          UsageError: if Trackio does not accept it.
        """
        project = os.environ.get("TRACKIO_PROJECT") or "wildrobot"
        try:
            with _quiet():
                self._run = trackio.init(
                    project=project,
                    # Trackio goes on by name, and two folders may have the same.
                    name=f"{run.name}-{run.id}",
                    resume="allow" if run.resumed else "never",
                    config={"trainer": run.trainer, **run.config},
                    embed=False,
                    auto_log_cpu=False,
                    auto_log_gpu=False,
                )
        except Exception as error:  # a database that cannot be written, a server that does not answer
            raise UsageError(
                f"--track trackio: {' '.join(str(error).split())}; choose a writable TRACKIO_DIR, and leave "
                "TRACKIO_SPACE_ID and TRACKIO_SERVER_URL out to send nothing"
            ) from None
        display().print(f'Trackio: see the curves with `trackio show --project "{project}"`', soft_wrap=True)

    def log(self, steps: int, figures: Mapping[str, float]) -> None:
        self._run.log(dict(figures), step=steps)

    def film(self, steps: int, path: Path) -> None:
        self._run.log({"film": trackio.Video(str(path), caption=f"{steps:,} steps")}, step=steps)

    def close(self) -> None:
        with _quiet():
            try:
                trackio.finish()
            except RuntimeError:  # in another thread than the one that began the run, Trackio knows of none
                self._run.finish()


@contextmanager
def _quiet() -> Iterator[None]:
    """Standard output is for results; Trackio would greet on it."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        yield
