"""The range of the learning curves of trainings that went well, to compare a new one with at equal steps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from wildrobot.evaluation.diagnose.evidence.run import Provenance, RunLog
from wildrobot.experiment import Experiment, load_experiment
from wildrobot.task.config import CommandConfig

FILE = Path(__file__).parent / "envelope.json"
METRICS = ("episode/length", "episode/vx_error_m_per_s", "episode/vy_error_m_per_s")
"""Metrics that no reward weight enters."""
_TRAINER = "brax-amp"
_EVERY_STEPS = 500_000
_RANGES = ("vx_m_per_s", "vy_m_per_s", "yaw_rate_rad_per_s")


@dataclass(frozen=True)
class Envelope:
    """Curves of trainings that went well.

    Attributes:
      steps: environment steps.
      least, most: of each of `METRICS` over the trainings, around those steps.
    """

    steps: Int[np.ndarray, " points"]
    least: Mapping[str, Float[np.ndarray, " points"]]
    most: Mapping[str, Float[np.ndarray, " points"]]


def envelope() -> Envelope:
    """Reads the shipped envelope. `benchmarks/envelope.py` makes it, and the file names the trainings."""
    tree = json.loads(FILE.read_text(encoding="utf-8"))
    least, most = ({name: np.array(tree[part][name], float) for name in METRICS} for part in ("least", "most"))
    return Envelope(np.array(tree["steps"]), least, most)


def why_not_comparable(experiment: Experiment, of: Provenance) -> str | None:
    """Why a training cannot be compared with the envelope; None if it can."""
    if of.trainer != _TRAINER:
        return f"they were trained by {_TRAINER}, and this one by {of.trainer}"
    if of.started_from_policy:
        return "they started from nothing, and this one from a policy"
    ours, theirs = experiment.env, load_experiment("walk").env
    if ours.robot != theirs.robot:
        return f"they are of the robot {theirs.robot}, and this one is of {ours.robot}"
    if ours.episode_steps != theirs.episode_steps:
        return f"their episodes have {theirs.episode_steps} steps, and this one's {ours.episode_steps}"
    if _asked(ours.task.command) != _asked(theirs.task.command):
        return "they were asked for other velocities (env.task.command)"
    return None


def windows(log: RunLog, metric: str) -> Float[np.ndarray, " points"]:
    """Means of a metric around 0.5, 1, 1.5 ... million steps, as far as the log reaches; NaN where it has none."""
    curve, points = log.curve(metric), grid_steps(log)
    if curve is None:
        return np.full(len(points), np.nan)
    near = np.abs(log.steps - points[:, None]) <= _EVERY_STEPS // 2
    known = near & np.isfinite(curve)
    total = np.where(known, curve, 0.0).sum(axis=1)
    return np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)


def grid_steps(log: RunLog) -> Int[np.ndarray, " points"]:
    """The points of `windows` that a log reaches."""
    return np.arange(_EVERY_STEPS, int(log.steps[-1]) + 1, _EVERY_STEPS)


def _asked(command: CommandConfig) -> list[tuple[float, float]]:
    return [getattr(command, name) for name in _RANGES]
