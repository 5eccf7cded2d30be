"""Where the policies come from, and exactly what was asked of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wildrobot.evaluation.judge.result import Evaluation, PolicyResult
from wildrobot.evaluation.play.case import Case
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


def provenance(evaluation: Evaluation) -> Provenance:
    """Everything that one would need to play it again."""
    settings = evaluation.settings
    judged = [
        ("play", f"{settings.play}, seed {settings.seed}" + (", quick" if settings.quick else "")),
        ("commit", settings.commit or "not in a checkout"),
        *sorted(settings.versions.items()),
        ("schema", f"{evaluation.schema_name}, version {evaluation.schema_version}"),
    ]
    cases = [(words(suite.name), [_case(case) for case in suite.cases]) for suite in evaluation.suites]
    return Provenance(judged, [_origin(policy) for policy in evaluation.policies if policy.provenance], cases)


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


def _case(case: Case) -> list[str]:
    return [
        minus(case.label),
        *(f"{value:g}".replace("-", "−") for value in case.command),
        case.start,
        f"{case.seconds:g}",
        case.collision,
        _differs(case),
    ]


def _differs(case: Case) -> str:
    parts = [f"{words(name)} {value}" for name, value in case.variant.items()]
    if case.push:
        push = case.push
        parts.append(
            f"push of {push.force_N:g} N in {push.directions} directions at {push.at_s:g} s for {push.duration_s:g} s"
        )
    if case.latency_steps is not None:
        parts.append(f"latency {case.latency_steps} control steps")
    if case.leg_period_steps is not None:
        parts.append(f"legs read every {case.leg_period_steps} control steps")
    if case.sensors != "ideal":
        parts.append(f"{case.sensors} sensors")
    if case.settings is not None:
        parts.append(words(case.settings))
    parts.append(case.engine)
    if case.timestep_s is not None:
        parts.append(f"physics step {1e3 * case.timestep_s:g} ms")
    return ", ".join(parts)
