"""The top of the page: for each policy, whether it is good, and the sentences that matter."""

from __future__ import annotations

from dataclasses import dataclass

from wildrobot.evaluation.judge.result import Evaluation, PolicyResult
from wildrobot.evaluation.show.report import gates
from wildrobot.evaluation.show.report.gates import Reached
from wildrobot.evaluation.show.report.numbers import count, duration, minus
from wildrobot.evaluation.show.report.style import Style

_SENTENCES, _NOTES = 2, 3


@dataclass(frozen=True)
class Verdict:
    """What a policy's card says."""

    name: str
    style: Style
    passed: bool
    reached: Reached
    origin: str
    sentences: list[str]
    more: int


@dataclass(frozen=True)
class Notes:
    """What to know about a policy before trusting its metrics: the first few, and the rest."""

    name: str
    first: list[str]
    rest: list[str]


def title(evaluation: Evaluation) -> list[str]:
    """Which policies were judged: words and names in turn, so that no line breaks within a name or before a comma."""
    names = [policy.name for policy in evaluation.policies if not policy.baseline]
    if len(names) > 3:
        return [f"Evaluation of {len(names)} policies"]
    between = [" "] * (len(names) - 2) + [" and "] * (len(names) > 1)
    names = [f"{name}," for name in names[:-2]] + names[-2:]
    return [part for pair in zip(["Evaluation of ", *between], names, strict=True) for part in pair]


def lead(evaluation: Evaluation) -> str:
    """What was judged, in one or two sentences."""
    settings = evaluation.settings
    policies = [policy for policy in evaluation.policies if not policy.baseline]
    episodes = max(
        (
            sum(case.episodes for suite in p.suites.values() for case in suite.cases.values())
            for p in evaluation.policies
        ),
        default=0,
    )
    suites, each = len(evaluation.suites), " each" if len(policies) > 1 else ""
    play = "by its mean action" if settings.play == "deterministic" else "by actions drawn from its distribution"
    sentence = (
        f"{count(episodes)} simulated episodes{each} in {suites} suite{'' if suites == 1 else 's'}, "
        f"played {settings.play}ally ({play}), seed {settings.seed}."
    )
    baselines = [policy.name for policy in evaluation.policies if policy.baseline]
    return sentence + (f" Shown beside: {', '.join(baselines)}." if baselines else "")


def verdict(evaluation: Evaluation, policy: PolicyResult, style: Style) -> Verdict:
    """How many gates it passes, and the first that it fails."""
    failed = gates.failed(evaluation, policy)
    sentences = [
        f"{row.where[0].upper()}{row.where[1:]}: {row.metric} {row.value}, must be {row.limit}."
        for row in failed[:_SENTENCES]
    ]
    if policy.gates and not failed:
        sentences = ["It reaches every threshold that was set."]
    return Verdict(
        name=policy.name,
        style=style,
        passed=policy.passed,
        reached=gates.reached(policy),
        origin=_origin(policy),
        sentences=sentences,
        more=max(0, len(failed) - _SENTENCES),
    )


def notes(evaluation: Evaluation) -> list[Notes]:
    """Of each policy that has any."""
    found = [(policy.name, [minus(note) for note in policy.notes]) for policy in evaluation.policies]
    return [Notes(name, every[:_NOTES], every[_NOTES:]) for name, every in found if every]


def _origin(policy: PolicyResult) -> str:
    made = policy.provenance
    if made is None:
        return "baseline"
    trained = f"{made.framework}, {count(made.environment_steps)} environment steps"
    return trained + (f" in {duration(made.wall_s)}" if made.wall_s is not None else "")
