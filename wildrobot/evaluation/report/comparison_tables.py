"""The comparison in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from wildrobot.evaluation.document import Document
from wildrobot.evaluation.document.comparison import Contrast
from wildrobot.evaluation.report.numbers import (
    NONE,
    count,
    decimals_for,
    duration,
    interval,
    shown,
    unit_of,
    with_unit,
)
from wildrobot.evaluation.report.tables import Cell


@dataclass(frozen=True)
class Line:
    """A figure: the groups, their difference, and how sure it is."""

    figure: str
    groups: list[Cell]
    difference: Cell
    improvement: str
    significant: bool


def tables(document: Document) -> list[tuple[str, str, list[Line]]]:
    """Per suite: its name, its verdict and a line per figure."""
    if document.comparison is None:
        return []
    return [
        (name, suite.verdict, [_line(document, figure, contrast) for figure, contrast in suite.figures.items()])
        for name, suite in document.comparison.suites.items()
    ]


def cost(document: Document) -> list[tuple[str, str, str]]:
    """Per group: environment steps and wall-clock time of a training."""
    if document.comparison is None:
        return []
    return [
        (
            group,
            NONE if spent.environment_steps is None else count(spent.environment_steps),
            NONE if spent.wall_s is None else duration(spent.wall_s),
        )
        for group, spent in document.comparison.cost.items()
    ]


def _line(document: Document, name: str, contrast: Contrast) -> Line:
    assert document.comparison
    info = document.figures[name]
    found = [contrast.by_group.get(group) for group in document.comparison.groups]
    decimals = decimals_for(one.value for one in found if one)
    groups = [
        Cell(shown(info, one.value, decimals), interval(info, one.low, one.high, decimals)) if one else Cell(NONE)
        for one in found
    ]
    difference = Cell(shown(info, contrast.difference, decimals), interval(info, contrast.low, contrast.high, decimals))
    chance = contrast.probability_of_improvement
    return Line(
        figure=with_unit(info.label, unit_of(info)),
        groups=groups,
        difference=difference,
        improvement=NONE if chance is None or not info.better else f"{100 * chance:.0f} %",
        significant=contrast.significant,
    )
