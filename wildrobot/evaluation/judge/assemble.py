"""The result document, put together from what was played; `document` says what is in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from wildrobot.evaluation.judge import compare, provenance
from wildrobot.evaluation.judge.cases import CaseResult, estimates
from wildrobot.evaluation.judge.compare import Results, number
from wildrobot.evaluation.judge.gates import GateResult
from wildrobot.evaluation.judge.result import SCHEMA, SCHEMA_VERSION
from wildrobot.evaluation.measure.metrics.figures import FIGURES
from wildrobot.evaluation.measure.statistics import Estimate
from wildrobot.evaluation.play.case import Case
from wildrobot.evaluation.play.session import Judged
from wildrobot.evaluation.play.suite import Suite
from wildrobot.records import commit

_KEPT_DIGITS = 6


def document(
    *,
    suites: Sequence[Suite],
    judged: Sequence[Judged],
    results: Mapping[str, Results],
    baselines: Mapping[str, Results],
    gates: Mapping[str, Sequence[GateResult]],
    notes: Mapping[str, Sequence[str]],
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    """The document, as a tree of plain values.

    Args:
      suites: what was played.
      judged: the policies.
      results: by the name of each policy.
      baselines: the same for each baseline.
      gates, notes: by the name of each policy.
      settings: how it was played.
    """
    policies = [
        _policy(results[each.name], each.name, gates[each.name], notes[each.name])
        | {"provenance": provenance.of_policy(each), "learning_curve": provenance.learning_curve(each)}
        for each in judged
    ]
    policies += [_policy(played, name, (), ()) | {"baseline": True} for name, played in baselines.items()]
    return {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "settings": {**settings, "versions": provenance.versions(), "commit": commit()},
        "figures": {
            each.name: {
                "label": each.label, "unit": each.unit, "kind": each.kind, "better": each.better,
                "description": each.description,
            }
            for each in FIGURES
        },
        "suites": [_suite(suite) for suite in suites],
        "policies": policies,
        "comparisons": _comparisons(suites, judged, results),
    }  # fmt: skip


def _suite(suite: Suite) -> dict[str, Any]:
    return {
        "name": suite.name,
        "question": suite.file.question,
        "seconds": max(case.seconds for case in suite.cases),
        "episodes": suite.episodes,
        "figures": list(suite.file.figures),
        "cases": [_case(case) for case in suite.cases],
    }


def _case(case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "label": case.label,
        "command": list(case.play.command),
        "start": case.play.start,
        "variant": dict(case.play.variant),
        "push": case.play.push._asdict() if case.play.push else None,
        "latency_steps": case.setting.latency_steps,
        "sensors": case.setting.sensors,
        "engine": case.setting.engine,
        "collision": case.setting.collision,
        "timestep_s": case.setting.timestep_s,
        "seconds": case.seconds,
    }


def _policy(results: Results, name: str, gates: Sequence[GateResult], notes: Sequence[str]) -> dict[str, Any]:
    return {
        "name": name,
        "baseline": False,
        "provenance": None,
        "notes": list(notes),
        "learning_curve": None,
        "suites": {
            suite: {
                "cases": {case: _case_result(result) for case, result in cases.items()},
                "overall": {
                    name: _estimate(each) for name, each in estimates([case.values for case in cases.values()]).items()
                },
            }
            for suite, cases in results.items()
        },
        "gates": [_gate(gate) for gate in gates],
        "passed": all(gate.passed for gate in gates),
    }


def _gate(gate: GateResult) -> dict[str, Any]:
    tree = dataclasses.asdict(gate) | {"sentence": gate.sentence}
    del tree["case_label"]  # the suite's case has it
    return tree


def _case_result(result: CaseResult) -> dict[str, Any]:
    return {
        "episodes": len(result.values["survival"]),
        "figures": {
            name: _estimate(result.estimates[name]) | {"values": [_short(value) for value in values]}
            for name, values in result.values.items()
        },
        "series": result.series,
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {
        "value": number(estimate.value), "low": number(estimate.low), "high": number(estimate.high), "n": estimate.n,
    }  # fmt: skip


def _short(value: float) -> float | None:
    """Single episodes in as many digits as single precision has."""
    found = number(value)
    return None if found is None else float(f"{found:.{_KEPT_DIGITS}g}")


def _comparisons(
    suites: Sequence[Suite], judged: Sequence[Judged], results: Mapping[str, Results]
) -> list[dict[str, Any]]:
    """The first group against each of the others."""
    groups = compare.groups({each.name: each.policy.info.framework for each in judged})
    first, *others = groups
    return [_comparison(suites, {first: groups[first], other: groups[other]}, judged, results) for other in others]


def _comparison(
    suites: Sequence[Suite], groups: dict[str, list[str]], judged: Sequence[Judged], results: Mapping[str, Results]
) -> dict[str, Any]:
    first, second = groups
    members = [[results[name] for name in groups[group]] for group in (first, second)]
    told = {}
    for suite in suites:
        ids = [case.id for case in suite.cases]
        overall = compare.contrasts(members[0], members[1], suite, ids)
        by_case = {case: compare.contrasts(members[0], members[1], suite, [case]) for case in ids}
        verdict = compare.verdict(suite, (first, second), overall, by_case)
        told[suite.name] = {
            "verdict": verdict.sentence,
            "details": list(verdict.details),
            "figures": _contrasts(overall, (first, second)),
            "cases": {case: {"figures": _contrasts(found, (first, second))} for case, found in by_case.items()},
        }
    return {
        "groups": groups,
        "unit": compare.unit(members[0], members[1]),
        "suites": told,
        "cost": {group: _cost([each for each in judged if each.name in names]) for group, names in groups.items()},
    }


def _contrasts(found: Mapping[str, compare.Contrast], names: tuple[str, str]) -> dict[str, Any]:
    return {figure: compare.as_data(contrast, names) for figure, contrast in found.items()}


def _cost(members: Sequence[Judged]) -> dict[str, float | None]:
    known = [provenance.of_policy(each) for each in members]
    seconds = [each["wall_s"] for each in known]
    return {
        "environment_steps": sum(each["environment_steps"] for each in known) / len(known),
        "wall_s": None if None in seconds else sum(seconds) / len(seconds),
    }
