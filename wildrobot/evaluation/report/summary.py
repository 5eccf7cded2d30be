"""The top of the page: for each policy, whether it is good, and the sentences that matter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wildrobot.evaluation.document import Document
from wildrobot.evaluation.document.results import PolicyResult
from wildrobot.evaluation.report.numbers import (
    count,
    decimals_for,
    duration,
    in_percent,
    minus,
    number,
    percent,
    plain,
    unit_of,
)
from wildrobot.evaluation.report.style import Style

_SENTENCES = 2


@dataclass(frozen=True)
class Verdict:
    """What a policy's card says."""

    name: str
    style: Style
    passed: bool
    reached: int
    total: int
    origin: str
    sentences: list[str]
    more: int


@dataclass(frozen=True)
class GateRow:
    """A gate as text."""

    passed: bool
    figure: str
    where: str
    value: str
    limit: str
    reason: str


def title(document: Document) -> list[str]:
    """Who was judged: words and names in turn, so that no line breaks within a name."""
    names = [policy.name for policy in document.policies if not policy.baseline]
    if not names:
        return ["Evaluation of baselines"]
    if len(names) > 3:
        return [f"Evaluation of {len(names)} policies"]
    between = [", "] * (len(names) - 2) + [" and "] * (len(names) > 1)
    return [part for pair in zip(["Evaluation of ", *between], names, strict=True) for part in pair]


def lead(document: Document) -> str:
    """What was judged, in one or two sentences."""
    settings = document.settings
    policies = [policy for policy in document.policies if not policy.baseline]
    episodes = max(
        (sum(case.episodes for suite in p.suites.values() for case in suite.cases.values()) for p in document.policies),
        default=0,
    )
    suites, each = len(document.suites), " each" if len(policies) > 1 else ""
    play = "by its mean action" if settings.play == "deterministic" else "by actions drawn from its distribution"
    sentence = (
        f"{count(episodes)} simulated episodes{each} in {suites} suite{'' if suites == 1 else 's'}, "
        f"played {settings.play}ally ({play}), seed {settings.seed}."
    )
    baselines = [policy.name for policy in document.policies if policy.baseline]
    return sentence + (f" Shown beside: {', '.join(baselines)}." if baselines else "")


def verdict(document: Document, policy: PolicyResult, style: Style) -> Verdict:
    """How many gates it passes, and the first that it fails."""
    failed = [gate for gate in policy.gates if not gate.passed]
    rows = [row for row in gate_rows(document, policy) if not row.passed]
    sentences = [
        f"{row.where[0].upper()}{row.where[1:]}: {row.figure} {row.value}, must be {row.limit}."
        for row in rows[:_SENTENCES]
    ]
    if policy.gates and not failed:
        sentences = ["It reaches every threshold that was set."]
    return Verdict(
        name=policy.name,
        style=style,
        passed=policy.passed,
        reached=len(policy.gates) - len(failed),
        total=len(policy.gates),
        origin=_origin(policy),
        sentences=sentences,
        more=max(0, len(failed) - _SENTENCES),
    )


def gate_rows(document: Document, policy: PolicyResult) -> list[GateRow]:
    """The failed ones first, otherwise in the order of the suites."""
    labels = {(suite.name, case.id): case.label for suite in document.suites for case in suite.cases}
    rows = []
    for gate in sorted(policy.gates, key=lambda gate: gate.passed):
        where = f"{words(gate.suite)}, {minus(labels.get((gate.suite, gate.case or ''), gate.case or 'all cases'))}"
        info = document.figures.get(gate.figure)
        label = info.label if info else words(gate.figure)
        unit = unit_of(info) if info else gate.unit
        share = info is not None and in_percent(info)
        value = "none" if gate.value is None else f"{_number(gate.value, share)} {unit}".rstrip()
        limit = f"{gate.sense} {plain(100.0 * gate.limit if share else gate.limit)} {unit}".rstrip()
        rows.append(GateRow(gate.passed, label, where, value, limit, gate.reason))
    return rows


def comparison_verdicts(document: Document) -> Mapping[str, str]:
    """The verdict sentence of each suite."""
    return {name: suite.verdict for name, suite in document.comparison.suites.items()} if document.comparison else {}


def words(name: str) -> str:
    """A name of a program as a person would write it."""
    return name.replace("_", " ")


def _origin(policy: PolicyResult) -> str:
    made = policy.provenance
    if made is None:
        return "baseline"
    trained = f"{made.framework}, {count(made.environment_steps)} environment steps"
    return trained + (f" in {duration(made.wall_s)}" if made.wall_s is not None else "")


def _number(value: float, share: bool) -> str:
    return percent(value) if share else number(value, max(2, decimals_for([value])))


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
