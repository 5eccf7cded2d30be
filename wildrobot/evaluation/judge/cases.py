"""What one actor reached in one case: every figure of every episode, with its uncertainty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from wildrobot.evaluation.measure import series
from wildrobot.evaluation.measure.metrics.figures import FIGURES
from wildrobot.evaluation.measure.statistics import Estimate, stratified_mean, wilson_interval
from wildrobot.evaluation.play.case import Case
from wildrobot.evaluation.play.episodes import Episodes


@dataclass(frozen=True)
class CaseResult:
    """One case, played by one actor.

    Attributes:
      case: what was played.
      values: each figure of each episode, NaN where an episode has none, shape (E,).
      estimates: each figure over all episodes; NaN where none has it.
      series: what is drawn of it, see `series.of`.
    """

    case: Case
    values: Mapping[str, Float[np.ndarray, " E"]]
    estimates: Mapping[str, Estimate]
    series: dict[str, Any]


def judge(case: Case, played: Episodes) -> CaseResult:
    """Computes every figure of a case."""
    values = {figure.name: figure.of(played) for figure in FIGURES}
    return CaseResult(case, values, estimates([values]), series.of(played))


def estimates(strata: Sequence[Mapping[str, Float[np.ndarray, " E"]]]) -> dict[str, Estimate]:
    """Each figure over all episodes of several cases, each of which counts the same."""
    tables = [np.stack([each[figure.name] for figure in FIGURES], axis=1) for each in strata]
    found = dict(zip((figure.name for figure in FIGURES), stratified_mean(tables), strict=True))
    for figure in FIGURES:
        if figure.kind == "rate":
            found[figure.name] = rate(np.concatenate([each[figure.name] for each in strata]))
    return found


def rate(values: Float[np.ndarray, " E"]) -> Estimate:
    """Share of the episodes that have a 1, with its Wilson interval."""
    successes, n = int(values.sum()), len(values)
    return Estimate(successes / n, *wilson_interval(successes, n), n=n)
