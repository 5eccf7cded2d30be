"""Where the policies come from, and exactly what was asked of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wildrobot.evaluation.judge.result import Document
from wildrobot.evaluation.judge.result.played import CaseInfo, SuiteInfo
from wildrobot.evaluation.judge.result.results import PolicyResult
from wildrobot.evaluation.show.report.numbers import NONE, count, duration, minus, words


@dataclass(frozen=True)
class Origin:
    """One policy: facts, and its configuration as indented lines."""

    name: str
    facts: list[tuple[str, str]]
    config: str


@dataclass(frozen=True)
class Provenance:
    """All of it; `cases` has, per suite, a line for each case."""

    judged: list[tuple[str, str]]
    policies: list[Origin]
    cases: list[tuple[str, list[list[str]]]]


CASE_COLUMNS = ("case", "vx [m/s]", "vy [m/s]", "yaw rate [rad/s]", "start", "length [s]", "collisions", "differs in")


def of(document: Document) -> Provenance:
    """Everything that one would need to play it again."""
    settings = document.settings
    judged = [
        ("play", f"{settings.play}, seed {settings.seed}" + (", quick" if settings.quick else "")),
        ("commit", settings.commit or "not in a checkout"),
        *sorted(settings.versions.items()),
        ("schema", f"{document.schema_name}, version {document.schema_version}"),
    ]
    cases = [(words(suite.name), [_case(suite, case) for case in suite.cases]) for suite in document.suites]
    return Provenance(judged, [_origin(policy) for policy in document.policies if policy.provenance], cases)


def _origin(policy: PolicyResult) -> Origin:
    made = policy.provenance
    assert made
    facts = [
        ("trained by", made.framework),
        ("environment steps", count(made.environment_steps)),
        ("wall-clock time", NONE if made.wall_s is None else duration(made.wall_s)),
        ("seed", str(made.seed)),
        ("code version", made.code_version),
        ("SHA-256 of the file", made.sha256),
        ("SHA-256 of the robot", made.robot_digest),
    ]
    return Origin(policy.name, facts, "\n".join(_lines(made.config)))


def _lines(tree: Mapping[str, Any], indent: str = "") -> list[str]:
    lines = []
    for key, value in tree.items():
        if isinstance(value, dict):
            lines += [f"{indent}{key}:", *_lines(value, indent + "  ")]
        else:
            lines.append(f"{indent}{key}: {'null' if value is None else value}")
    return lines


def _case(suite: SuiteInfo, case: CaseInfo) -> list[str]:
    seconds = case.seconds or suite.seconds
    return [
        minus(case.label),
        *(f"{value:g}".replace("-", "−") for value in case.command),
        case.start,
        f"{seconds:g}",
        case.collision,
        _differs(case),
    ]


def _differs(case: CaseInfo) -> str:
    parts = [f"{words(name)} {value}" for name, value in case.variant.items()]
    if case.push:
        push = case.push
        way = (
            f"towards {push.direction_deg:g}°" if push.direction_deg is not None else f"in {push.directions} directions"
        )
        parts.append(f"push of {push.force_N:g} N {way} at {push.at_s:g} s for {push.duration_s:g} s")
    if case.latency_steps is not None:
        parts.append(f"latency {case.latency_steps} control steps")
    if case.sensors != "ideal":
        parts.append(f"{case.sensors} sensors")
    parts.append(case.engine)
    if case.timestep_s is not None:
        parts.append(f"physics step {1e3 * case.timestep_s:g} ms")
    return ", ".join(parts)
