"""How well a robot walks, as functions of recorded arrays.

T samples of E episodes, the first one at the start; `alive` is true up to, and not including, the sample of a fall.
Every figure is computed per episode from samples that are alive, and only then averaged, so that opposite errors do
not cancel. An episode that ended before a figure could be formed has NaN, and means leave it out.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Bool, Float, Int

SETTLE_S = 2.0
"""Speeds are measured from this time on: before it, a robot that starts from rest is still accelerating."""
SATURATED_SHARE = 0.95
"""A torque above this share of the servo's limit counts as saturated."""


def wilson_interval(successes: int, trials: int, z: float = 1.959964) -> tuple[float, float]:
    """Confidence interval of a rate; z = 1.96 for 95 %.

    (p + z^2/2n +- z sqrt(p(1 - p)/n + z^2/4n^2)) / (1 + z^2/n)       Wilson (1927), J. Am. Stat. Assoc. 22, 209-212
    """
    p, zz = successes / trials, z * z / trials
    centre, half = p + zz / 2.0, z * math.sqrt(p * (1.0 - p) / trials + zz / (4.0 * trials))
    low, high = (centre - half) / (1.0 + zz), (centre + half) / (1.0 + zz)
    # At the ends the formula gives exactly 0 and 1; rounding must not say 0.9999.
    return (0.0 if successes == 0 else low), (1.0 if successes == trials else high)


def last_alive(alive: Bool[np.ndarray, "T E"]) -> Int[np.ndarray, " E"]:
    """Index of the last sample before the fall, or of the last sample."""
    return alive.sum(axis=0) - 1


def path_from_start(
    position_m: Float[np.ndarray, "T E 2"], heading_rad: Float[np.ndarray, "T E"], command: Float[np.ndarray, " 3"]
) -> Float[np.ndarray, "T E 2"]:
    """Way [m] from the start: along the commanded direction, and to the left of it.

    Both axes stay as they were at the start: x is the first heading turned by atan2(vy, vx) of the command.
    """
    angle = heading_rad[0] + math.atan2(command[1], command[0])
    way = position_m.astype(np.float64) - position_m[0]
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([c * way[..., 0] + s * way[..., 1], c * way[..., 1] - s * way[..., 0]], axis=-1)


def mean_speed_along(
    path_m: Float[np.ndarray, "T E 2"], alive: Bool[np.ndarray, "T E"], period_s: float, settle_s: float = SETTLE_S
) -> Float[np.ndarray, " E"]:
    """Mean speed [m/s] along the command from `settle_s` to the end: (x_end - x_settle) / (t_end - t_settle)."""
    first, end = round(settle_s / period_s), last_alive(alive)
    along = path_m[..., 0]
    if first >= len(along):
        return np.full(along.shape[1], np.nan)
    way = along[end, np.arange(along.shape[1])] - along[first]
    return np.where(end > first, way / np.maximum((end - first) * period_s, period_s), np.nan)


def speed_error(speed_along: Float[np.ndarray, " E"], command: Float[np.ndarray, " 3"]) -> Float[np.ndarray, " E"]:
    """|mean speed along the command - commanded speed| [m/s] of each episode."""
    return np.abs(speed_along - math.hypot(command[0], command[1]))


def lateral_drift_m(path_m: Float[np.ndarray, "T E 2"], alive: Bool[np.ndarray, "T E"]) -> Float[np.ndarray, " E"]:
    """Distance [m] at the end, to either side, from the line that the command asks for."""
    return np.abs(path_m[last_alive(alive), np.arange(path_m.shape[1]), 1])


def heading_drift_rad(
    heading_rad: Float[np.ndarray, "T E"],
    alive: Bool[np.ndarray, "T E"],
    command: Float[np.ndarray, " 3"],
    period_s: float,
) -> Float[np.ndarray, " E"]:
    """|heading at the end - heading at the start - commanded yaw rate x time| [rad], at most pi."""
    end = last_alive(alive)
    turned = heading_rad[end, np.arange(heading_rad.shape[1])] - heading_rad[0] - command[2] * period_s * end
    return np.abs((turned + math.pi) % (2.0 * math.pi) - math.pi)


def mean_horizontal_speed(
    velocity_m_per_s: Float[np.ndarray, "T E 2"],
    alive: Bool[np.ndarray, "T E"],
    period_s: float,
    settle_s: float = SETTLE_S,
) -> Float[np.ndarray, " E"]:
    """Mean of |v_xy| [m/s] of the base from `settle_s` to the end: swaying on the spot counts, too."""
    first = round(settle_s / period_s)
    speed, counted = np.linalg.norm(velocity_m_per_s[first:], axis=-1), alive[first:]
    count = counted.sum(axis=0)
    total = np.where(counted, speed, 0.0).sum(axis=0, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def torque_saturation(
    torque_Nm: Float[np.ndarray, "T E joints"],
    alive: Bool[np.ndarray, "T E"],
    limit_Nm: Float[np.ndarray, " joints"],
) -> float:
    """Share of all samples of all joints with |torque| > 95 % of the servo's limit."""
    saturated = np.abs(torque_Nm) > SATURATED_SHARE * limit_Nm
    return float(saturated[alive].mean())
