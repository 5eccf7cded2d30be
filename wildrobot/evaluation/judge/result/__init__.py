"""The schema of the result, as `--json` writes it and as the report reads it.

The classes are the documentation: `json_schema()` turns them and their docstrings into a JSON Schema. Units are in the
names, or in the `unit` of a figure. A number that does not exist is null, never NaN. Version 2 holds any number of
policies and suites; version 1, of one policy, is no longer written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from wildrobot.evaluation.judge.result.comparison import Comparison
from wildrobot.evaluation.judge.result.played import FigureInfo, Settings, SuiteInfo
from wildrobot.evaluation.judge.result.results import PolicyResult
from wildrobot.evaluation.record import Part

SCHEMA: Literal["wildrobot-evaluation"] = "wildrobot-evaluation"
SCHEMA_VERSION: Literal[2] = 2


def validate(tree: Mapping[str, Any]) -> Document:
    """Checks a tree of plain values, as `json.load` gives it.

    Raises:
      pydantic.ValidationError: (a ValueError) naming each field that is unknown, missing, of the wrong type or out of
        range, and each name of a figure, case, suite or policy that the document does not define.
    """
    return Document.model_validate(dict(tree))


def json_schema() -> dict[str, Any]:
    """The schema for programs in other languages: JSON Schema, draft 2020-12."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Document.model_json_schema()}


class Document(Part):
    """The result of an evaluation."""

    schema_name: Literal["wildrobot-evaluation"] = Field(alias="schema")
    schema_version: Literal[2]
    settings: Settings
    figures: dict[str, FigureInfo]
    suites: list[SuiteInfo]
    policies: list[PolicyResult]
    comparisons: list[Comparison]
    """The first group of policies against each of the others; empty where there is only one."""

    @model_validator(mode="after")
    def _names_are_defined(self) -> Document:
        cases = {suite.name: {case.id for case in suite.cases} for suite in self.suites}
        names = {policy.name for policy in self.policies}
        if len(names) < len(self.policies):
            raise ValueError("two policies have the same name")
        for suite in self.suites:
            _defined("figure", suite.figures, self.figures)
        for policy in self.policies:
            _defined("suite", policy.suites, cases)
            for suite, result in policy.suites.items():
                _defined(f"case of {suite}", result.cases, cases[suite])
                _defined("figure", result.overall, self.figures)
                for case in result.cases.values():
                    _defined("figure", case.figures, self.figures)
            for gate in policy.gates:
                _defined("suite", [gate.suite], cases)
                _defined(f"case of {gate.suite}", [gate.case] if gate.case else [], cases[gate.suite])
                _defined("figure", [gate.figure], self.figures)
        for comparison in self.comparisons:
            _defined("suite", comparison.suites, cases)
            for members in comparison.groups.values():
                _defined("policy", members, names)
            for suite, its in comparison.suites.items():
                _defined(f"case of {suite}", its.cases, cases[suite])
                for part in (its, *its.cases.values()):
                    _defined("figure", part.figures, self.figures)
        return self


def _defined(what: str, used: Iterable[str], known: Iterable[str]) -> None:
    if unknown := sorted(set(used) - set(known)):
        raise ValueError(f"{what} {', '.join(unknown)} is not defined in the document; it has {', '.join(known)}")
