"""The tables of a suite: what matters for each case, and everything else behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wildrobot.evaluation.judge.result import Estimate, Evaluation, PolicyResult, SuiteInfo
from wildrobot.evaluation.measure.metrics import MetricInfo
from wildrobot.evaluation.show.report.numbers import decimals_for, interval, minus, shown
from wildrobot.evaluation.show.report.style import Style

_WIDE, _LONG = 9, 8
"""With so few columns, more cases or nothing but pushes, a case has one line, and the policies stand side by side."""


@dataclass(frozen=True)
class Cell:
    """A value and its interval, as text; quiet where it is a baseline's."""

    value: str
    interval: str = ""
    quiet: bool = False


@dataclass(frozen=True)
class Column:
    """A heading: the metric, its unit, and what it means."""

    label: str
    unit: str
    description: str


@dataclass(frozen=True)
class Row:
    """A line, headed by a policy (with its look) or by a case or metric."""

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


Players = Mapping[str, Mapping[str, Estimate]]
"""The metrics of each policy and baseline, by its name."""


def main(evaluation: Evaluation, suite: SuiteInfo, styles: Mapping[str, Style]) -> Table:
    """The metrics that matter, in each case."""
    policies, infos = played_by(evaluation, suite), evaluation.metrics
    cases = {case.id: _in_case(policies, suite.name, case.id) for case in suite.cases}
    names = [name for name in suite.metrics if any(_has_value(players, name) for players in cases.values())]
    caption = f"Suite {suite.name}: main metrics with 95 % intervals"
    pushed = all(case.push for case in suite.cases)
    side_by_side = len(suite.cases) > _LONG or len(names) * len(policies) <= _WIDE or pushed
    if side_by_side:
        names = names[: max(1, _WIDE // len(policies))]
    decimals = {name: _decimals(cases.values(), name) for name in names}
    columns = [_column(infos[name]) for name in names]
    if side_by_side:
        rows = [
            Row(
                minus(case.label),
                None,
                [_cell(infos[name], cases[case.id], p, decimals[name]) for name in names for p in policies],
            )
            for case in suite.cases
        ]
        return Table(caption, columns, [("", rows)], [(policy.name, styles[policy.name]) for policy in policies])
    groups = [
        (
            minus(case.label),
            [
                Row(p.name, styles[p.name], [_cell(infos[name], cases[case.id], p, decimals[name]) for name in names])
                for p in policies
            ],
        )
        for case in suite.cases
    ]
    return Table(caption, columns, groups, [])


def every_metric(evaluation: Evaluation, suite: SuiteInfo, styles: Mapping[str, Style]) -> list[tuple[str, Table]]:
    """All metrics: of the suite as a whole, and of each case."""
    policies = played_by(evaluation, suite)
    overall: Players = {policy.name: policy.suites[suite.name].overall for policy in policies}
    parts = [("Whole suite", overall)]
    parts += [(minus(case.label), _in_case(policies, suite.name, case.id)) for case in suite.cases]
    looks = [(policy.name, styles[policy.name]) for policy in policies]
    tables = []
    for label, players in parts:
        rows = [
            Row(info.label, None, [_cell(info, players, p, _decimals([players], name)) for p in policies], _note(info))
            for name, info in evaluation.metrics.items()
            if _has_value(players, name)
        ]
        caption = f"Suite {suite.name}, {label}: all metrics with 95 % intervals"
        tables.append((label, Table(caption, [Column("", "", "")], [("", rows)], looks)))
    return tables


def played_by(evaluation: Evaluation, suite: SuiteInfo) -> list[PolicyResult]:
    """The policies that played it, and then the baselines."""
    return [policy for policy in evaluation.policies if suite.name in policy.suites]


def _in_case(policies: Sequence[PolicyResult], suite: str, case: str) -> Players:
    return {policy.name: policy.suites[suite].cases[case].metrics for policy in policies}


def _has_value(players: Players, name: str) -> bool:
    return any(metrics[name].value is not None for metrics in players.values())


def _column(info: MetricInfo) -> Column:
    return Column(info.label, info.shown_unit, info.description)


def _note(info: MetricInfo) -> str:
    return f"{info.description} [{info.shown_unit}]" if info.shown_unit else info.description


def _decimals(parts: Iterable[Players], name: str) -> int:
    """The same for a whole column, so that the points are below each other."""
    return decimals_for(metrics[name].value for players in parts for metrics in players.values())


def _cell(info: MetricInfo, players: Players, policy: PolicyResult, decimals: int) -> Cell:
    estimate = players[policy.name][info.name]
    ends = interval(info, estimate.low, estimate.high, decimals)
    return Cell(shown(info, estimate.value, decimals), ends, policy.baseline)
