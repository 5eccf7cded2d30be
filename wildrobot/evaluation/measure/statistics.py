"""How sure a figure is: 95 % intervals of rates and means, within a training run and across runs.

All intervals but Wilson's are percentile bootstraps (Efron and Tibshirani, An Introduction to the Bootstrap, 1993,
chapter 13): what was measured is drawn again, with replacement, many times, and the middle 95 % of the results are
the interval. The draws come from their own seed, so the same numbers give the same interval, to the bit.
NaN is "this episode has none": it is left out. What fewer than two numbers stand behind has no interval (NaN).

Few training runs give intervals that are too narrow. Of two groups of equally good runs, scores normal, 400 draws, the
interval of the difference leaves out 0 in 17 % of cases for 3 runs against 3, 5 to 9 % for 5 against 5, 4 to 6 % for
8 against 8, where 5 % would be right: below five runs, show the points, and call nothing significant.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

RESAMPLES = 2000
_LOW, _HIGH = 0.025, 0.975


class Estimate(NamedTuple):
    """A value and its 95 % interval; `n` is the count of independent numbers behind it. NaN where there is none."""

    value: float
    low: float
    high: float
    n: int


def wilson_interval(successes: int, trials: int, z: float = 1.959964) -> tuple[float, float]:
    """Confidence interval of a rate; z = 1.96 for 95 %.

    (p + z^2/2n +- z sqrt(p(1 - p)/n + z^2/4n^2)) / (1 + z^2/n)       Wilson (1927), J. Am. Stat. Assoc. 22, 209-212
    """
    p, zz = successes / trials, z * z / trials
    centre, half = p + zz / 2.0, z * math.sqrt(p * (1.0 - p) / trials + zz / (4.0 * trials))
    low, high = (centre - half) / (1.0 + zz), (centre + half) / (1.0 + zz)
    # At the ends the formula gives exactly 0 and 1; rounding must not say 0.9999.
    return (0.0 if successes == 0 else low), (1.0 if successes == trials else high)


def stratified_mean(
    strata: Sequence[Float[np.ndarray, "_ figures"]], *, seed: int = 0, resamples: int = RESAMPLES
) -> list[Estimate]:
    """Mean over strata, e.g. the cases of a suite, of the means over their episodes.

    Each stratum counts the same, however many episodes it has, and is drawn from for itself: differences between cases
    are no uncertainty. A stratum without any value of a figure does not count for it.
    """
    rng = np.random.default_rng(seed)
    means, counts = [], []
    for stratum in strata:
        present = np.isfinite(stratum)
        weights = _weights(rng, len(stratum), resamples)
        means.append(_quotient(weights @ np.where(present, stratum, 0.0), weights @ present))
        counts.append(present.sum(axis=0))
    results = _mean_over_first(np.array(means), np.array(counts) > 0)
    return [
        _estimate(results[:, i], certain=max(count) >= 2, n=sum(count))
        for i, count in enumerate(np.transpose(counts).tolist())
    ]


def paired_difference(
    first: Sequence[Float[np.ndarray, "_ figures"]],
    second: Sequence[Float[np.ndarray, "_ figures"]],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> list[Estimate]:
    """Mean of first - second, over strata and their episodes: episode i of both had the same start and the same chance.

    What the start made easy or hard for both cancels. A pair in which one has no value does not count.
    """
    differences = [a - b for a, b in zip(first, second, strict=True)]
    return stratified_mean(differences, seed=seed, resamples=resamples)


def iqm(scores: Float[np.ndarray, "runs tasks"], *, seed: int = 0, resamples: int = RESAMPLES) -> Estimate:
    """Interquartile mean over all runs and tasks: floor(n / 4) of the n scores are cut off at both ends.

    Agarwal et al. (2021), Deep RL at the Edge of the Statistical Precipice, arXiv:2108.13264, section 4.3.
    Whole runs are drawn. The paper draws the runs of each task for themselves, for there each (run, task) is a training
    of its own; here one training plays all tasks, and a lucky one is lucky in many: drawing the tasks apart would make
    the interval too narrow.
    """
    weights = _weights_of_runs([scores], seed, resamples)
    return _of_runs(_iqms(scores, weights[0]), [scores])


def iqm_difference(
    first: Float[np.ndarray, "runs1 tasks"],
    second: Float[np.ndarray, "runs2 tasks"],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Estimate:
    """Interquartile mean of the first group of runs - that of the second; whole runs are drawn within each group."""
    groups = [first, second]
    weights = _weights_of_runs(groups, seed, resamples)
    return _of_runs(_iqms(first, weights[0]) - _iqms(second, weights[1]), groups)


def probability_of_improvement(
    first: Float[np.ndarray, "runs1 tasks"],
    second: Float[np.ndarray, "runs2 tasks"],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Estimate:
    """How likely a run of the first group has a higher score than one of the second, on a task drawn by chance.

    Mean over tasks of U / (n m), where the Mann-Whitney U counts the pairs (x, y) with x > y, and ties one half
    (Agarwal et al. 2021, section 4.3). For a score that is better when lower, give both with a minus.
    """
    x, y = first[:, None].astype(np.float64), second[None].astype(np.float64)
    present = np.isfinite(x) & np.isfinite(y)
    wins = np.where(present, (x > y) + 0.5 * (x == y), 0.0)

    groups = [first, second]
    of_x, of_y = _weights_of_runs(groups, seed, resamples)
    won, pairs = (
        np.einsum("rx,xyt,ry->tr", of_x, table, of_y, optimize=True) for table in (wins, present.astype(np.float64))
    )
    compared = pairs[:, :1] > 0.0  # by the undrawn runs
    means = _mean_over_first(_quotient(won, pairs)[..., None], compared)
    return _of_runs(means[:, 0], groups)


def _weights(rng: np.random.Generator, count: int, resamples: int) -> Float[np.ndarray, "draws {count}"]:
    """How often each number is drawn: once each in row 0, the measurement itself, and by chance in the others.

    With weights, every resampled mean is part of one matrix product.
    """
    if not count:
        return np.zeros((resamples + 1, 0))
    drawn = rng.integers(count, size=(resamples, count)) + count * np.arange(resamples)[:, None]
    often = np.bincount(drawn.ravel(), minlength=resamples * count).reshape(resamples, count)
    return np.vstack([np.ones(count), often])


def _weights_of_runs(
    groups: Sequence[Float[np.ndarray, "_ tasks"]], seed: int, resamples: int
) -> list[Float[np.ndarray, "draws _"]]:
    rng = np.random.default_rng(seed)
    return [_weights(rng, len(scores), resamples) for scores in groups]


def _iqms(
    scores: Float[np.ndarray, "runs tasks"], weights: Float[np.ndarray, "draws runs"]
) -> Float[np.ndarray, " draws"]:
    """Interquartile means of the scores; each score counts as often as its run was drawn."""
    present = np.isfinite(scores)
    flat = scores[present].astype(np.float64)
    if not len(flat):
        return np.full(len(weights), np.nan)
    order = np.argsort(flat, kind="stable")
    rank = np.cumsum(weights[:, np.nonzero(present)[0][order]], axis=1)
    cut = rank[:, -1:] // 4
    kept = np.diff(np.clip(rank, cut, rank[:, -1:] - cut), axis=1, prepend=cut)
    return _quotient(kept @ flat[order], kept.sum(axis=1))


def _of_runs(results: Float[np.ndarray, " draws"], groups: Sequence[Float[np.ndarray, "_ tasks"]]) -> Estimate:
    runs = [int(np.isfinite(scores).any(axis=1).sum()) for scores in groups]
    return _estimate(results, certain=min(runs) >= 2, n=sum(runs))


def _estimate(results: Float[np.ndarray, " draws"], *, certain: bool, n: int) -> Estimate:
    """The first result is the measured one, the others are drawn; a draw that had no value (NaN) does not count."""
    drawn = results[1:][np.isfinite(results[1:])]
    if not certain or not len(drawn):
        return Estimate(float(results[0]), math.nan, math.nan, n)
    low, high = np.quantile(drawn, (_LOW, _HIGH))
    return Estimate(float(results[0]), float(low), float(high), n)


def _mean_over_first(
    means: Float[np.ndarray, "strata draws figures"], some: Bool[np.ndarray, "strata figures"]
) -> Float[np.ndarray, "draws figures"]:
    """Mean over the strata that have a value at all; NaN for a draw that missed one of them, and where none has."""
    return _quotient(np.where(some[:, None], means, 0.0).sum(axis=0), some.sum(axis=0).astype(np.float64)[None])


def _quotient(total: Float[np.ndarray, "*shape"], count: Float[np.ndarray, "*#shape"]) -> Float[np.ndarray, "*shape"]:
    return np.where(count > 0.0, total / np.maximum(count, 1.0), np.nan)
