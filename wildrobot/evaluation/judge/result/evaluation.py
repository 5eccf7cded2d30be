"""The whole result of an evaluation, from which the tables are printed, the JSON is written and the page is drawn.

The classes are the documentation: `json_schema()` turns them and their docstrings into a JSON Schema. Units are in the
names, or in the `unit` of a metric. A number that does not exist is null, never NaN.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field, model_validator

from wildrobot.evaluation.judge.result.comparison import Comparison
from wildrobot.evaluation.judge.result.policies import PolicyResult
from wildrobot.evaluation.measure.metrics import MetricInfo
from wildrobot.evaluation.play.case import Case
from wildrobot.evaluation.record import Count, Record


class Settings(Record):
    """How this evaluation was made."""

    seed: int
    """Of the start states, the random keys and the bootstrap; the same seed gives the same result, to the bit."""
    quick: bool
    """Whether fewer and shorter episodes were played, for a first answer."""
    play: Literal["deterministic", "stochastic"]
    """Whether a policy's mean action was played, or an action drawn from its distribution."""
    versions: dict[str, str]
    """Of the packages that the metrics depend on: wildrobot, mujoco, jax, numpy."""
    commit: str | None
    """Git commit of the code that judged, null outside a checkout."""


class SuiteInfo(Record):
    """Cases that answer one question."""

    name: str
    question: str
    episodes: Count
    """Per case."""
    cases: tuple[Case, ...]
    metrics: tuple[str, ...]
    """Those that matter most here, in the order of the columns of a table."""
    headline: dict[str, float]
    """The metrics that say which of two policies is better, and the smallest difference that matters."""

    @property
    def seconds(self) -> tuple[float, ...]:
        """The lengths that its episodes have."""
        return tuple(sorted({case.seconds for case in self.cases}))


class Evaluation(Record):
    """The result of an evaluation."""

    schema_name: Literal["wildrobot-evaluation"] = Field(alias="schema", default="wildrobot-evaluation")
    schema_version: Literal[3] = 3
    settings: Settings
    metrics: dict[str, MetricInfo]
    suites: tuple[SuiteInfo, ...]
    policies: tuple[PolicyResult, ...]
    """Policies first, then baselines."""
    comparisons: tuple[Comparison, ...]
    """The first group of policies against each of the others; empty where there is only one."""

    @model_validator(mode="after")
    def _names_are_defined(self) -> Evaluation:
        cases = {suite.name: {case.id for case in suite.cases} for suite in self.suites}
        names = {policy.name for policy in self.policies}
        if len(names) < len(self.policies):
            raise ValueError("two policies have the same name")
        for suite in self.suites:
            _check("metric", suite.metrics, self.metrics)
        for policy in self.policies:
            _check("suite", policy.suites, cases)
            for suite, result in policy.suites.items():
                _check(f"case of {suite}", result.cases, cases[suite])
                _check("metric", result.overall, self.metrics)
                for case in result.cases.values():
                    _check("metric", case.metrics, self.metrics)
            for gate in policy.gates:
                _check("suite", [gate.suite], cases)
                _check(f"case of {gate.suite}", [gate.case], cases[gate.suite])
                _check("metric", [gate.metric], self.metrics)
        for comparison in self.comparisons:
            _check("suite", comparison.suites, cases)
            for members in comparison.groups.values():
                _check("policy", members, names)
            for suite, its in comparison.suites.items():
                _check(f"case of {suite}", its.cases, cases[suite])
                for part in (its, *its.cases.values()):
                    _check("metric", part.metrics, self.metrics)
        return self


def _check(what: str, used: Iterable[str], known: Iterable[str]) -> None:
    if unknown := sorted(set(used) - set(known)):
        raise ValueError(f"{what} {', '.join(unknown)} is not defined in the result; it has {', '.join(known)}")
