"""From samples in time to one number per episode.

The first of T samples is the start, and `alive` is true up to, and not including, the sample of a fall; samples that
are not alive mean nothing and never count. An episode that ended before a metric could be formed has NaN.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

from wildrobot.evaluation.play.episodes import Episodes

SETTLE_S = 2.0
"""Speeds and gaits are measured from this time on: before it, a robot that starts from rest is still accelerating."""


def last_alive(e: Episodes) -> Int[np.ndarray, " E"]:
    """Index of the last sample before the fall, or of the last sample."""
    return e.alive.sum(axis=0) - 1


def settled(e: Episodes) -> Bool[np.ndarray, "T E"]:
    """The samples that are alive, from 2 s on."""
    return e.alive & (np.arange(len(e.alive)) >= round(SETTLE_S / e.control_period_s))[:, None]


def mean_over_time(
    values: Float[np.ndarray, "T E *parts"], counted: Bool[np.ndarray, "T E *parts"]
) -> Float[np.ndarray, " E"]:
    """Mean of each episode's counted values, over time and parts; NaN where none is counted."""
    axes = (0, *range(2, values.ndim))
    return _quotient(np.where(counted, values, 0.0).sum(axes, dtype=np.float64), counted.sum(axes))


def percentile_over_time(
    values: Float[np.ndarray, "T E *parts"], e: Episodes, percent: float
) -> Float[np.ndarray, " E"]:
    """Percentile of each episode's values while alive, over time and parts, linear between neighbours."""
    ends = last_alive(e) + 1
    return np.array([np.percentile(values[:end, episode], percent) for episode, end in enumerate(ends)], np.float64)


def mean_per_episode(
    values: Float[np.ndarray, " events"], episode: Int[np.ndarray, " events"], episodes: int
) -> Float[np.ndarray, " {episodes}"]:
    """Mean of the values of each episode's events; NaN where there is none."""
    total = np.bincount(episode, weights=values, minlength=episodes)
    return _quotient(total.astype(np.float64), np.bincount(episode, minlength=episodes))


def median_per_episode(
    values: Float[np.ndarray, " events"], episode: Int[np.ndarray, " events"], episodes: int
) -> Float[np.ndarray, " {episodes}"]:
    """Median of the values of each episode's events; NaN where there is none."""
    ordered = values[np.lexsort((values, episode))].astype(np.float64)
    count = np.bincount(episode, minlength=episodes)
    first, some = np.cumsum(count) - count, count > 0
    median = np.full(episodes, np.nan)
    median[some] = (ordered[(first + (count - 1) // 2)[some]] + ordered[(first + count // 2)[some]]) / 2.0
    return median


def _quotient(total: Float[np.ndarray, " E"], count: Int[np.ndarray, " E"]) -> Float[np.ndarray, " E"]:
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
