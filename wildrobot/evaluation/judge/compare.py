"""Which of two groups of policies is better, by how much, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from jaxtyping import Float

from wildrobot.evaluation.judge.result import (
    CaseComparison,
    Contrast,
    GroupEstimate,
    SuiteComparison,
    SuiteInfo,
    SuiteResult,
)
from wildrobot.evaluation.judge.verdict import verdict
from wildrobot.evaluation.measure import statistics
from wildrobot.evaluation.measure.metrics import MetricInfo
from wildrobot.evaluation.measure.statistics import Estimate
from wildrobot.evaluation.record import number

Unit = Literal["training seed", "episode"]
Groups = Mapping[str, Sequence[SuiteResult]]
"""The results of two groups' policies in one suite, by the name of the group."""


def groups(frameworks: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Policies by what trained them, so that seeds stand together.

    Each is a group of its own where the same has trained them all, or where each is the only one of its kind: one
    training says little about a trainer.
    """
    kinds = list(dict.fromkeys(frameworks.values()))
    if len(kinds) in (1, len(frameworks)):
        return {name: (name,) for name in frameworks}
    return {kind: tuple(name for name, its in frameworks.items() if its == kind) for kind in kinds}


def unit(groups: Groups | Mapping[str, Sequence[str]]) -> Unit:
    """What the intervals resample: episodes of two policies, or, of more, whole trainings."""
    return "episode" if all(len(members) == 1 for members in groups.values()) else "training seed"


def compare_suite(suite: SuiteInfo, groups: Groups, infos: Mapping[str, MetricInfo]) -> SuiteComparison:
    """Two groups in every metric over a suite and in each of its cases, and which of them is better.

    Args:
      suite: what was played.
      groups: two, by name.
      infos: the metrics, by name.
    """
    ids = [case.id for case in suite.cases]
    overall = contrasts(groups, ids, infos)
    by_case = {case: contrasts(groups, [case], infos) for case in ids}
    found = verdict(suite, infos, overall, by_case)
    return SuiteComparison(
        verdict=found.sentence,
        details=found.details,
        metrics=overall,
        cases={case: CaseComparison(metrics=its) for case, its in by_case.items()},
    )


def contrasts(groups: Groups, cases: Sequence[str], infos: Mapping[str, MetricInfo]) -> dict[str, Contrast]:
    """Every metric of two groups, over some cases of a suite.

    Of one policy against one, episode i of both had the same start and the same random key: they are compared in pairs.
    Otherwise the unit is the training run: its scores are the means over episodes, one for each case.
    """
    if unit(groups) == "episode":
        tables = {
            group: [
                np.stack([result.cases[case].metrics[name].array for name in infos], axis=1) for case in cases
            ]
            for group, (result,) in groups.items()
        }  # fmt: skip
        return by_episode(infos, tables)
    return {
        name: by_run(
            info,
            {
                group: np.array([[_value(run, case, name) for case in cases] for run in runs])
                for group, runs in groups.items()
            },
        )
        for name, info in infos.items()
    }


def by_episode(
    infos: Mapping[str, MetricInfo], tables: Mapping[str, Sequence[Float[np.ndarray, "_ metrics"]]]
) -> dict[str, Contrast]:
    """Metrics of two policies; `tables` has, for each, the episodes of each case."""
    first, second = tables.values()
    means = [statistics.stratified_mean(table) for table in (first, second)]
    differences = statistics.paired_difference(first, second)
    found = {}
    for index, (name, info) in enumerate(infos.items()):
        estimates = (means[0][index], means[1][index])
        scores = [np.stack([stratum[:, index] for stratum in table], axis=1) for table in (first, second)]
        found[name] = _contrast(
            {group: (each, [each.value]) for group, each in zip(tables, estimates, strict=True)},
            differences[index],
            _improvement(info, scores[0], scores[1]),
        )
    return found


def by_run(info: MetricInfo, tables: Mapping[str, Float[np.ndarray, "_ cases"]]) -> Contrast:
    """One metric of two groups of training runs, of which `tables` has the scores; whole runs are drawn."""
    first, second = tables.values()
    return _contrast(
        {group: (statistics.iqm(table), _row_means(table)) for group, table in tables.items()},
        statistics.iqm_difference(first, second),
        _improvement(info, first, second),
    )


def _contrast(
    groups: Mapping[str, tuple[Estimate, Sequence[float]]], difference: Estimate, improvement: float
) -> Contrast:
    found = Contrast(
        by_group={
            group: GroupEstimate(
                value=number(its.value), low=number(its.low), high=number(its.high),
                points=tuple(number(point) for point in points),
            )
            for group, (its, points) in groups.items()
        },
        difference=number(difference.value),
        low=number(difference.low),
        high=number(difference.high),
        probability_of_improvement=number(improvement),
        significant=difference.low > 0.0 or difference.high < 0.0,
    )  # fmt: skip
    return found.model_copy(update={"significant": False}) if found.too_few_runs else found


def _improvement(
    info: MetricInfo, first: Float[np.ndarray, "n1 tasks"], second: Float[np.ndarray, "n2 tasks"]
) -> float:
    """How likely one of the first is better than one of the second; NaN if neither way is better."""
    if info.better is None:
        return float("nan")
    sign = 1.0 if info.better == "higher" else -1.0
    return statistics.probability_of_improvement(sign * first, sign * second, resamples=0).value


def _value(run: SuiteResult, case: str, name: str) -> float:
    value = run.cases[case].metrics[name].value
    return float("nan") if value is None else value


def _row_means(scores: Float[np.ndarray, "runs cases"]) -> list[float]:
    return [float(row[np.isfinite(row)].mean()) if np.isfinite(row).any() else float("nan") for row in scores]
