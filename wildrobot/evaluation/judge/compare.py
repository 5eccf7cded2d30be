"""Which of two groups of policies is better, by how much, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Float

from wildrobot.evaluation.judge.cases import CaseResult
from wildrobot.evaluation.measure import statistics
from wildrobot.evaluation.measure.metrics.figures import FIGURES, Measure, figure
from wildrobot.evaluation.measure.statistics import Estimate
from wildrobot.evaluation.play.suite import Suite

Unit = Literal["training seed", "episode"]
FEWEST_RUNS = 5
"""Trainings of each group from which on a bootstrap interval is trusted: of 3 against 3 equal groups it leaves out 0 in
17 % of draws instead of 5 %, and no test of ranks could reach 5 % there either."""
Results = Mapping[str, Mapping[str, CaseResult]]
"""What one policy reached: by suite, then by case."""


@dataclass(frozen=True)
class Contrast:
    """One figure of two groups.

    Attributes:
      first, second: the figure of each group.
      points: of each policy, first group and second.
      difference: first - second.
      probability_of_improvement: that one of the first is better than one of the second; NaN if neither way is better.
      runs: how many trainings each group has; None where episodes are compared.
    """

    first: Estimate
    second: Estimate
    points: tuple[list[float], list[float]]
    difference: Estimate
    probability_of_improvement: float
    runs: tuple[int, int] | None = None

    @property
    def significant(self) -> bool:
        """Whether the 95 % interval of the difference leaves out 0, with enough behind it to trust the interval."""
        return not self.too_few_runs and (self.difference.low > 0.0 or self.difference.high < 0.0)

    @property
    def too_few_runs(self) -> bool:
        """Whether a group has so few trainings that its interval is not to be trusted."""
        return self.runs is not None and min(self.runs) < FEWEST_RUNS


def groups(frameworks: Mapping[str, str]) -> dict[str, list[str]]:
    """Policies by what trained them, so that seeds stand together.

    Each stands for itself where the same has trained them all, or where each is the only one of its kind: one training
    says little of a trainer.
    """
    kinds = list(dict.fromkeys(frameworks.values()))
    if len(kinds) in (1, len(frameworks)):
        return {name: [name] for name in frameworks}
    return {kind: [name for name, its in frameworks.items() if its == kind] for kind in kinds}


def unit(first: Sequence[Results], second: Sequence[Results]) -> Unit:
    """What the intervals resample: episodes of two policies, or, of more, whole trainings."""
    return "episode" if len(first) == len(second) == 1 else "training seed"


def contrasts(
    first: Sequence[Results], second: Sequence[Results], suite: Suite, cases: Sequence[str]
) -> dict[str, Contrast]:
    """Every figure of two groups, over some cases of a suite.

    Of one policy against one, episode i of both had the same start and the same chance: they are compared in pairs.
    Otherwise the unit is the training run: its scores are the means over episodes, one for each case.
    """
    if unit(first, second) == "episode":
        return _by_episode(first[0][suite.name], second[0][suite.name], cases)
    tables = [
        {
            each.name: np.array([[run[suite.name][case].estimates[each.name].value for case in cases] for run in group])
            for each in FIGURES
        }
        for group in (first, second)
    ]
    return {each.name: by_run(each, tables[0][each.name], tables[1][each.name]) for each in FIGURES}


def _by_episode(
    first: Mapping[str, CaseResult], second: Mapping[str, CaseResult], cases: Sequence[str]
) -> dict[str, Contrast]:
    strata = [
        [np.stack([group[case].values[each.name] for each in FIGURES], axis=1) for case in cases]
        for group in (first, second)
    ]
    means = [statistics.stratified_mean(group) for group in strata]
    differences = statistics.paired_difference(*strata)
    found = {}
    for index, each in enumerate(FIGURES):
        scores = [np.stack([stratum[:, index] for stratum in group], axis=1) for group in strata]
        found[each.name] = Contrast(
            means[0][index],
            means[1][index],
            ([means[0][index].value], [means[1][index].value]),
            differences[index],
            improvement(each, scores[0], scores[1]),
        )
    return found


def by_run(
    each: Measure, first: Float[np.ndarray, "runs1 cases"], second: Float[np.ndarray, "runs2 cases"]
) -> Contrast:
    """One measure of two groups of training runs; whole runs are drawn."""
    return Contrast(
        statistics.iqm(first),
        statistics.iqm(second),
        (_row_means(first), _row_means(second)),
        statistics.iqm_difference(first, second),
        improvement(each, first, second),
        (len(first), len(second)),
    )


def improvement(each: Measure, first: Float[np.ndarray, "n1 tasks"], second: Float[np.ndarray, "n2 tasks"]) -> float:
    """How likely one of the first is better than one of the second; NaN if neither way is better."""
    if each.better is None:
        return float("nan")
    sign = 1.0 if each.better == "higher" else -1.0
    return statistics.probability_of_improvement(sign * first, sign * second, resamples=0).value


def _row_means(scores: Float[np.ndarray, "runs cases"]) -> list[float]:
    return [float(row[np.isfinite(row)].mean()) if np.isfinite(row).any() else float("nan") for row in scores]


class Verdict(NamedTuple):
    """What the figures say about one suite: in one sentence, and figure by figure."""

    sentence: str
    details: tuple[str, ...]


def verdict(
    suite: Suite,
    names: tuple[str, str],
    overall: Mapping[str, Contrast],
    by_case: Mapping[str, Mapping[str, Contrast]],
) -> Verdict:
    """Which group is better in a suite.

    A group is better in a headline figure of the suite if the difference is significant and large enough to matter; it
    is better in the suite if the other one is so in none.
    """
    details, better = [], {}
    for name, matters in suite.file.headline.items():
        its, contrast = figure(name), overall[name]
        detail, winner = told(its, names, contrast, matters)
        details.append(detail)
        if winner:
            values = " against ".join(_shown(its, each.value) for each in (contrast.first, contrast.second))
            better.setdefault(winner, []).append(f"{its.label} {values}")
    if any(contrast.too_few_runs for contrast in overall.values()):
        sentence = f"Too few trainings to be sure: {FEWEST_RUNS} of each are needed."
    elif not better:
        sentence = "No difference that is sure and matters."
    else:
        parts = [f"{winner} is better: {', '.join(reasons)}" for winner, reasons in better.items()]
        sentence = "; ".join(parts) + "."
    return Verdict(sentence, (*details, *_where(suite, by_case)))


def told(its: Measure, names: tuple[str, str], contrast: Contrast, matters: float) -> tuple[str, str | None]:
    """A sentence on one measure of two groups, and the name of who is surely better by what matters, if anybody."""
    values = [_shown(its, estimate.value) for estimate in (contrast.first, contrast.second)]
    label = its.label[0].upper() + its.label[1:]
    sentence = f"{label} {values[0]} ({names[0]}) against {values[1]} ({names[1]})"
    difference = contrast.difference
    if not np.isfinite(difference.low):
        return sentence + ".", None
    sentence += f", difference {_shown(its, difference.low)} to {_shown(its, difference.high)}"
    if contrast.too_few_runs:
        return f"{sentence}.", None
    if not contrast.significant:
        return f"{sentence}: not significant.", None
    if abs(difference.value) < matters:
        return f"{sentence}: sure, but less than the {_shown(its, matters)} that matter.", None
    better = names[0] if (difference.value > 0.0) == (its.better == "higher") else names[1]
    return f"{sentence}: {better} is better.", better


def _where(suite: Suite, by_case: Mapping[str, Mapping[str, Contrast]]) -> list[str]:
    """The cases in which a headline figure differs surely, and by enough to matter."""
    labels = {case.id: case.label for case in suite.cases}
    lines = []
    for name, matters in suite.file.headline.items():
        found = [
            labels[case]
            for case, contrast in by_case.items()
            if contrast[name].significant and abs(contrast[name].difference.value) >= matters
        ]
        if found and len(by_case) > 1:
            where = "every case" if len(found) == len(by_case) else "; ".join(found)
            label = figure(name).label
            lines.append(f"{label[0].upper()}{label[1:]} differs surely, and by enough to matter, in: {where}.")
    return lines


def _shown(its: Measure, value: float) -> str:
    if not np.isfinite(value):
        return "none"
    if its.kind != "mean":
        return f"{100.0 * value:z.1f} %"
    return f"{value:z.3f} {its.unit}".rstrip()


def as_data(contrast: Contrast, names: tuple[str, str]) -> dict[str, Any]:
    """For the document."""

    def estimate(of: Estimate, points: Sequence[float]) -> dict[str, Any]:
        return {
            "value": number(of.value), "low": number(of.low), "high": number(of.high),
            "points": [number(point) for point in points],
        }  # fmt: skip

    return {
        "by_group": {
            names[0]: estimate(contrast.first, contrast.points[0]),
            names[1]: estimate(contrast.second, contrast.points[1]),
        },
        "difference": number(contrast.difference.value),
        "low": number(contrast.difference.low),
        "high": number(contrast.difference.high),
        "probability_of_improvement": number(contrast.probability_of_improvement),
        "significant": contrast.significant,
    }


def number(value: float) -> float | None:
    """A number as JSON has it: none instead of NaN."""
    return float(value) if np.isfinite(value) else None
