"""The run folder: all that one training leaves behind."""

from __future__ import annotations

import json
import platform
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from trainers import inputs
from trainers.filming import Filmer
from trainers.kept import CONFIG, PROVENANCE, newest_copy, read_provenance, repair
from trainers.lock import LOCK, RunLock
from trainers.origin import training_record
from trainers.tracking import FILES_ONLY, MetricsLog, Run, TensorBoard, Tracker, Tracking, open_services
from trainers.versions import changed, versions
from trainers.warm_start import WarmStart
from wildrobot.config import dump_yaml
from wildrobot.errors import UsageError
from wildrobot.experiment import Experiment, load_experiment
from wildrobot.files import write_text
from wildrobot.policy import Policy
from wildrobot.records import commit, whole_lines

_METRICS = "metrics.jsonl"
_TIME = "%Y-%m-%dT%H:%M:%S%z"


class RunFolder:
    """Writes a run: `config.yaml`, `run.json`, `metrics.jsonl`, `tensorboard/`, `checkpoints/`, `policy.safetensors`.

    What `tracking` asks for comes besides: metrics at a service, and `films/`. No other process can write the folder
    until it is closed.

    Attributes:
      path: the folder, absolute.
      steps_before: environment steps behind the policy that the run starts from; 0 if it starts from nothing.
    """

    def __init__(
        self,
        path: Path,
        experiment: Experiment,
        *,
        trainer: str,
        start: WarmStart | None = None,
        clips: Sequence[str] = (),
        tracking: Tracking = FILES_ONLY,
    ):
        """Makes the folder and writes what is known before training.

        Args:
          path: of the folder.
          experiment: the effective configuration; its relative paths are written as absolute ones.
          trainer: what `--resume` will know the run by.
          start: the policy that training starts from.
          clips: of `amp`, where the training uses them.
          tracking: what else gets its metrics, and whether it is filmed.

        Raises:
          UsageError: if the folder exists and holds anything, or is in use, or cannot be made; nothing is overwritten.
            If a tracking service does not accept the run.
        """
        self.path = path.absolute()
        read = inputs.digests(experiment.env, clips)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            # Before the lock too, which would leave a file in somebody else's folder.
            self._check_empty(path)
        except OSError as error:
            raise UsageError(f"{path}: cannot be a run folder ({error.strerror}); choose another with --run") from None
        self._lock = RunLock(self.path, remedy="choose another folder with --run")
        try:
            self._check_empty(path)
            provenance: dict[str, Any] = {"trainer": trainer, "id": _new_id(), "started": time.strftime(_TIME)}
            provenance |= {"commit": commit()}
            provenance |= {"versions": versions() | {"python": platform.python_version()}, "inputs": read}
            if start is not None:
                info = start.policy.info
                provenance["started_from"] = {
                    "path": str(start.path),
                    "sha256": start.sha256,
                    "framework": info.framework,
                    "environment_steps": info.environment_steps,
                    "seed": info.seed,
                    "code_version": info.code_version,
                }
            experiment = inputs.with_absolute_paths(experiment)
            # Before anything is written: a service that refuses the run leaves an empty folder.
            services = self._services(tracking, experiment, provenance, resumed=False)
            self._write_provenance(provenance)
            self._open(experiment, provenance, services, tracking, already_s=0.0, purge_step=None)
        except BaseException:
            self._lock.close()
            raise

    @classmethod
    def reopened(
        cls, path: Path, experiment: Experiment, *, steps: int, lock: RunLock, tracking: Tracking = FILES_ONLY
    ) -> RunFolder:
        """A run that goes on after `steps`. What its log says of later steps, from before a crash, is dropped.

        Args:
          path: the run folder.
          experiment: its configuration from now on.
          steps: of the checkpoint that it goes on from.
          lock: of the folder; it is released when the run is closed.
          tracking: as of a new run; a service goes on with the run that it has.

        Raises:
          UsageError: if a tracking service does not accept the run.
        """
        run = cls.__new__(cls)
        run.path, run._lock = path.absolute(), lock
        provenance = read_provenance(run.path)
        provenance.setdefault("id", _new_id())  # older versions gave none
        experiment = inputs.with_absolute_paths(experiment)
        services = run._services(tracking, experiment, provenance, resumed=True)
        again = {"steps": steps, "started": time.strftime(_TIME), "commit": commit()}
        provenance["resumed"] = [*provenance.get("resumed", []), again]
        provenance.pop("completed", None)
        run._write_provenance(provenance)
        kept = [line for line in whole_lines(run.path / _METRICS) if line["steps"] <= steps]
        write_text(run.path / _METRICS, "".join(json.dumps(line) + "\n" for line in kept))
        run._open(
            experiment,
            provenance,
            services,
            tracking,
            already_s=kept[-1]["wall_s"] if kept else 0.0,
            purge_step=steps + 1,
        )
        return run

    def _write_provenance(self, provenance: Mapping[str, Any]) -> None:
        write_text(self.path / PROVENANCE, json.dumps(provenance, indent=2) + "\n")

    def _check_empty(self, path: Path) -> None:
        if any(entry.name != LOCK for entry in self.path.iterdir()):
            raise UsageError(f"{path}: already holds files, and nothing is overwritten; choose another with --run")

    def _services(
        self, tracking: Tracking, experiment: Experiment, provenance: Mapping[str, Any], *, resumed: bool
    ) -> list[Tracker]:
        config = experiment.model_dump(mode="json")
        run = Run(self.path, str(provenance["id"]), provenance["trainer"], config, resumed)
        return open_services(tracking.services, run)

    def _open(
        self,
        experiment: Experiment,
        provenance: dict[str, Any],
        services: Sequence[Tracker],
        tracking: Tracking,
        *,
        already_s: float,
        purge_step: int | None,
    ) -> None:
        self.steps_before: int = provenance.get("started_from", {}).get("environment_steps", 0)
        self._training = training_record(experiment.model_dump(mode="json"), provenance)
        write_text(self.path / CONFIG, dump_yaml(experiment))
        self._metrics = MetricsLog(self.path / _METRICS, already_s=already_s)
        board = TensorBoard(self.path / "tensorboard", purge_step=purge_step)
        self._trackers: list[Tracker] = [self._metrics, board, *services]
        self._filmer = None
        if tracking.film_every_s is not None:
            self._filmer = Filmer.where_possible(self.path / "films", tracking.film_every_s, self._filmed)

    @property
    def policy_path(self) -> Path:
        return self.path / "policy.safetensors"

    @property
    def checkpoints_path(self) -> Path:
        return self.path / "checkpoints"

    def log(self, steps: int, metrics: dict[str, float]) -> None:
        """Gives metrics to every tracker: a line of `metrics.jsonl`, TensorBoard, and the services.

        Raises:
          UsageError: if another process has taken the run over.
        """
        self.check_owned()
        for tracker in self._trackers:
            tracker.log(steps, metrics)
        if self._filmer is not None:
            self._filmer.poll()

    def described(self, policy: Policy) -> Policy:
        """The policy, saying how it was trained, so that it can be trained again from its file alone."""
        return policy.with_training(self._training)

    def save_policy(self, policy: Policy) -> None:
        """Replaces `policy.safetensors` atomically, and syncs the log to the disk."""
        self._metrics.sync()
        self.described(policy).save(self.policy_path)
        if self._filmer is not None:
            self._filmer.saved(self.policy_path, policy.info.environment_steps - self.steps_before)

    def complete(self, say: Callable[[str], None], skip: Callable[[], bool] = lambda: False) -> None:
        """Says that the training has reached its end, and waits for the film of what it has made, if films are made.

        `run.json` says so from then on (`completed`), until the run goes on.

        Args:
          say: prints a line.
          skip: whether the film is no longer waited for.
        """
        self._write_provenance(read_provenance(self.path) | {"completed": time.strftime(_TIME)})
        say(f"trained policy: {self.policy_path}")
        if self._filmer is not None:
            self._filmer.last(say, skip)

    def _filmed(self, steps: int, film: Path) -> None:
        for tracker in self._trackers:
            tracker.film(steps, film)

    def check_owned(self) -> None:
        """Refuses to go on if another process has taken the run over.

        Raises:
          UsageError: if one has.
        """
        self._lock.check()

    def close(self) -> None:
        try:
            if self._filmer is not None:
                self._filmer.close()
            for tracker in self._trackers:
                tracker.close()
        finally:
            self._lock.close()


