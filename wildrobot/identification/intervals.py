"""95 % intervals of what was fitted, from samples of what the readings leave possible.

Near the best fit the residuals are bent and have steps (dry friction holds, a reading falls before or after a command),
so the curvature there is no measure of what else would fit. Sampled is the probability of the parameters given the
readings, with the size of the noise integrated out: normal noise, and the widths of `parameters.ROWS` before any
reading. The sampler is population Monte Carlo (Cappé et al. 2004): draws from a t distribution, weighted, from whose
weighted mean and covariance the next ones are drawn.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from wildrobot.identification import parameters

_TOLD = 1.0 / 3.0
"""A log tells a parameter if it leaves less than this of the width of what was expected before."""
_ROUNDS, _DRAWS, _LAST_DRAWS = 7, 300, 1500
_FREEDOM = 5.0
"""Degrees of freedom of the t distribution: its tails are wider than those of what it is to cover."""
_ENOUGH = 80.0
"""Effective draws from which a covariance is estimated; with fewer, weights are levelled until there are as many."""


class Intervals(NamedTuple):
    """Median and interval of each parameter, in the order of `parameters.ROWS` and in units of their scales.

    Attributes:
      middle: the median of what is possible.
      low, high: bounds of the 95 % interval.
      told: whether the logs tell the parameter, or the interval is mostly what was expected before.
    """

    middle: Float[np.ndarray, " parameters"]
    low: Float[np.ndarray, " parameters"]
    high: Float[np.ndarray, " parameters"]
    told: Bool[np.ndarray, " parameters"]


def intervals(
    residual: Callable[[np.ndarray], np.ndarray], x: Float[np.ndarray, " parameters"], starts: Sequence[int]
) -> Intervals:
    """Intervals around the best fit.

    Where errors hang together in time, they are wider by the ratio between the sandwich covariance of Newey and West
    (1987), which holds for such errors, and the usual one.

    Args:
      residual: of candidates, one per column: those of the readings [noise], then those of the parameters.
      x: the best fit.
      starts: where the readings of each log start among the residuals, and where the last ones end.
    """
    covariance, wider = _near(residual, x, starts)
    draws, weights = _sample(residual, x, covariance, starts[-1])
    mean = weights @ draws
    deviation = np.sqrt(weights @ np.square(draws - mean)) * wider
    middle, low, high = (_quantile(draws, weights, share) for share in (0.5, 0.025, 0.975))
    rows = parameters.ROWS
    return Intervals(
        middle=middle,
        low=np.maximum(middle - (middle - low) * wider, [row.low for row in rows]),
        high=np.minimum(middle + (high - middle) * wider, [row.high for row in rows]),
        told=deviation < _TOLD * parameters.WIDTHS,
    )


def _sample(
    residual: Callable[[np.ndarray], np.ndarray],
    x: Float[np.ndarray, " parameters"],
    covariance: Float[np.ndarray, "parameters parameters"],
    readings: int,
) -> tuple[Float[np.ndarray, "draws parameters"], Float[np.ndarray, " draws"]]:
    """Draws and their weights, which sum to 1."""
    rng = np.random.default_rng(0)
    mean = x.copy()
    draws, weights = x[None], np.ones(1)
    for round_ in range(_ROUNDS):
        count = _LAST_DRAWS if round_ == _ROUNDS - 1 else _DRAWS
        draws, log_density = _draw(rng, mean, covariance, count)
        log_weight = _log_probability(residual, draws, readings) - log_density
        weights = _levelled(log_weight, _ENOUGH)
        mean = weights @ draws
        off = draws - mean
        covariance = (off * weights[:, None]).T @ off + 1e-9 * np.eye(len(x))
    return draws, weights


def _draw(
    rng: np.random.Generator,
    mean: Float[np.ndarray, " parameters"],
    covariance: Float[np.ndarray, "parameters parameters"],
    count: int,
) -> tuple[Float[np.ndarray, "draws parameters"], Float[np.ndarray, " draws"]]:
    """Draws of a t distribution of this mean and spread, and the logarithm of its density but for a constant."""
    root = np.linalg.cholesky(covariance)
    size = rng.chisquare(_FREEDOM, (count, 1)) / _FREEDOM
    standard = rng.standard_normal((count, len(mean))) / np.sqrt(size)
    distance = np.sum(np.square(standard), axis=1)
    return mean + standard @ root.T, -0.5 * (_FREEDOM + len(mean)) * np.log1p(distance / _FREEDOM)


def _log_probability(
    residual: Callable[[np.ndarray], np.ndarray], draws: Float[np.ndarray, "draws parameters"], readings: int
) -> Float[np.ndarray, " draws"]:
    rows = parameters.ROWS
    low, high = np.array([row.low for row in rows]), np.array([row.high for row in rows])
    possible = np.all((draws >= low) & (draws <= high), axis=1)
    squares = np.square(residual(np.clip(draws, low, high).T))
    # The noise integrated out; the residuals are in units of what is left by the best fit.
    free = max(readings - len(rows), 1)
    probability = -0.5 * readings * np.log1p((np.sum(squares[:readings], axis=0) - free) / free)
    return np.where(possible, probability - 0.5 * np.sum(squares[readings:], axis=0), -np.inf)


def _levelled(log_weight: Float[np.ndarray, " draws"], enough: float) -> Float[np.ndarray, " draws"]:
    """Weights that sum to 1, levelled by a power below 1 where few draws would carry nearly all the weight."""
    power, weights = 1.0, np.ones(0)
    for _ in range(30):
        weights = np.exp(power * (log_weight - np.max(log_weight)))
        weights /= weights.sum()
        if 1.0 / np.sum(np.square(weights)) >= enough:
            break
        power *= 0.8
    return weights


def _quantile(
    draws: Float[np.ndarray, "draws parameters"], weights: Float[np.ndarray, " draws"], share: float
) -> Float[np.ndarray, " parameters"]:
    order = np.argsort(draws, axis=0)
    reached = np.cumsum(weights[order], axis=0) - 0.5 * weights[order]
    ordered = np.take_along_axis(draws, order, axis=0)
    return np.array([np.interp(share, reached[:, i], ordered[:, i]) for i in range(draws.shape[1])])


def _near(
    residual: Callable[[np.ndarray], np.ndarray], x: Float[np.ndarray, " parameters"], starts: Sequence[int]
) -> tuple[Float[np.ndarray, "parameters parameters"], Float[np.ndarray, " parameters"]]:
    """The covariance that the slopes at the best fit give, and how much wider errors that hang together make it."""
    readings = starts[-1]
    jacobian = _jacobian(residual, x)
    left = residual(x[:, None])[:readings, 0]
    inverse = np.linalg.inv(jacobian.T @ jacobian)
    scores = jacobian[:readings] * left[:, None]
    middle = jacobian[readings:].T @ jacobian[readings:]
    for start, end in itertools.pairwise(starts):
        middle += _long_run(scores[start:end])
    sandwich = inverse @ (middle * readings / max(readings - len(x), 1)) @ inverse
    return inverse, np.sqrt(np.maximum(np.diag(sandwich) / np.diag(inverse), 1.0))


def _long_run(scores: Float[np.ndarray, "readings parameters"]) -> Float[np.ndarray, "parameters parameters"]:
    """Sum of the scores' covariances over lags, with Bartlett's weights."""
    lags = int(4 * (len(scores) / 100) ** (2 / 9)) + 1
    total = scores.T @ scores
    for lag in range(1, lags + 1):
        across = scores[lag:].T @ scores[:-lag]
        total += (1 - lag / (lags + 1)) * (across + across.T)
    return total


def _jacobian(
    residual: Callable[[np.ndarray], np.ndarray], x: Float[np.ndarray, " parameters"]
) -> Float[np.ndarray, "residuals parameters"]:
    """From the smaller one of the differences to either side: the residuals may jump or stop changing close by."""
    rows, columns = parameters.ROWS, np.arange(len(x))
    step = 0.01 * np.maximum(np.abs(x), 0.5)
    low, high = np.array([row.low for row in rows]), np.array([row.high for row in rows])
    points = np.repeat(x[:, None], 2 * len(x), axis=1)
    points[columns, columns] += np.where(x + step > high, -step, step)
    points[columns, columns + len(x)] -= np.where(x - step < low, -step, step)
    moved = points - x[:, None]
    slopes = (residual(points) - residual(x[:, None])) / np.concatenate([np.diag(moved), np.diag(moved[:, len(x) :])])
    up, down = slopes[:, : len(x)], slopes[:, len(x) :]
    return np.where(np.linalg.norm(up, axis=0) <= np.linalg.norm(down, axis=0), up, down)
