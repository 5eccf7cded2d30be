"""The result of a diagnosis, from which the table is printed, the JSON is written and the section of the page is drawn.

`json_schema()` turns the classes and their docstrings into a JSON Schema. A number that does not exist is null.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from wildrobot.config import validated
from wildrobot.errors import UsageError
from wildrobot.evaluation.record import Number, Record, read_json

FILE = "diagnosis.json"
"""In a run folder."""
Culprit = Literal["robot", "task", "trainer", "measurement"]
Verdict = Literal["robot", "task", "trainer", "measurement", "healthy"]
Certainty = Literal["exact", "measured", "indirect"]


class Check(Record):
    """One value of an examination, and what it should be."""

    subject: str
    """What was looked at: a joint, a term, a command."""
    value: Number
    at_least: Number = None
    at_most: Number = None
    passed: bool

    @property
    def shown(self) -> str:
        """The value as people are shown it."""
        return _shown(self.value)

    @property
    def limits(self) -> str:
        """What the value should be."""
        low, high = self.at_least, self.at_most
        if low is not None and high is not None:
            return f"{_shown(low)} to {_shown(high)}" if low != high else _shown(low)
        if low is not None:
            return f"at least {_shown(low)}"
        return f"at most {_shown(high)}" if high is not None else "finite"

    @property
    def distance(self) -> float:
        """How far outside its limits the value is, in units of the nearer one; 0 inside."""
        if self.passed:
            return 0.0
        if self.value is None:
            return float("inf")
        limit = self.at_least if self.at_least is not None and self.value < self.at_least else self.at_most
        return abs(self.value - (limit or 0.0)) / max(abs(limit or 0.0), 1e-6)


class ExaminationResult(Record):
    """One examination: what it asks, what it found, and what to do about it."""

    name: str
    culprit: Culprit
    """Who is to blame if a check fails."""
    certainty: Certainty
    """exact: computed, no chance in it; measured: from simulated robots; indirect: a symptom that others have too."""
    asks: str
    unit: str
    why: str
    """Reason for the limits."""
    source: str
    try_next: str
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed, furthest from its limits first."""
        return tuple(sorted((check for check in self.checks if not check.passed), key=lambda each: -each.distance))

    @property
    def title(self) -> str:
        return self.name.replace("_", " ")


class Diagnosis(Record):
    """What is to blame, and why."""

    schema_name: Literal["wildrobot-diagnosis"] = Field(alias="schema", default="wildrobot-diagnosis")
    schema_version: Literal[1] = 1
    subject: str
    """Run folder, policy and experiment, or environment that was examined."""
    verdict: Verdict
    sentence: str
    findings: tuple[str, ...]
    """Names of the examinations that found something, most telling first."""
    examinations: tuple[ExaminationResult, ...]
    left_out: tuple[str, ...]
    """What could not be examined, and why."""
    seconds: float
    """That the diagnosis took."""
    versions: dict[str, str]
    commit: str | None

    def by_name(self, name: str) -> ExaminationResult:
        return next(each for each in self.examinations if each.name == name)


def _shown(value: float | None) -> str:
    return "not a number" if value is None else f"{value:.3g}".replace("e-0", "e-").replace("-", "−")


def to_json(diagnosis: Diagnosis) -> str:
    """The whole result on one line."""
    return diagnosis.model_dump_json(by_alias=True)


def json_schema() -> dict[str, Any]:
    """The schema for programs in other languages: JSON Schema, draft 2020-12."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Diagnosis.model_json_schema()}


def load(path: Path) -> Diagnosis:
    """Reads what `to_json` wrote.

    Raises:
      UsageError: for a file that cannot be read, is no diagnosis, or is of another version.
    """
    tree = read_json(path, writer="a diagnosis")
    if not isinstance(tree, dict) or tree.get("schema") != "wildrobot-diagnosis":
        raise UsageError(f"{path}: not the result of a diagnosis; give a file that a diagnosis wrote")
    if tree.get("schema_version") != 1:
        raise UsageError(
            f"{path}: its schema_version is {tree.get('schema_version')}, and this program reads 1; diagnose again"
        )
    return validated(Diagnosis, tree, str(path))
