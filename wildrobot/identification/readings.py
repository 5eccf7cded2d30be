"""Which samples of a log are new readings: the bus reads a joint now and then, and the old value stays in between."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from wildrobot.identification.log import JointLog


class Bus(NamedTuple):
    """How a joint was read.

    Attributes:
      period_s: the usual time between two new readings.
      longest_s: the longest one in motion.
      mean_age_s, largest_age_s: of what the computer knew, over the samples between the first and the last reading.
      readings: how many there are.
    """

    period_s: float
    longest_s: float
    mean_age_s: float
    largest_age_s: float
    readings: int


def is_new(log: JointLog) -> Bool[np.ndarray, " samples"]:
    """The samples whose position or velocity differs from the sample before.

    The first sample is not new: nobody knows how old it is. A reading that equals the one before is taken for old.
    """
    changed = (np.diff(log.position_rad) != 0) | (np.diff(log.velocity_rad_per_s) != 0)
    return np.concatenate([[False], changed])


def compared(log: JointLog) -> Bool[np.ndarray, " samples"]:
    """The samples that a fit compares.

    They are the new readings. An encoder in coarse units reads the same again and again while a joint is held: there,
    where nothing depends on age, the log is sampled ten times per second instead.
    """
    new = is_new(log)
    if log.mode == "hold" and new.sum() < 10:
        return np.diff(np.floor(log.times_s / 0.1), prepend=0.0) > 0
    return new


def bus(log: JointLog) -> Bus | None:
    """How the joint was read; None if less than ten readings are new."""
    new = np.flatnonzero(is_new(log))
    if new.size < 10:
        return None
    gaps = np.diff(log.times_s[new])
    steps = np.rint(gaps / log.period_s).astype(int)
    usual = int(np.bincount(steps).argmax())
    # Readings that are equal by chance at rest look like a long gap: count those in motion only.
    moving = np.abs(np.diff(log.position_rad[new])) > 0.01
    last = np.maximum.accumulate(np.where(is_new(log), log.times_s, -np.inf))[new[0] : new[-1]]
    age = log.times_s[new[0] : new[-1]] - last
    return Bus(
        period_s=usual * log.period_s,
        longest_s=float(gaps[moving].max() if moving.any() else gaps.max()),
        mean_age_s=float(age.mean()),
        largest_age_s=float(age.max()),
        readings=int(new.size),
    )


def new_readings(log: JointLog) -> tuple[Float[np.ndarray, " readings"], Float[np.ndarray, " readings"]]:
    """Times [s] and positions [rad] to compare a fit with."""
    chosen = compared(log)
    return log.times_s[chosen], log.position_rad[chosen]
