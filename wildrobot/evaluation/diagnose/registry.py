"""Examinations: each is a pure function of what was measured, registered with culprit, reason and source."""

from __future__ import annotations

import inspect
import math
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from wildrobot.evaluation.judge.diagnosis import Certainty, Check, Culprit, ExaminationResult
from wildrobot.evaluation.record import number


class Measured(NamedTuple):
    """One value, and the limits that it should be within; a value that is not finite is within none."""

    subject: str
    value: float
    at_least: float | None = None
    at_most: float | None = None


Examine = Callable[..., Iterable[Measured]]


@dataclass(frozen=True)
class Examination:
    """An examination with its reason, source and advice.

    Attributes:
      name: the function's.
      function: from records of evidence to measured values.
      takes: the types of those records.
      culprit, certainty, asks, unit, why, source, try_next: see `ExaminationResult`.
    """

    name: str
    function: Examine
    takes: tuple[type, ...]
    culprit: Culprit
    certainty: Certainty
    asks: str
    unit: str
    why: str
    source: str
    try_next: str

    def result(self, evidence: Mapping[type, Any]) -> ExaminationResult:
        """What it finds in evidence, which must hold all that it takes."""
        measured = self.function(*(evidence[each] for each in self.takes))
        return ExaminationResult(
            name=self.name, culprit=self.culprit, certainty=self.certainty, asks=self.asks, unit=self.unit,
            why=self.why, source=self.source, try_next=self.try_next, checks=tuple(_check(each) for each in measured),
        )  # fmt: skip


EXAMINATIONS: dict[str, Examination] = {}
"""All examinations by name, in the order in which they are listed."""


def examination(
    culprit: Culprit, certainty: Certainty, *, unit: str = "", why: str, source: str, try_next: str
) -> Callable[[Examine], Examine]:
    """Registers a function of records of evidence under its name; the first line of its docstring is what it asks."""

    def register(function: Examine) -> Examine:
        hints = typing.get_type_hints(function)
        takes = tuple(hints[name] for name in inspect.signature(function).parameters)
        asks = (inspect.getdoc(function) or "").partition("\n")[0]
        if function.__name__ in EXAMINATIONS:
            raise ValueError(f"two examinations are called {function.__name__}")
        EXAMINATIONS[function.__name__] = Examination(
            function.__name__, function, takes, culprit, certainty, asks, unit, why, source, try_next
        )
        return function

    return register


def examined(evidence: Mapping[type, Any]) -> tuple[ExaminationResult, ...]:
    """The results of all examinations whose evidence is there; one that finds nothing to look at is left out."""
    results = (each.result(evidence) for each in EXAMINATIONS.values() if all(kind in evidence for kind in each.takes))
    return tuple(result for result in results if result.checks)


def _check(measured: Measured) -> Check:
    subject, value, at_least, at_most = measured
    low, high = (None if limit is None else float(limit) for limit in (at_least, at_most))
    value = float(value)
    passed = math.isfinite(value) and (low is None or value >= low) and (high is None or value <= high)
    return Check(subject=subject, value=number(value), at_least=low, at_most=high, passed=passed)
