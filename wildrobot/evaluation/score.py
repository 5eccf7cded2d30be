"""The figures of one command, and the whole evaluation as programs read it (`--json`)."""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wildrobot.errors import UsageError
from wildrobot.evaluation import metrics, steps
from wildrobot.evaluation.rollout import Episodes
from wildrobot.evaluation.suite import Suite

SCHEMA, SCHEMA_VERSION = "wildrobot-evaluation", 1


@dataclass(frozen=True)
class CommandScore:
    """How well one command was followed. None: no episode has the figure, e.g. no step was made.

    Attributes:
      command: vx [m/s], vy [m/s], yaw rate [rad/s].
      episodes: how many were played.
      survived: how many of them ended on their feet.
      survival: their share.
      survival_interval: its Wilson interval, 95 %.
      speed_m_per_s: mean speed along the command, in the frame of the start, after 2 s.
      speed_error_m_per_s: mean over episodes of |speed along the command - commanded|.
      horizontal_speed_m_per_s: mean |v_xy| of the base after 2 s; on the command 0 it says how quiet the robot stands.
      lateral_drift_m: mean over episodes of the distance from the commanded line, at the end.
      heading_drift_rad: mean over episodes of |heading - commanded heading|, at the end.
      swings: number of complete swings of all episodes.
      foot_clearance_m: median over swings of the largest height of the sole's lowest corner.
      step_length_m: mean over steps.
      torque_saturation: share of joint samples above 95 % of the torque limit.
    """

    command: tuple[float, float, float]
    episodes: int
    survived: int
    survival: float
    survival_interval: tuple[float, float]
    speed_m_per_s: float | None
    speed_error_m_per_s: float | None
    horizontal_speed_m_per_s: float | None
    lateral_drift_m: float | None
    heading_drift_rad: float | None
    swings: int
    foot_clearance_m: float | None
    step_length_m: float | None
    torque_saturation: float


def score(played: Episodes, torque_limit_Nm: np.ndarray) -> CommandScore:
    """Scores recorded episodes; `torque_limit_Nm` is of each servo, shape (17,)."""
    command, period, alive = played.command, played.control_period_s, played.alive
    episodes, survived = alive.shape[1], int(alive[-1].sum())
    path = metrics.path_from_start(played.position_m, played.heading_rad, command)
    speed = metrics.mean_speed_along(path, alive, period)
    clearances = steps.swing_clearances_m(played.foot_load_N, played.foot_clearance_m, alive, period)
    lengths = steps.step_lengths_m(played.foot_load_N, played.foot_position_m, played.heading_rad, alive, period)
    return CommandScore(
        command=(float(command[0]), float(command[1]), float(command[2])),
        episodes=episodes,
        survived=survived,
        survival=survived / episodes,
        survival_interval=metrics.wilson_interval(survived, episodes),
        speed_m_per_s=_mean(speed),
        speed_error_m_per_s=_mean(metrics.speed_error(speed, command)),
        horizontal_speed_m_per_s=_mean(metrics.mean_horizontal_speed(played.velocity_m_per_s, alive, period)),
        lateral_drift_m=_mean(metrics.lateral_drift_m(path, alive)),
        heading_drift_rad=_mean(metrics.heading_drift_rad(played.heading_rad, alive, command, period)),
        swings=len(clearances),
        foot_clearance_m=float(np.median(clearances)) if len(clearances) else None,
        step_length_m=_mean(lengths),
        torque_saturation=metrics.torque_saturation(played.torque_Nm, alive, torque_limit_Nm),
    )


def as_json(
    *,
    policy: dict[str, Any],
    suite: Suite,
    scores: list[CommandScore],
    baseline: list[CommandScore] | None,
    gates: list[dict[str, Any]],
    notes: list[str],
) -> str:
    """The evaluation as JSON; the same evaluation gives the same text."""
    tree = {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "policy": policy,
        "suite": dataclasses.asdict(suite),
        "scores": [dataclasses.asdict(entry) for entry in scores],
        "baseline_hold_home": None if baseline is None else [dataclasses.asdict(entry) for entry in baseline],
        "gates": gates,
        "notes": notes,
    }
    return json.dumps(tree, indent=2, allow_nan=False) + "\n"


def write_text(path: Path, text: str) -> None:
    """Writes a text file in one go, so that nobody reads a part of it.

    Raises:
      UsageError: if it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}; choose a writable place") from None


def _mean(values: np.ndarray) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite.mean(dtype=np.float64)) if len(finite) else None
