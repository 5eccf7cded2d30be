"""The tables of a study: gates, learning and cost of each group, what it reached in each suite, and its style."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from trainers.study.results import Learned, Results
from wildrobot.evaluation.judge.result import Estimate, PolicyResult, SuiteInfo
from wildrobot.evaluation.measure import statistics
from wildrobot.evaluation.measure.metrics import MetricInfo
from wildrobot.evaluation.show.report.numbers import NONE, count, decimals_for, duration, interval, minus, shown, words
from wildrobot.evaluation.show.report.tables import Cell, Column, Row, Table
from wildrobot.evaluation.style.groups import mean_estimates
from wildrobot.evaluation.style.metrics import STYLE_METRICS

_EXACT = "the middle one of its runs, and the least and most"


def all_tables(results: Results) -> list[tuple[str, Table]]:
    """Each with its heading, in the order in which they are shown."""
    found = [("Gates, learning and cost", overview(results))]
    found += [
        (f"Suite {words(suite.name)}: {suite.question}", of_suite(results, suite))
        for suite in results.evaluation.suites
    ]
    return [*found, *([("Style", style(results))] if results.walkers else [])]


def overview(results: Results) -> Table:
    """A row for each group: runs, gates passed, when they had learned to walk, and what a training costs."""
    policies = {policy.name: policy for policy in results.evaluation.policies}
    rows = []
    for group, names in results.members.items():
        members = [policies[name] for name in names]
        learned = [its for name in names if (its := results.learned[name]) is not None]
        origins = [policy.provenance for policy in members if policy.provenance is not None]
        times = [origin.wall_s for origin in origins if origin.wall_s is not None]
        gates = [float(sum(gate.passed for gate in policy.gates)) for policy in members]
        cells = [
            Cell(f"{len(names)} of {len(results.study.seeds)}"),
            _middle(gates, lambda value: f"{value:g}", f" of {len(members[0].gates)}"),
            Cell(f"{len(learned)} of {len(names)}"),
            _middle([float(its.steps) for its in _all_of(learned, names)], count),
            _middle([its.wall_s for its in _all_of(learned, names)], duration),
            _middle([float(origin.environment_steps) for origin in origins], count),
            _middle(times, duration),
        ]
        rows.append(Row(group, None, cells))
    limit = f"own mean error of the forward speed below {results.study.learned_m_per_s:g} m/s"
    columns = [
        Column("runs done", "", "of those that the study asks for"),
        Column("gates passed", "", _EXACT),
        Column("learned to walk", "", f"runs with their {limit}"),
        Column("steps until then", "", f"{_EXACT}; none where a run has not learned"),
        Column("time until then", "", f"{_EXACT}; none where a run has not learned"),
        Column("steps of a training", "", _EXACT),
        Column("time of a training", "", _EXACT),
    ]
    return Table("Gates, learning and cost of each group", columns, [("", rows)], [])


def of_suite(results: Results, suite: SuiteInfo) -> Table:
    """The metrics that a suite names, by case and group: over runs, the interquartile mean and its interval."""
    policies = {policy.name: policy for policy in results.evaluation.policies}
    infos = [results.evaluation.metrics[name] for name in suite.metrics]
    groups = []
    for case in suite.cases:
        rows = []
        for group, names in results.members.items():
            members = [policies[name] for name in names]
            rows.append(
                Row(group, None, [_cell(info, _estimate(members, suite.name, case.id, info)) for info in infos])
            )
        groups.append((minus(case.label), rows))
    return Table(f"Suite {suite.name}, with 95 % intervals", [_column(info) for info in infos], groups, [])


def style(results: Results) -> Table:
    """The metrics of style of each group, over all commands."""
    commands = list(next(iter(results.walkers.values()))[0].measured)
    rows = []
    for group, walkers in results.walkers.items():
        means = mean_estimates(walkers, commands)
        rows.append(Row(group, None, [_cell(info, means[name]) for name, info in STYLE_METRICS.items()]))
    columns = [_column(info) for info in STYLE_METRICS.values()]
    return Table("Style of each group, mean over commands, with 95 % intervals", columns, [("", rows)], [])


def markdown(table: Table, head: str = "group") -> str:
    """A table as Markdown; a heading of rows is a column, and `head` is what the rows are."""
    headed = any(label for label, _ in table.groups)
    heads = [*(["case"] if headed else []), head]
    heads += [f"{column.label} [{column.unit}]" if column.unit else column.label for column in table.columns]
    lines = [_line(heads), _line(["---"] * (2 if headed else 1) + ["--:"] * len(table.columns))]
    for label, rows in table.groups:
        for row in rows:
            cells = [f"{cell.value} ({cell.interval})" if cell.interval else cell.value for cell in row.cells]
            lines.append(_line([*([label] if headed else []), row.head, *cells]))
    return "\n".join(lines)


def _estimate(members: Sequence[PolicyResult], suite: str, case: str, info: MetricInfo) -> Estimate:
    """Of one run, over its episodes; of several, over the runs."""
    found = [policy.suites[suite].cases[case].metrics[info.name] for policy in members]
    if len(found) == 1:
        return found[0]
    values = np.array([[np.nan if each.value is None else each.value] for each in found])
    return Estimate.from_statistics(statistics.iqm(values))


def _cell(info: MetricInfo, estimate: Estimate) -> Cell:
    decimals = decimals_for([estimate.value])
    return Cell(shown(info, estimate.value, decimals), interval(info, estimate.low, estimate.high, decimals))


def _column(info: MetricInfo) -> Column:
    return Column(info.label, info.shown_unit, info.description)


def _all_of(learned: Sequence[Learned], names: Sequence[str]) -> Sequence[Learned]:
    """None of them where one run is missing: the middle of the others would flatter the group."""
    return learned if len(learned) == len(names) else ()


def _middle(values: Sequence[float], form: Callable[[Any], str], unit: str = "") -> Cell:
    if not values:
        return Cell(NONE)
    low, middle, high = min(values), float(np.median(values)), max(values)
    return Cell(form(middle) + unit, f"{form(low)} to {form(high)}" if low < high else "")


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