def lock_run(path: Path, *, trainers: Sequence[str]) -> RunLock:
    """Locks a run that is to go on, and repairs files that a power cut has damaged.

    Raises:
      UsageError: for a folder that is no run, or one of another trainer, or that is in use.
    """
    if newest_copy(path, PROVENANCE) is None:
        _provenance(path, trainers)
    lock = RunLock(path.absolute(), remedy="wait for its end, or end it, before the run goes on")
    try:
        repair(path)
        _provenance(path, trainers)
    except BaseException:
        lock.close()
        raise
    return lock


def read_run(path: Path, overrides: Sequence[str], *, trainers: Sequence[str]) -> tuple[Experiment, Experiment, str]:
    """The configuration of a run, as its newest checkpoint had it and as it is to go on, and its trainer.

    Nothing is written. Where no checkpoint has kept the configuration, it is the run's own.

    Raises:
      UsageError: for a folder that is no run, or one of another trainer; for overrides that make no sense; where the
        run was trained with other versions of what it depends on.
    """
    provenance = _provenance(path, trainers)
    trainer: str = provenance["trainer"]
    then, now = provenance.get("versions", {}), versions()
    if others := changed(trainer, then):
        raise UsageError(
            f"{path}: was trained with {_listed(then, others)}, and here is {_listed(now, others)}; install what it "
            f'was trained with, or train into a new folder, from what this one has learned: --from "{path}"'
        )
    before = load_experiment(newest_copy(path, CONFIG) or path / CONFIG)
    return before, load_experiment(path / CONFIG, overrides), trainer


def check_inputs(path: Path, experiment: Experiment, clips: Sequence[str]) -> None:
    """Refuses a run whose robot or clips are no longer those that it was trained with.

    Args:
      path: the run folder.
      experiment: what is to go on.
      clips: of `amp`, where the training uses them.

    Raises:
      UsageError: for a file that has changed or is not there.
    """
    remedy = f'or train into a new folder, from what this one has learned: --from "{path}"'
    try:
        inputs.check_same(read_provenance(path).get("inputs", {}), inputs.digests(experiment.env, clips))
    except UsageError as error:
        raise UsageError(f"{path}: {error}, {remedy}") from None


def _provenance(path: Path, trainers: Sequence[str]) -> dict[str, Any]:
    """`run.json` of a run of one of these trainers."""
    provenance = read_provenance(path)
    trainer = provenance.get("trainer")
    if trainer not in trainers:
        raise UsageError(f"{path}: was trained by {trainer}, and here only {' or '.join(trainers)} runs can go on")
    return provenance


def _new_id() -> str:
    """A new id by which trackers know a run."""
    return secrets.token_hex(4)


def _listed(versions: Mapping[str, str | None], names: Sequence[str]) -> str:
    return ", ".join(f"{name} {versions[name] or '(none)'}" for name in names)
