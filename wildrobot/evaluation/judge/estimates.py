"""What one policy reached in a case or suite: every metric of every episode, with its uncertainty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from wildrobot.evaluation.judge.result import CaseResult, EpisodeEstimate, Estimate, SuiteResult
from wildrobot.evaluation.measure import statistics
from wildrobot.evaluation.measure.metrics import METRICS
from wildrobot.evaluation.measure.series import Series, series
from wildrobot.evaluation.play.episodes import Episodes
from wildrobot.evaluation.record import number

Values = Mapping[str, Float[np.ndarray, " E"]]
"""Each metric of each episode, NaN where an episode has none."""


def judge_case(e: Episodes) -> CaseResult:
    """Computes every metric of a case."""
    return case_result({name: each.compute(e) for name, each in METRICS.items()}, series(e))


def case_result(values: Values, drawn: Series) -> CaseResult:
    """The metrics of a case, averaged over its episodes."""
    means = mean_estimates([values])
    return CaseResult(
        episodes=len(values["survival"]),
        metrics={
            name: EpisodeEstimate(**dict(means[name]), values=tuple(number(value) for value in each))
            for name, each in values.items()
        },
        series=drawn,
    )


def suite_result(cases: Mapping[str, CaseResult]) -> SuiteResult:
    """The cases of a suite, and each metric over all of them."""
    values = [{name: each.array for name, each in case.metrics.items()} for case in cases.values()]
    return SuiteResult(cases=dict(cases), overall=mean_estimates(values))


def mean_estimates(strata: Sequence[Values]) -> dict[str, Estimate]:
    """Each metric over all episodes of several cases; every case counts the same."""
    tables = [np.stack([each[name] for name in METRICS], axis=1) for each in strata]
    means = dict(zip(METRICS, map(Estimate.from_statistics, statistics.stratified_mean(tables)), strict=True))
    for name, metric in METRICS.items():
        if metric.info.kind == "rate":
            means[name] = rate(np.concatenate([each[name] for each in strata]))
    return means


def rate(values: Float[np.ndarray, " E"]) -> Estimate:
    """Fraction of the episodes that have a 1, with its Wilson interval."""
    successes, n = int(values.sum()), len(values)
    low, high = statistics.wilson_interval(successes, n)
    return Estimate(value=successes / n, low=low, high=high, n=n)
