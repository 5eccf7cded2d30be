"""The tables of a suite: what matters for each case, and everything else behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wildrobot.evaluation.judge.result import Document
from wildrobot.evaluation.judge.result.played import FigureInfo, SuiteInfo
from wildrobot.evaluation.judge.result.results import Estimate, PolicyResult
from wildrobot.evaluation.show.report.numbers import NONE, decimals_for, interval, minus, shown, unit_of
from wildrobot.evaluation.show.report.style import Style

_WIDE, _LONG = 9, 8
"""With so few columns, more cases or nothing but pushes, a case has one line, and the policies stand side by side."""
_FEW = 8
"""Columns, where a suite does not say which figures matter."""


@dataclass(frozen=True)
class Cell:
    """A value and its interval, as text; quiet where it is a baseline's."""

    value: str
    interval: str = ""
    quiet: bool = False


@dataclass(frozen=True)
class Column:
    """A heading: the figure, its unit, and what it means."""

    label: str
    unit: str
    description: str


@dataclass(frozen=True)
class Row:
    """A line, headed by a policy (with its look) or by a case or figure."""

    head: str
    style: Style | None
    cells: list[Cell]
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Groups of rows under columns; with `spans`, each of these covers one column per policy of `policies`."""

    caption: str
    columns: list[Column]
    groups: list[tuple[str, list[Row]]]
    policies: list[tuple[str, Style]]


Found = Mapping[str, Mapping[str, Estimate]]
"""The figures of each policy, by its name."""


def main(document: Document, suite: SuiteInfo, styles: Mapping[str, Style]) -> Table:
    """The figures that matter, in each case."""
    policies = played_by(document, suite)
    names = main_figures(document, suite)
    caption = f"Suite {suite.name}: main figures with 95 % intervals"
    found = {case.id: _found(policies, suite.name, case.id) for case in suite.cases}
    ladder = all(case.push for case in suite.cases)
    if len(suite.cases) <= _LONG and len(names) * len(policies) > _WIDE and not ladder:
        decimals = {name: _decimals(found.values(), name) for name in names}
        groups = [
            (
                minus(case.label),
                [
                    Row(p.name, styles[p.name], [_cell(document, found[case.id], p, n, decimals[n]) for n in names])
                    for p in policies
                    if p.name in found[case.id]
                ],
            )
            for case in suite.cases
        ]
        return Table(caption, [_column(document.figures[name]) for name in names], groups, [])
    names = names[: max(1, _WIDE // max(1, len(policies)))]
    decimals = {name: _decimals(found.values(), name) for name in names}
    rows = [
        Row(
            minus(case.label),
            None,
            [_cell(document, found[case.id], p, name, decimals[name]) for name in names for p in policies],
        )
        for case in suite.cases
    ]
    columns = [_column(document.figures[name]) for name in names]
    return Table(caption, columns, [("", rows)], [(policy.name, styles[policy.name]) for policy in policies])


def every_figure(document: Document, suite: SuiteInfo, styles: Mapping[str, Style]) -> list[tuple[str, Table]]:
    """All figures: of the suite as a whole, and of each case."""
    policies = played_by(document, suite)
    overall: Found = {policy.name: policy.suites[suite.name].overall for policy in policies}
    parts = [("Whole suite", overall)] if any(overall.values()) else []
    parts += [(minus(case.label), _found(policies, suite.name, case.id)) for case in suite.cases]
    tables = []
    for label, found in parts:
        present = [p for p in policies if p.name in found]
        rows = [
            Row(
                info.label,
                None,
                [_cell(document, found, p, name, _decimals([found], name)) for p in present],
                _note(info),
            )
            for name, info in document.figures.items()
            if any(_has(found[p.name].get(name)) for p in present)
        ]
        looks = [(policy.name, styles[policy.name]) for policy in present]
        caption = f"Suite {suite.name}, {label}: all figures with 95 % intervals"
        tables.append((label, Table(caption, [Column("", "", "")], [("", rows)], looks)))
    return tables


def main_figures(document: Document, suite: SuiteInfo) -> list[str]:
    """Those that the suite names, as far as somebody has them."""
    policies = played_by(document, suite)
    present = {
        name
        for policy in policies
        for case in policy.suites[suite.name].cases.values()
        for name, estimate in case.figures.items()
        if _has(estimate)
    }
    chosen = [name for name in suite.figures if name in present]
    return chosen or [name for name in document.figures if name in present][:_FEW]


def played_by(document: Document, suite: SuiteInfo) -> list[PolicyResult]:
    """Who played it, policies first."""
    return sorted((p for p in document.policies if suite.name in p.suites), key=lambda policy: policy.baseline)


def _found(policies: Sequence[PolicyResult], suite: str, case: str) -> Found:
    return {p.name: p.suites[suite].cases[case].figures for p in policies if case in p.suites[suite].cases}


def _has(estimate: Estimate | None) -> bool:
    return estimate is not None and estimate.value is not None


def _column(info: FigureInfo) -> Column:
    return Column(info.label, unit_of(info), info.description)


def _note(info: FigureInfo) -> str:
    unit = unit_of(info)
    return f"{info.description} [{unit}]" if unit else info.description


def _decimals(parts: Iterable[Found], name: str) -> int:
    """The same for a whole column, so that the points are below each other."""
    return decimals_for(figures[name].value for found in parts for figures in found.values() if name in figures)


def _cell(document: Document, found: Found, policy: PolicyResult, name: str, decimals: int) -> Cell:
    estimate = found.get(policy.name, {}).get(name)
    if estimate is None or estimate.value is None:
        return Cell(NONE, quiet=policy.baseline)
    info = document.figures[name]
    ends = interval(info, estimate.low, estimate.high, decimals)
    return Cell(shown(info, estimate.value, decimals), ends, policy.baseline)
