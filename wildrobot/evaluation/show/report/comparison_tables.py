"""The comparisons in words and numbers."""

from __future__ import annotations

from dataclasses import dataclass

from wildrobot.evaluation.judge.result import Comparison, Contrast, Evaluation
from wildrobot.evaluation.show.report.numbers import (
    NONE,
    count,
    decimals_for,
    duration,
    interval,
    minus,
    shown,
    with_unit,
)
from wildrobot.evaluation.show.report.tables import Cell


@dataclass(frozen=True)
class Line:
    """A metric: the groups, their difference, and how sure it is."""

    metric: str
    groups: list[Cell]
    difference: Cell
    improvement: str
    significant: bool


@dataclass(frozen=True)
class Compared:
    """Two groups in one suite."""

    suite: str
    verdict: str
    details: list[str]
    lines: list[Line]


def suites(evaluation: Evaluation, comparison: Comparison) -> list[Compared]:
    """What is known of two groups, suite by suite."""
    groups = list(comparison.groups)
    return [
        Compared(
            suite_name,
            minus(suite.verdict),
            [minus(detail) for detail in suite.details],
            [_line(evaluation, groups, name, contrast) for name, contrast in suite.metrics.items()],
        )
        for suite_name, suite in comparison.suites.items()
    ]


def cost(evaluation: Evaluation) -> list[tuple[str, str, str]]:
    """Per group: environment steps and wall-clock time of a training."""
    spent = {group: its for comparison in evaluation.comparisons for group, its in comparison.cost.items()}
    return [
        (
            group,
            NONE if its.environment_steps is None else count(its.environment_steps),
            NONE if its.wall_s is None else duration(its.wall_s),
        )
        for group, its in spent.items()
    ]


def _line(evaluation: Evaluation, groups: list[str], name: str, contrast: Contrast) -> Line:
    info = evaluation.metrics[name]
    estimates = [contrast.by_group[group] for group in groups]
    decimals = decimals_for(one.value for one in estimates)
    cells = [Cell(shown(info, one.value, decimals), interval(info, one.low, one.high, decimals)) for one in estimates]
    difference = Cell(shown(info, contrast.difference, decimals), interval(info, contrast.low, contrast.high, decimals))
    chance = contrast.probability_of_improvement
    return Line(
        metric=with_unit(info),
        groups=cells,
        difference=difference,
        improvement=NONE if chance is None or not info.better else f"{100 * chance:.0f} %",
        significant=contrast.significant,
    )
