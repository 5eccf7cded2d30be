"""What a reader must know before trusting the metrics of a policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from wildrobot.evaluation.judge.result import SuiteResult
from wildrobot.evaluation.play.candidates import Candidate
from wildrobot.evaluation.play.suite import Suite

_WEIGHT_TOLERANCE = 0.05
"""On average a robot's feet bear its weight; if the mean is further off than this, the recording is wrong."""
_AXES = (("vx_m_per_s", "m/s forward"), ("vy_m_per_s", "m/s to the left"), ("yaw_rate_rad_per_s", "rad/s"))


def notes(candidate: Candidate, suites: Sequence[Suite], results: Mapping[str, SuiteResult]) -> list[str]:
    """Commands that it was not trained on, and feet that do not bear its weight.

    Args:
      candidate: the policy.
      suites: what it played.
      results: what it reached, by suite.
    """
    return [*_commands(candidate, suites), *(note for suite in suites for note in _loads(suite, results[suite.name]))]


def _commands(candidate: Candidate, suites: Sequence[Suite]) -> list[str]:
    found, trained = [], candidate.policy.interface.command
    for axis, (name, unit) in enumerate(_AXES):
        low, high = getattr(trained, name)
        asked = {case.command[axis] for suite in suites for case in suite.cases}
        if outside := sorted(value for value in asked if not low <= value <= high):
            listed = ", ".join(f"{value:g}" for value in outside)
            found.append(f"{listed} {unit} is outside the commands it was trained on, {low:g} to {high:g}")
    return found


def _loads(suite: Suite, result: SuiteResult) -> list[str]:
    found = []
    for case in suite.cases:
        metrics = result.cases[case.id].metrics
        # A robot that falls does not stand on its feet.
        loads = metrics["load_over_weight"].array[metrics["survival"].array == 1.0]
        loads = loads[np.isfinite(loads)]
        if len(loads) and abs(loads.mean() - 1.0) > _WEIGHT_TOLERANCE:
            found.append(
                f"{suite.name}, {case.label}: its feet bear {loads.mean():.2f} of its weight on average; they press "
                "against each other, other parts bear some, or the recording is wrong"
            )
    return found
