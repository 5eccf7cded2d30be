"""The run folder: all that one training leaves behind."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from tensorboardX import SummaryWriter

from trainers.warm_start import WarmStart
from wildrobot import __version__
from wildrobot.config import dump_yaml
from wildrobot.errors import UsageError
from wildrobot.experiment import Experiment, load_experiment
from wildrobot.files import write_text
from wildrobot.policy import Policy
from wildrobot.records import commit, whole_lines

_VERSIONS_OF = ("jax", "jaxlib", "brax", "stable-baselines3", "torch", "gymnasium", "mujoco", "mujoco-mjx", "numpy")
_CONFIG, _PROVENANCE, _METRICS = "config.yaml", "run.json", "metrics.jsonl"
_TIME = "%Y-%m-%dT%H:%M:%S%z"


class RunFolder:
    """Writes a run: `config.yaml`, `run.json`, `metrics.jsonl`, `tensorboard/`, `checkpoints/`, `policy.safetensors`.

    Attributes:
      path: the folder, absolute.
      steps_before: environment steps behind the policy that the run starts from; 0 if it starts from nothing.
    """

    def __init__(self, path: Path, experiment: Experiment, *, trainer: str, start: WarmStart | None = None):
        """Makes the folder and writes what is known before training.

        Raises:
          UsageError: if the folder exists and holds anything, or cannot be made; nothing is overwritten.
        """
        self.path = path.absolute()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            taken = any(self.path.iterdir())
        except OSError as error:
            raise UsageError(f"{path}: cannot be a run folder ({error.strerror}); choose another with --run") from None
        if taken:
            raise UsageError(f"{path}: already holds files, and nothing is overwritten; choose another with --run")
        provenance: dict[str, Any] = {"trainer": trainer, "started": time.strftime(_TIME), "commit": commit()}
        provenance["versions"] = {name: _version(name) for name in _VERSIONS_OF} | {
            "wildrobot": __version__,
            "python": platform.python_version(),
        }
        if start is not None:
            info = start.policy.info
            provenance["started_from"] = {
                "path": str(start.path),
                "sha256": start.policy.sha256,
                "framework": info.framework,
                "environment_steps": info.environment_steps,
                "seed": info.seed,
                "code_version": info.code_version,
            }
        write_text(self.path / _PROVENANCE, json.dumps(provenance, indent=2) + "\n")
        self._open(experiment, provenance, already_s=0.0, purge_step=None)

    @classmethod
    def reopened(cls, path: Path, experiment: Experiment, *, steps: int) -> RunFolder:
        """A run that goes on after so many steps: what its log says of later ones, before a crash, is dropped."""
        run = cls.__new__(cls)
        run.path = path.absolute()
        provenance = json.loads((run.path / _PROVENANCE).read_text(encoding="utf-8"))
        again = {"steps": steps, "started": time.strftime(_TIME), "commit": commit()}
        provenance["resumed"] = [*provenance.get("resumed", []), again]
        write_text(run.path / _PROVENANCE, json.dumps(provenance, indent=2) + "\n")
        kept = [line for line in whole_lines(run.path / _METRICS) if line["steps"] <= steps]
        write_text(run.path / _METRICS, "".join(json.dumps(line) + "\n" for line in kept))
        run._open(experiment, provenance, already_s=kept[-1]["wall_s"] if kept else 0.0, purge_step=steps + 1)
        return run

    def _open(
        self, experiment: Experiment, provenance: dict[str, Any], *, already_s: float, purge_step: int | None
    ) -> None:
        self.steps_before: int = provenance.get("started_from", {}).get("environment_steps", 0)
        write_text(self.path / _CONFIG, dump_yaml(experiment))
        self._metrics = (self.path / _METRICS).open("a", encoding="utf-8")
        self._board = SummaryWriter(str(self.path / "tensorboard"), purge_step=purge_step)
        self._started = time.monotonic() - already_s

    @property
    def policy_path(self) -> Path:
        return self.path / "policy.safetensors"

    @property
    def checkpoints_path(self) -> Path:
        return self.path / "checkpoints"

    def log(self, steps: int, metrics: dict[str, float]) -> None:
        """Appends one line to `metrics.jsonl`, and the same figures to TensorBoard."""
        line = {"steps": steps, "wall_s": round(time.monotonic() - self._started, 3), **metrics}
        self._metrics.write(json.dumps(line) + "\n")
        self._metrics.flush()
        for name, value in metrics.items():
            self._board.add_scalar(name, value, steps)

    def save_policy(self, policy: Policy) -> None:
        """Replaces `policy.safetensors` in one stroke."""
        policy.save(self.policy_path)

    def close(self) -> None:
        self._metrics.close()
        self._board.close()


def read_run(path: Path, overrides: Sequence[str], *, trainers: Sequence[str]) -> tuple[Experiment, Experiment, str]:
    """The configuration of a run, as it was and as overrides change it, and its trainer. Nothing is written.

    Raises:
      UsageError: for a folder that is no run, or one of another trainer, and for overrides that make no sense.
    """
    try:
        trainer = json.loads((path / _PROVENANCE).read_text(encoding="utf-8")).get("trainer")
    except (OSError, ValueError, AttributeError, RecursionError):
        raise UsageError(f"{path}: is no run folder; give one that training has made") from None
    if trainer not in trainers:
        raise UsageError(f"{path}: was trained by {trainer}, and here only {' or '.join(trainers)} runs can go on")
    return load_experiment(path / _CONFIG), load_experiment(path / _CONFIG, overrides), trainer


def _version(distribution: str) -> str | None:
    """None where it is not installed, as the other trainer's framework may be."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
