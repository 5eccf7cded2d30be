"""The run folder: all that one training leaves behind."""

from __future__ import annotations

import json
import platform
import subprocess
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from tensorboardX import SummaryWriter

from wildrobot import __version__
from wildrobot.config import Experiment, dump_yaml, load_experiment
from wildrobot.errors import UsageError
from wildrobot.policy import Policy

_VERSIONS_OF = ("jax", "jaxlib", "brax", "stable-baselines3", "torch", "gymnasium", "mujoco", "mujoco-mjx", "numpy")
_CONFIG, _PROVENANCE, _METRICS = "config.yaml", "run.json", "metrics.jsonl"


class RunFolder:
    """Writes a run: `config.yaml`, `run.json`, `metrics.jsonl`, `tensorboard/`, `checkpoints/`, `policy.safetensors`.

    Attributes:
      path: the folder, absolute.
    """

    def __init__(self, path: Path, experiment: Experiment, *, trainer: str):
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
        provenance = {"trainer": trainer, "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "commit": _commit()}
        provenance["versions"] = {name: _version(name) for name in _VERSIONS_OF} | {
            "wildrobot": __version__,
            "python": platform.python_version(),
        }
        (self.path / _PROVENANCE).write_text(json.dumps(provenance, indent=2) + "\n", encoding="utf-8")
        self._open(experiment, already_s=0.0)

    @classmethod
    def reopened(cls, path: Path, overrides: Sequence[str], *, trainer: str) -> tuple[RunFolder, Experiment]:
        """A run to go on with: new lines are added to its log, and its configuration is changed by the overrides.

        Raises:
          UsageError: for a folder that is no run, or one of another trainer.
        """
        run = cls.__new__(cls)
        run.path = path.absolute()
        try:
            provenance = json.loads((run.path / _PROVENANCE).read_text(encoding="utf-8"))
            *_, last = (run.path / _METRICS).read_text(encoding="utf-8").splitlines() or ["{}"]
        except (OSError, ValueError):
            raise UsageError(f"{path}: is no run folder; give one that training has made") from None
        if provenance.get("trainer") != trainer:
            raise UsageError(f"{path}: was trained by {provenance.get('trainer')}, and only {trainer} runs can go on")
        experiment = load_experiment(run.path / _CONFIG, overrides)
        run._open(experiment, already_s=json.loads(last).get("wall_s", 0.0))
        return run, experiment

    def _open(self, experiment: Experiment, *, already_s: float) -> None:
        (self.path / _CONFIG).write_text(dump_yaml(experiment), encoding="utf-8")
        self._metrics = (self.path / _METRICS).open("a", encoding="utf-8")
        self._board = SummaryWriter(str(self.path / "tensorboard"))
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


def _version(distribution: str) -> str | None:
    """None where it is not installed, as the other trainer's framework may be."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The commit of the source tree, `+` where it has changes; None where the code is not a git checkout."""
    here = Path(__file__).parent
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--dirty=+"],
            cwd=here,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return described.stdout.strip()
