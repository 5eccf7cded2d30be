"""A training that is under way in this process: what it says, and how it ends at a signal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

from trainers.progress import TrainingProgress
from trainers.run import RunFolder
from wildrobot.env import WildRobotEnv
from wildrobot.signals import Stop, noted


@dataclass(frozen=True)
class Session:
    """One training, from its start to its end.

    Attributes:
      run: what it writes.
      progress: what it shows.
      stop: whether it has been asked to end.
    """

    run: RunFolder
    progress: TrainingProgress
    stop: Stop
    _resume: str

    def complete(self) -> None:
        """Says that the training has reached its end."""
        self.run.complete(self.progress.say, skip=self.stop.is_set)

    def interrupted(self, save: Callable[[], None] | None) -> NoReturn:
        """Ends the process, after a checkpoint.

        Args:
          save: writes the checkpoint; None before the first update, when there is nothing to keep.
        """
        if save is None:
            self.progress.say("interrupted before the first update; nothing has been learned since the start")
        else:
            save()
            self.progress.say(f"interrupted; the policy so far is {self.run.policy_path}. Go on with: {self._resume}")
        raise SystemExit(self.stop.exit_code)


@contextmanager
def session(run: RunFolder, core: WildRobotEnv, trainer: str, total_steps: int) -> Iterator[Session]:
    """Shows the progress of a training and notes signals while the block trains.

    Args:
      run: what it writes.
      core: what the robots are.
      trainer: the command that resumes it, `python -m trainers <trainer>`.
      total_steps: environment steps at its end.
    """
    progress, resume = TrainingProgress(total_steps), f'python -m trainers {trainer} --resume "{run.path}"'

    def late() -> None:
        progress.say(f"interrupted in the middle of an update; go on from the last checkpoint: {resume}")

    with progress, noted(late=late) as stop:
        progress.say(f"training on {core.physics.name} physics into {run.path}; Ctrl-C saves and stops")
        yield Session(run, progress, stop, resume)
