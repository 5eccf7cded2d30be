"""The gates as text: each failed one, and the passed ones in as few lines as it takes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wildrobot.evaluation.judge.result import Evaluation, GateResult, PolicyResult, SuiteInfo
from wildrobot.evaluation.show.report.numbers import (
    decimals_for,
    minus,
    number,
    percent,
    plain,
    words,
)


@dataclass(frozen=True)
class GateRow:
    """A gate in one case, or in all the cases that it has passed.

    Attributes:
      passed: whether it is reached.
      metric: the metric's label.
      where: suite and cases.
      value: with its unit; of several cases the one that is nearest to the limit.
      nearest: that case, empty where all are alike.
      limit, reason: what it must reach, and why.
    """

    passed: bool
    metric: str
    where: str
    value: str
    nearest: str
    limit: str
    reason: str


@dataclass(frozen=True)
class Reached:
    """How many of its gates a policy passes."""

    passed: int
    total: int

    @property
    def all(self) -> bool:
        return self.passed == self.total


def reached(policy: PolicyResult, suite: str | None = None) -> Reached:
    """Over all suites, or in one."""
    results = [gate.passed for gate in policy.gates if suite in (None, gate.suite)]
    return Reached(sum(results), len(results))


def failed(evaluation: Evaluation, policy: PolicyResult) -> list[GateRow]:
    """A row for each failed gate."""
    return [_row(evaluation, [gate]) for gate in policy.gates if not gate.passed]


def passed(evaluation: Evaluation, policy: PolicyResult) -> list[GateRow]:
    """A row for the passed gates that differ only in their cases."""
    alike: dict[tuple[object, ...], list[GateResult]] = {}
    for gate in policy.gates:
        if gate.passed:
            key = (gate.suite, gate.metric, gate.sense, gate.limit, gate.reason)
            alike.setdefault(key, []).append(gate)
    return [_row(evaluation, gates) for gates in alike.values()]


def _row(evaluation: Evaluation, gates: Sequence[GateResult]) -> GateRow:
    first, info = gates[0], evaluation.metrics[gates[0].metric]
    suite = next(suite for suite in evaluation.suites if suite.name == first.suite)
    unit, in_percent = info.shown_unit, info.in_percent
    values = [(gate.value, gate) for gate in gates if gate.value is not None]
    sign = -1.0 if first.sense == "at most" else 1.0
    value, nearest = min(values, key=lambda pair: sign * pair[0], default=(None, first))
    limit = "none" if first.limit is None else plain(100.0 * first.limit if in_percent else first.limit)
    return GateRow(
        passed=first.passed,
        metric=info.label,
        where=f"{words(suite.name)}, {_cases(suite, gates)}",
        value="none" if value is None else f"{_number(value, in_percent)} {unit}".rstrip(),
        nearest=_labels(suite, [nearest])[0] if len({value for value, _ in values}) > 1 else "",
        limit=f"{first.sense} {limit} {unit}".rstrip(),
        reason=first.reason,
    )


def _cases(suite: SuiteInfo, gates: Sequence[GateResult]) -> str:
    """E.g. `0.10, 0.20, 0.30 m/s`, `all 6 cases`, `all cases but 0.40 m/s`."""
    labels = _labels(suite, gates)
    others = [minus(case.label) for case in suite.cases if minus(case.label) not in labels]
    if len(labels) > 1 and not others:
        return f"all {len(labels)} cases"
    if len(labels) > 2 and len(others) == 1:
        return f"all cases but {others[0]}"
    pairs = [re.fullmatch(r"(\S+) (\S+)", label) for label in labels]
    units = {pair[2] for pair in pairs if pair}
    if all(pairs) and len(units) == 1:
        return f"{', '.join(pair[1] for pair in pairs if pair)} {units.pop()}"
    return "; ".join(labels)


def _labels(suite: SuiteInfo, gates: Sequence[GateResult]) -> list[str]:
    labels = {case.id: minus(case.label) for case in suite.cases}
    return [labels[gate.case] for gate in gates]


def _number(value: float, in_percent: bool) -> str:
    return percent(value) if in_percent else number(value, max(2, decimals_for([value])))
