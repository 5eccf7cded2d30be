"""Everything that was measured of style, as a JSON tree."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from wildrobot.evaluation.judge import compare, provenance
from wildrobot.evaluation.judge.compare import number
from wildrobot.evaluation.measure.statistics import Estimate
from wildrobot.evaluation.play.session import Judged
from wildrobot.evaluation.play.suite import Suite
from wildrobot.evaluation.style.discriminator import LEVELS
from wildrobot.evaluation.style.figures import FIGURES, MATTERS
from wildrobot.evaluation.style.reference import Reference
from wildrobot.evaluation.style.scores import Walker, contrast, estimates, groups

FORMAT = "wildrobot-style-1"


def document(
    suite: Suite,
    references: Mapping[str, Sequence[Reference]],
    judged: Sequence[Judged],
    walkers: Sequence[Walker],
    *,
    samples: int,
) -> dict[str, Any]:
    """The tree: every figure of every episode, of every group, and every contrast; null where there is none."""
    commands, policies = [case.id for case in suite.cases], {each.name: each for each in judged}
    return {
        "format": FORMAT,
        "versions": provenance.versions(),
        "play": {"stochastic": False, "seed": suite.seed, "episodes": suite.episodes, "classifier_samples": samples},
        "figures": {each.name: {"unit": each.unit, "description": each.description} for each in FIGURES},
        "noise_levels": list(LEVELS),
        "commands": {
            case.id: {
                "command": list(case.play.command),
                "seconds": case.seconds,
                "clips": [each.clip.name for each in references[case.id]],
            }
            for case in suite.cases
        },
        "walkers": [
            _walker(each, commands)
            | ({"policy": provenance.of_policy(policies[each.name])} if each.name in policies else {})
            for each in walkers
        ],
        "groups": {
            name: {
                "runs": [each.name for each in group],
                "mean": _estimates(estimates(group, commands)),
                "commands": {command: _estimates(estimates(group, [command])) for command in commands},
            }
            for name, group in groups(walkers).items()
        },
        "comparisons": _comparisons(walkers, commands),
    }


def _walker(walker: Walker, commands: Sequence[str]) -> dict[str, Any]:
    return {
        "name": walker.name,
        "group": walker.group,
        "baseline": walker.baseline,
        "commands": {
            command: {
                "episodes": {name: _numbers(values) for name, values in walker.measured[command].values.items()},
                "clips": walker.measured[command].clips,
                "auc_by_noise": [_numbers(row) for row in walker.measured[command].auc],
            }
            for command in commands
        },
    }


def _comparisons(walkers: Sequence[Walker], commands: Sequence[str]) -> list[dict[str, Any]]:
    judged = groups([walker for walker in walkers if not walker.baseline])
    return [
        {
            "groups": list(names),
            "figures": {
                each.name: compare.as_data(contrast(judged[names[0]], judged[names[1]], each, commands), names)
                | {"matters": MATTERS.get(each)}
                for each in FIGURES
            },
        }
        for names in itertools.combinations(judged, 2)
    ]


def _estimates(found: Mapping[str, Estimate]) -> dict[str, Any]:
    return {
        name: {"value": number(its.value), "low": number(its.low), "high": number(its.high), "n": its.n}
        for name, its in found.items()
    }


def _numbers(values: Any) -> list[float | None]:
    return [number(float(value)) for value in values]
