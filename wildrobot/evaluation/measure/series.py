"""What is drawn of a case: curves over time, paths, foot contacts, servos. Rounded, since it goes into a page."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from wildrobot.evaluation.measure import metrics
from wildrobot.evaluation.measure.steps import CONTACT_N
from wildrobot.evaluation.play.episodes import Episodes

CURVE_HZ = 5.0
PATHS = 16
"""Episodes whose paths are drawn."""
CONTACTS_S = 3.0
"""What the gait diagram spans [s]."""
SMOOTH_S = 0.7
"""Speeds are averaged over about a gait cycle: within a step, the base of any biped speeds up and slows down."""


def of(played: Episodes) -> dict[str, Any]:
    """Everything that is drawn of one case."""
    period, every = played.control_period_s, max(1, round(1.0 / (CURVE_HZ * played.control_period_s)))
    times = np.arange(len(played.alive)) * period
    return {
        "time_s": _rounded(times[::every]),
        "speed_along": _band(smoothed(_speed_along(played), played.alive, period)[::every]),
        "paths": _paths(played, every),
        "contacts": _contacts(played),
        "actuators": _actuators(played),
    }


def smoothed(
    values: Float[np.ndarray, "T E"], alive: Bool[np.ndarray, "T E"], period_s: float
) -> Float[np.ndarray, "T E"]:
    """Moving means of 0.7 s that look back; NaN after a fall."""
    width = max(1, round(SMOOTH_S / period_s))
    total = np.cumsum(values, axis=0, dtype=np.float64)
    total[width:] = total[width:] - total[:-width]
    count = np.minimum(np.arange(1, len(total) + 1), width)
    return np.where(alive, total / count[:, None], np.nan)


def percentiles(values: Float[np.ndarray, "T E"], which: tuple[float, ...]) -> Float[np.ndarray, "which T"]:
    """Over the episodes that are still alive; NaN where there is none."""
    result = np.full((len(which), len(values)), np.nan)
    some = np.isfinite(values).any(axis=1)
    result[:, some] = np.nanpercentile(values[some], which, axis=1)
    return result


def contact_bars(load_N: Float[np.ndarray, " T"], first: int, last: int, period_s: float) -> list[tuple[float, float]]:
    """Start and end [s] of each time on the ground within the samples `first` to `last`."""
    ground = np.flatnonzero(load_N[first : last + 1] > CONTACT_N) + first
    runs = np.split(ground, np.flatnonzero(np.diff(ground) > 1) + 1)
    return [(float(run[0] * period_s), float((run[-1] + 1) * period_s)) for run in runs if len(run)]


def _speed_along(played: Episodes) -> Float[np.ndarray, "T E"]:
    """Velocity in the heading frame, along the commanded direction."""
    angle = np.arctan2(played.command[1], played.command[0])
    return played.velocity_m_per_s[..., 0] * np.cos(angle) + played.velocity_m_per_s[..., 1] * np.sin(angle)


def _band(values: Float[np.ndarray, "T E"]) -> dict[str, list[float | None]]:
    low, median, high = percentiles(values, (10.0, 50.0, 90.0))
    return {"median": _rounded(median), "low": _rounded(low), "high": _rounded(high)}


def _paths(played: Episodes, every: int) -> list[list[list[float | None]]]:
    path = metrics.path_from_start(played.position_m, played.heading_rad, played.command)
    path = np.where(played.alive[..., None], path, np.nan)[::every]
    return [[_rounded(path[:, index, axis]) for axis in (0, 1)] for index in range(min(PATHS, path.shape[1]))]


def _contacts(played: Episodes) -> dict[str, Any]:
    """Of the first episode: the three seconds around its middle."""
    period, end = played.control_period_s, int(played.alive[:, 0].sum()) - 1
    half = round(CONTACTS_S / 2 / period)
    first = max(0, end // 2 - half)
    last = min(end, first + 2 * half)
    bars = {
        side: [[round(start, 3), round(stop, 3)] for start, stop in contact_bars(load, first, last, period)]
        for side, load in zip(("left", "right"), played.foot_load_N[:, 0].T, strict=True)
    }
    return {"period_s": period, **bars}


def _actuators(played: Episodes) -> dict[str, Any]:
    robot = played.robot
    summary = metrics.actuators(
        played.torque_Nm, played.joint_velocity_rad_per_s, played.alive, robot.torque_limit_Nm,
        robot.no_load_speed_rad_per_s,
    )  # fmt: skip
    return {
        "names": list(robot.joint_names),
        **{name: _rounded(values) for name, values in summary._asdict().items()},
        "torque_limit_Nm": robot.torque_limit_Nm.tolist(),
        "no_load_speed_rad_per_s": robot.no_load_speed_rad_per_s,
    }


def _rounded(values: Float[np.ndarray, " T"]) -> list[float | None]:
    return [round(float(value), 4) if np.isfinite(value) else None for value in values]
