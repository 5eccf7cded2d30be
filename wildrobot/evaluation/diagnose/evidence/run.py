"""What a run folder holds: the log of its training, its policies, and what its trainer was set to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from wildrobot.errors import UsageError
from wildrobot.experiment import Experiment
from wildrobot.plugins import plugins
from wildrobot.policy import Policy
from wildrobot.records import TRAINER_FACTS, TrainerFacts, is_number, whole_lines

POLICY, CONFIG = "policy.safetensors", "config.yaml"


@dataclass(frozen=True)
class Settings:
    """What trainers are set to: the run's own, or without a run all that are installed."""

    trainers: tuple[TrainerFacts, ...]


@dataclass(frozen=True)
class Provenance:
    """Of a run: the trainer's name, and whether it started from a policy and not from nothing."""

    trainer: str
    started_from_policy: bool


@dataclass(frozen=True)
class RunLog:
    """The log of a training, line by line.

    Attributes:
      steps: environment steps.
      metrics: by name, NaN where a line has none.
      policy_steps: at which `policy.safetensors` was written.
    """

    steps: Int[np.ndarray, " lines"]
    metrics: Mapping[str, Float[np.ndarray, " lines"]]
    policy_steps: int

    def curve(self, *names: str) -> Float[np.ndarray, " lines"] | None:
        """The first of these metrics that the log has; None if it has none."""
        return next((self.metrics[name] for name in names if name in self.metrics), None)

    def late(self, curve: Float[np.ndarray, " lines"]) -> float:
        """Mean over the last quarter of the training."""
        last = curve[self.steps > 0.75 * self.steps[-1]]
        return float(np.nanmean(last)) if np.isfinite(last).any() else float("nan")


@dataclass(frozen=True)
class Policies:
    """The policy of a run, and those of its checkpoints, oldest first."""

    newest: Policy
    checkpoints: Sequence[Policy]


def settings(experiment: Experiment, of: Provenance | None) -> Settings:
    """What the trainer of a run is set to, or all trainers where there is none."""
    found = [facts for entry in plugins(TRAINER_FACTS) for facts in entry.load()(experiment)]
    return Settings(tuple(facts for facts in found if of is None or facts.trainer == of.trainer))


def provenance(run: Path) -> Provenance:
    """Reads `run.json`.

    Raises:
      UsageError: if it cannot be read.
    """
    try:
        tree = json.loads((run / "run.json").read_bytes())
        return Provenance(tree["trainer"], "started_from" in tree)
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            f"{run}: is no run folder, for its run.json cannot be read ({reason}); give one that training has made"
        ) from None


def run_log(run: Path, policy: Policy) -> RunLog | None:
    """Reads `metrics.jsonl`; None where it has no whole line."""
    lines = whole_lines(run / "metrics.jsonl")
    if not lines:
        return None
    names = sorted({name for line in lines for name in line})
    table = {
        name: np.array([line[name] if is_number(line.get(name)) else np.nan for line in lines], float) for name in names
    }
    return RunLog(np.array([line["steps"] for line in lines]), table, policy.info.environment_steps)


def policies(run: Path) -> Policies:
    """Reads the policies of a run.

    Raises:
      UsageError: if there is none that can be read.
    """
    return Policies(
        Policy.load(run / POLICY), tuple(Policy.load(path) for path in sorted(run.glob(f"checkpoints/*/{POLICY}")))
    )
