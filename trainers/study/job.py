"""One run of a study: what is to be done for it, where its files lie, and how much of it is done."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from trainers.kept import PROVENANCE

_PACKAGE = __name__.removesuffix(".study.job")
"""`trainers`, and `wildrobot.trainers` where the wheel is installed."""

CANNOT_GO_ON = ("brax",)
"""Trainers whose runs begin anew: stock `ppo.train` keeps no state to resume from."""


def command_of(trainer: str) -> tuple[str, ...]:
    """The arguments of `python -m trainers` that start a trainer of a study: its command, and its option if any."""
    return ("sb3", "--amp") if trainer == "sb3-amp" else (trainer,)


@dataclass(frozen=True)
class Programs:
    """The command lines that do the work, without their arguments."""

    train: tuple[str, ...] = (sys.executable, "-m", _PACKAGE)
    judge: tuple[str, ...] = (sys.executable, "-m", "wildrobot.evaluation")
    style: tuple[str, ...] = (sys.executable, "-m", "wildrobot.evaluation.style")


@dataclass(frozen=True)
class Measurement:
    """What is measured of a policy.

    Attributes:
      kind: the folder of its results.
      address: of what they depend on besides the policy.
      program: the command line that takes a run folder, the arguments, and `--json FILE`.
      arguments: of this measurement.
    """

    kind: str
    address: str
    program: tuple[str, ...]
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Job:
    """One run. Plain values: a cluster sends it to another host.

    Attributes:
      name: for people, `<group>, seed <seed>`.
      trainer: as the study names it.
      key: the run folder's name, with the address of all that the training depends on.
      store: the folder of all runs, absolute.
      experiment: the effective configuration as YAML.
      code: the digest of the code that the study was planned with.
      programs: what trains.
      measurements: what is measured of the policy.
      after: the run whose training this one goes on with, in a folder of its own; None: it begins with nothing.
      on_resume: overrides for a run that goes on, as what it goes on with was to end earlier.
    """

    name: str
    trainer: str
    key: str
    store: Path
    experiment: str
    code: str
    programs: Programs
    measurements: tuple[Measurement, ...]
    after: Job | None = None
    on_resume: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """The run folder."""
        return self.store / "runs" / self.key

    @property
    def log(self) -> Path:
        """What the processes of the run have said."""
        return self.store / "logs" / f"{self.key}.log"

    @property
    def is_trained(self) -> bool:
        """Whether the training has reached its end."""
        try:
            said = json.loads((self.folder / PROVENANCE).read_bytes())
        except (OSError, ValueError):
            return False
        return isinstance(said, dict) and "completed" in said and self._policy.is_file()

    @property
    def has_begun(self) -> bool:
        return (self.folder / PROVENANCE).is_file()

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return self.is_trained and all(self.result(each).is_file() for each in self.measurements)

    def result(self, measurement: Measurement) -> Path:
        """The file of what was measured of the policy, which must be trained."""
        policy = hashlib.sha256(self._policy.read_bytes()).hexdigest()
        return self.store / measurement.kind / f"{self.key}-{policy[:8]}-{measurement.address}.json"

    @property
    def _policy(self) -> Path:
        return self.folder / "policy.safetensors"
