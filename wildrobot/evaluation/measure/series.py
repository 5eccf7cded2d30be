"""The data drawn for a case: curves over time, paths, foot contacts, servos. Rounded, since it goes into a page."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from wildrobot.evaluation.measure.metrics.effort import SATURATED
from wildrobot.evaluation.measure.metrics.tracking import path_from_start
from wildrobot.evaluation.measure.steps import CONTACT_N
from wildrobot.evaluation.play.episodes import Episodes
from wildrobot.evaluation.record import Number, Record

CURVE_HZ = 5.0
PATHS = 16
"""Episodes whose paths are drawn."""
CONTACTS_S = 3.0
"""What the gait diagram spans [s]."""
SMOOTH_S = 0.7
"""Speeds are averaged over about a gait cycle: within a step, the base of any biped speeds up and slows down."""

Curve = tuple[Number, ...]


class Band(Record):
    """Over the episodes that have not fallen yet, one entry per time: the median, and the 10th and 90th percentile."""

    median: Curve
    low: Curve
    high: Curve


class Contacts(Record):
    """When each foot of the first episode was on the ground, over a window of some seconds."""

    period_s: float
    left: tuple[tuple[float, float], ...]
    """Start and end [s] of each contact."""
    right: tuple[tuple[float, float], ...]


class Actuators(Record):
    """Per actuator, in the hardware's order, over all samples of all episodes that are alive."""

    names: tuple[str, ...]
    torque_mean_Nm: Curve
    """Mean absolute torque."""
    torque_p95_Nm: Curve
    """95th percentile of the absolute torque."""
    saturated_fraction: Curve
    """Fraction of the samples above 95 % of the torque limit."""
    speed_p95_rad_per_s: Curve
    """95th percentile of the absolute velocity."""
    overspeed_fraction: Curve
    """Fraction of the samples above the servo's no-load speed."""
    torque_limit_Nm: tuple[float, ...]
    """Where the servo saturates."""
    no_load_speed_rad_per_s: float
    """The speed of the servo without load at its nominal voltage."""


class Series(Record):
    """What the curves are drawn from."""

    time_s: tuple[float, ...]
    speed_along: Band
    """Velocity [m/s] along the commanded direction, in the heading frame, averaged over about a gait cycle."""
    paths: tuple[tuple[Curve, Curve], ...]
    """Per episode: how far it has come along the first commanded direction, and to the left of it [m]; null once it has
    fallen."""
    contacts: Contacts
    actuators: Actuators


def series(e: Episodes) -> Series:
    """Everything that is drawn of one case."""
    every = max(1, round(1.0 / (CURVE_HZ * e.control_period_s)))
    times = np.arange(len(e.alive)) * e.control_period_s
    low, median, high = percentiles(
        smoothed(_speed_along(e), e.alive, e.control_period_s)[::every], (10.0, 50.0, 90.0)
    )  # fmt: skip
    return Series(
        time_s=tuple(round(float(time), 4) for time in times[::every]),
        speed_along=Band(median=_rounded(median), low=_rounded(low), high=_rounded(high)),
        paths=_paths(e, every),
        contacts=_contacts(e),
        actuators=actuators(e),
    )


def actuators(e: Episodes) -> Actuators:
    """What each servo does."""
    robot = e.robot
    torque, speed = np.abs(e.torque_Nm[e.alive]).T, np.abs(e.joint_velocity_rad_per_s[e.alive]).T
    return Actuators(
        names=robot.joint_names,
        torque_mean_Nm=_rounded(torque.mean(axis=1, dtype=np.float64)),
        torque_p95_Nm=_rounded(np.percentile(torque, 95.0, axis=1)),
        saturated_fraction=_rounded((torque > SATURATED * robot.torque_limit_Nm[:, None]).mean(axis=1)),
        speed_p95_rad_per_s=_rounded(np.percentile(speed, 95.0, axis=1)),
        overspeed_fraction=_rounded((speed > robot.no_load_speed_rad_per_s).mean(axis=1)),
        torque_limit_Nm=tuple(robot.torque_limit_Nm.tolist()),
        no_load_speed_rad_per_s=robot.no_load_speed_rad_per_s,
    )


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
    """Percentiles over the episodes that are still alive; NaN where none is."""
    result = np.full((len(which), len(values)), np.nan)
    some = np.isfinite(values).any(axis=1)
    result[:, some] = np.nanpercentile(values[some], which, axis=1)
    return result


def contact_bars(load_N: Float[np.ndarray, " T"], first: int, last: int, period_s: float) -> list[tuple[float, float]]:
    """Start and end [s] of each time on the ground within the samples `first` to `last`."""
    ground = np.flatnonzero(load_N[first : last + 1] > CONTACT_N) + first
    runs = np.split(ground, np.flatnonzero(np.diff(ground) > 1) + 1)
    return [(float(run[0] * period_s), float((run[-1] + 1) * period_s)) for run in runs if len(run)]


def _speed_along(e: Episodes) -> Float[np.ndarray, "T E"]:
    """Velocity in the heading frame, along the commanded direction."""
    angle = np.arctan2(e.command[1], e.command[0])
    return e.velocity_m_per_s[..., 0] * np.cos(angle) + e.velocity_m_per_s[..., 1] * np.sin(angle)


def _paths(e: Episodes, every: int) -> tuple[tuple[Curve, Curve], ...]:
    path = np.where(e.alive[..., None], path_from_start(e), np.nan)[::every]
    return tuple(
        (_rounded(path[:, index, 0]), _rounded(path[:, index, 1])) for index in range(min(PATHS, path.shape[1]))
    )


def _contacts(e: Episodes) -> Contacts:
    """The contacts of the first episode in the three seconds around its middle."""
    period, end = e.control_period_s, int(e.alive[:, 0].sum()) - 1
    half = round(CONTACTS_S / 2 / period)
    first = max(0, end // 2 - half)
    last = min(end, first + 2 * half)
    left, right = (
        tuple((round(start, 3), round(stop, 3)) for start, stop in contact_bars(load, first, last, period))
        for load in e.foot_load_N[:, 0].T
    )
    return Contacts(period_s=period, left=left, right=right)


def _rounded(values: Float[np.ndarray, " T"]) -> Curve:
    return tuple(round(float(value), 4) if np.isfinite(value) else None for value in values)
