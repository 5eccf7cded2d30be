"""What a trial has reached: the objective, from the files that the judge wrote of its runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from trainers.study.job import Job
from wildrobot.evaluation.judge.estimates import rate
from wildrobot.evaluation.judge.result import Estimate, Evaluation, load
from wildrobot.evaluation.measure import statistics
from wildrobot.evaluation.measure.metrics import MetricInfo
from wildrobot.evaluation.record import Number


@dataclass(frozen=True)
class Reached:
    """The objective at a rung or at the end of a trial.

    Attributes:
      steps: environment steps until then.
      value: of one seed, the mean over its episodes; of several, the interquartile mean over them. None where a seed
        has no episode with the metric.
      low, high: its 95 % interval, over what the mean is over; None where there is none.
      seeds: the value of each seed.
      key: the name of the run folder of the first seed.
    """

    steps: int
    value: Number
    low: Number
    high: Number
    seeds: tuple[Number, ...]
    key: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(tree: dict[str, Any]) -> Reached:
        return Reached(**{**tree, "seeds": tuple(tree["seeds"])})


def reached(info: MetricInfo, steps: int, jobs: Sequence[Job]) -> Reached:
    """Reads the objective.

    Args:
      info: of the objective.
      steps: environment steps until then.
      jobs: one for each seed, all done.

    Raises:
      UsageError: for a result that cannot be read.
    """
    each = [_of_run(info, load(job.result(job.measurements[0]))) for job in jobs]
    seeds = tuple(its.value for its in each)
    if len(each) == 1:
        over = each[0]
    else:
        values = np.array([[np.nan if value is None else value] for value in seeds])
        over = Estimate.from_statistics(statistics.iqm(values))
    value = None if None in seeds else over.value
    return Reached(steps, value, over.low, over.high, seeds, jobs[0].key)


def _of_run(info: MetricInfo, judged: Evaluation) -> Estimate:
    """Over all suites, as the judge has a metric over one: every case weighs the same."""
    policy = next(policy for policy in judged.policies if not policy.baseline)
    cases = [case.metrics[info.name].array for suite in policy.suites.values() for case in suite.cases.values()]
    if info.kind == "rate":
        return rate(np.concatenate(cases))
    (mean,) = statistics.stratified_mean([values[:, None] for values in cases])
    return Estimate.from_statistics(mean)
