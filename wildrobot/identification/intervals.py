"""95 % intervals of what was fitted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import scipy.stats
from jaxtyping import Bool, Float

from wildrobot.identification import parameters

_TOLD = 1.0 / 3.0
"""A log tells a parameter if it leaves less than this of the width of what was expected before."""


class Intervals(NamedTuple):
    """Of each parameter in the order of `parameters.ROWS`, in its own unit.

    Attributes:
      low, high: bounds of the 95 % interval.
      told: whether the logs tell the parameter, or the interval is mostly what was expected before.
    """

    low: Float[np.ndarray, " parameters"]
    high: Float[np.ndarray, " parameters"]
    told: Bool[np.ndarray, " parameters"]


def intervals(
    residual: Callable[[np.ndarray], np.ndarray],
    x: Float[np.ndarray, " parameters"],
    starts: Sequence[int],
    scales: Float[np.ndarray, " parameters"],
) -> Intervals:
    """Intervals around the best fit.

    The covariance is that of a fit whose errors are independent, or, for each parameter that it makes less certain,
    the sandwich of Newey and West (1987), which holds for errors that hang together in time.

    Args:
      residual: of candidates, one per column: those of the readings [noise], then those of the parameters.
      x: the best fit, in units of `scales`.
      starts: where the readings of each log start among the residuals, and where the last ones end.
      scales: the unit of each parameter.
    """
    count, readings = len(x), starts[-1]
    jacobian = _jacobian(residual, x)
    left = residual(x[:, None])[:readings, 0]
    free = max(readings - count, 1)
    inverse = np.linalg.inv(jacobian.T @ jacobian)
    scores = jacobian[:readings] * left[:, None]
    middle = jacobian[readings:].T @ jacobian[readings:]
    for start, end in zip(starts[:-1], starts[1:], strict=True):
        middle += _long_run(scores[start:end])
    sandwich = inverse @ (middle * readings / free) @ inverse
    deviation = np.sqrt(np.maximum(np.diag(inverse), np.diag(sandwich)))
    half = deviation * scipy.stats.t.ppf(0.975, free)
    rows = parameters.ROWS
    low = np.maximum(x - half, [row.low for row in rows])
    high = np.minimum(x + half, [row.high for row in rows])
    return Intervals(low * scales, high * scales, deviation < _TOLD * parameters.WIDTHS)


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
    """Of the differences to either side, the smaller ones: the residuals may jump or stop changing close by.

    Steps are wide enough to average over stops by dry friction.
    """
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
