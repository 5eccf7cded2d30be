"""The whole result, put together from what each policy and baseline reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wildrobot.evaluation.judge import compare, gates
from wildrobot.evaluation.judge.notes import notes
from wildrobot.evaluation.judge.provenance import learning_curve, provenance
from wildrobot.evaluation.judge.result import (
    Comparison,
    Cost,
    Evaluation,
    PolicyResult,
    Provenance,
    Settings,
    SuiteInfo,
    SuiteResult,
)
from wildrobot.evaluation.measure.metrics import METRICS, MetricInfo
from wildrobot.evaluation.play.candidates import Candidate
from wildrobot.evaluation.play.suite import Suite

Results = Mapping[str, Mapping[str, SuiteResult]]
"""By the name of a policy or baseline, then by suite."""


def assemble(
    *,
    suites: Sequence[Suite],
    candidates: Sequence[Candidate],
    results: Results,
    baselines: Results,
    settings: Settings,
) -> Evaluation:
    """The result.

    Args:
      suites: what was played, each by every policy.
      candidates: the policies.
      results: what they reached.
      baselines: what the baselines reached, in the suites that have them.
      settings: how it was played.
    """
    infos = [suite_info(suite) for suite in suites]
    policies = [_policy(each, suites, results[each.name], baselines) for each in candidates]
    policies += [
        PolicyResult(
            name=name, baseline=True, provenance=None, notes=(), learning_curve=None, suites=dict(its), gates=(),
            passed=True,
        )
        for name, its in baselines.items()
    ]  # fmt: skip
    return Evaluation(
        settings=settings,
        metrics={name: each.info for name, each in METRICS.items()},
        suites=tuple(infos),
        policies=tuple(policies),
        comparisons=tuple(_comparisons(infos, candidates, results)),
    )


def suite_info(suite: Suite) -> SuiteInfo:
    """What the result says of a suite."""
    return SuiteInfo(
        name=suite.name,
        question=suite.file.question,
        episodes=suite.episodes,
        cases=suite.cases,
        metrics=suite.file.metrics,
        headline=suite.file.headline,
    )


def _policy(
    candidate: Candidate, suites: Sequence[Suite], results: Mapping[str, SuiteResult], baselines: Results
) -> PolicyResult:
    checked = [
        gate
        for suite in suites
        for gate in gates.check(
            suite, results[suite.name], {name: its[suite.name] for name, its in baselines.items() if suite.name in its}
        )
    ]
    return PolicyResult(
        name=candidate.name,
        baseline=False,
        provenance=provenance(candidate),
        notes=tuple(notes(candidate, suites, results)),
        learning_curve=learning_curve(candidate),
        suites=dict(results),
        gates=tuple(checked),
        passed=all(gate.passed for gate in checked),
    )


def _comparisons(suites: Sequence[SuiteInfo], candidates: Sequence[Candidate], results: Results) -> list[Comparison]:
    """The first group against each of the others."""
    groups = compare.groups({each.name: each.policy.info.framework for each in candidates})
    first, *others = groups
    pairs = [{first: groups[first], other: groups[other]} for other in others]
    infos = {name: each.info for name, each in METRICS.items()}
    origins = {each.name: provenance(each) for each in candidates}
    return [comparison(pair, suites, results, infos, origins) for pair in pairs]


def comparison(
    groups: Mapping[str, tuple[str, ...]],
    suites: Sequence[SuiteInfo],
    results: Results,
    infos: Mapping[str, MetricInfo],
    origins: Mapping[str, Provenance],
) -> Comparison:
    """Two groups of policies in every suite, and what each has cost.

    Args:
      groups: the names of the policies, by the name of their group.
      suites: what was played.
      results: what the policies reached.
      infos: the metrics, by name.
      origins: where the policies come from, by name.
    """
    return Comparison(
        groups=dict(groups),
        unit=compare.unit(groups),
        suites={
            suite.name: compare.compare_suite(suite, _members(groups, results, suite.name), infos) for suite in suites
        },
        cost={group: _cost([origins[name] for name in names]) for group, names in groups.items()},
    )


def _members(groups: Mapping[str, Sequence[str]], results: Results, suite: str) -> dict[str, list[SuiteResult]]:
    return {group: [results[name][suite] for name in names] for group, names in groups.items()}


def _cost(known: Sequence[Provenance]) -> Cost:
    seconds = [each.wall_s for each in known if each.wall_s is not None]
    return Cost(
        environment_steps=sum(each.environment_steps for each in known) / len(known),
        wall_s=sum(seconds) / len(seconds) if len(seconds) == len(known) else None,
    )
