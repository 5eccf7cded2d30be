"""Holds what was reached against the thresholds of a suite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from wildrobot.errors import UsageError
from wildrobot.evaluation.judge.result import GateResult, SuiteResult
from wildrobot.evaluation.measure.metrics import METRICS, find
from wildrobot.evaluation.play.case import Case
from wildrobot.evaluation.play.suite import Suite, selected
from wildrobot.evaluation.play.suite_file import GateSpec
from wildrobot.evaluation.record import Number

Sense = Literal["at least", "at most", "more than"]


def check_metrics(suite: Suite) -> None:
    """Checks the metrics that a suite names, before anything is played.

    Raises:
      UsageError: for one that does not exist, or whose better way is not known but would be needed.
    """
    file = suite.file
    for name in (*file.metrics, *file.headline, *(gate.metric for gate in file.gates)):
        if name not in METRICS:
            raise UsageError(f"{suite.source}: no metric is called {name!r}; there are: {', '.join(METRICS)}")
    for name in file.headline:
        if METRICS[name].info.better is None:
            directed = ", ".join(name for name, each in METRICS.items() if each.info.better)
            raise UsageError(
                f"{suite.source}: neither way of {name} is better, so it makes no headline; choose of: {directed}"
            )


def check(suite: Suite, reached: SuiteResult, baselines: Mapping[str, SuiteResult]) -> list[GateResult]:
    """Every gate of a suite on every case that it selects.

    Args:
      suite: what was played.
      reached: what a policy reached in it.
      baselines: the same of each baseline, by its name.
    """
    return [
        _checked(suite, gate, case, reached, baselines)
        for gate in suite.file.gates
        for case in selected(gate, suite.cases)
    ]


def _checked(
    suite: Suite, gate: GateSpec, case: Case, reached: SuiteResult, baselines: Mapping[str, SuiteResult]
) -> GateResult:
    info = find(gate.metric).info
    value = reached.cases[case.id].metrics[gate.metric].value
    sense, limit = _limit(gate, case, baselines)
    passed = value is not None and limit is not None and _is_reached(value, sense, limit)
    shown = "none" if value is None else f"{value:.3f}"
    asked = f"{sense} {'none' if limit is None else f'{limit:.3g}'} {info.unit}".rstrip()
    return GateResult(
        suite=suite.name,
        case=case.id,
        metric=gate.metric,
        sense=sense,
        limit=limit,
        unit=info.unit,
        reason=gate.reason + (f" (the limit is what {gate.beats} reaches)" if gate.beats else ""),
        value=value,
        passed=passed,
        sentence=f"{'pass' if passed else 'FAIL'}: {suite.name}, {case.label}: {info.label} {shown} ({asked})",
    )


def _is_reached(value: float, sense: Sense, limit: float) -> bool:
    return {"at least": value >= limit, "at most": value <= limit, "more than": value > limit}[sense]


def _limit(gate: GateSpec, case: Case, baselines: Mapping[str, SuiteResult]) -> tuple[Sense, Number]:
    if gate.beats:
        reached = baselines[gate.beats].cases[case.id].metrics[gate.metric].value
        # Nothing is better than perfect.
        return "at least" if reached == 1.0 else "more than", reached
    if gate.at_most is not None:
        return "at most", gate.at_most
    if gate.more_than is not None:
        return "more than", gate.more_than
    assert gate.at_least is not None
    return "at least", gate.at_least + gate.per_vx * abs(case.command[0])
