"""Holds what was reached against the thresholds of a suite."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from wildrobot.evaluation.judge.cases import CaseResult
from wildrobot.evaluation.measure.metrics.figures import figure
from wildrobot.evaluation.play.case import Case
from wildrobot.evaluation.play.suite import GateSpec, Suite, selected

Sense = Literal["at least", "at most", "more than"]


@dataclass(frozen=True)
class GateResult:
    """One gate on one case.

    Attributes:
      suite, case, case_label: where it stands.
      figure: the figure's name.
      sense, limit, unit: what it must reach.
      reason: why this much.
      value: what it reached; None if no episode has the figure, which fails the gate.
      passed: whether it is reached.
    """

    suite: str
    case: str
    case_label: str
    figure: str
    sense: Sense
    limit: float
    unit: str
    reason: str
    value: float | None
    passed: bool

    @property
    def sentence(self) -> str:
        """E.g. `pass: walk, 0.10 m/s: survival 0.992 (at least 0.95)`."""
        value = "none" if self.value is None else f"{self.value:.3f}"
        limit = f"{self.sense} {self.limit:.3g} {self.unit}".rstrip()
        label = figure(self.figure).label
        return f"{'pass' if self.passed else 'FAIL'}: {self.suite}, {self.case_label}: {label} {value} ({limit})"


def check(
    suite: Suite, results: Mapping[str, CaseResult], baselines: Mapping[str, Mapping[str, CaseResult]]
) -> list[GateResult]:
    """Every gate of a suite on every case that it selects.

    Args:
      suite: what was played.
      results: by the id of each case.
      baselines: the same for each baseline, by its name.
    """
    return [
        _checked(suite, gate, results[case.id], baselines)
        for gate in suite.file.gates
        for case in selected(gate, suite.cases)
    ]


def _checked(
    suite: Suite, gate: GateSpec, result: CaseResult, baselines: Mapping[str, Mapping[str, CaseResult]]
) -> GateResult:
    case, value = result.case, result.estimates[gate.figure].value
    sense, limit = _limit(gate, case, baselines)
    # A value that no episode has is NaN, and fails every comparison.
    passed = {"at least": value >= limit, "at most": value <= limit, "more than": value > limit}[sense]
    return GateResult(
        suite=suite.name,
        case=case.id,
        case_label=case.label,
        figure=gate.figure,
        sense=sense,
        limit=limit,
        unit=figure(gate.figure).unit,
        reason=gate.reason + (f" (the limit is what {gate.beats} reaches)" if gate.beats else ""),
        value=value if math.isfinite(value) else None,
        passed=passed,
    )


def _limit(gate: GateSpec, case: Case, baselines: Mapping[str, Mapping[str, CaseResult]]) -> tuple[Sense, float]:
    if gate.beats:
        reached = baselines[gate.beats][case.id].estimates[gate.figure].value
        # Nothing is better than perfect.
        return "at least" if reached == 1.0 else "more than", reached
    if gate.at_most is not None:
        return "at most", gate.at_most
    if gate.more_than is not None:
        return "more than", gate.more_than
    assert gate.at_least is not None
    return "at least", gate.at_least + gate.per_vx * abs(case.play.command[0])
