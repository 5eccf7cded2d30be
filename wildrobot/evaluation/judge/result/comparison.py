"""Which of two groups of policies is better."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from wildrobot.config import Share
from wildrobot.evaluation.record import Number, Record

FEWEST_RUNS = 5
"""Trainings of each group from which on a bootstrap interval is trusted: of 3 against 3 equal groups it leaves out 0 in
17 % of draws instead of 5 %, and no test of ranks could reach 5 % there either."""


class GroupEstimate(Record):
    """A metric of a group; across training runs it is the interquartile mean with its bootstrap interval."""

    value: Number
    low: Number
    high: Number
    points: tuple[Number, ...]
    """One per policy of the group, in its order."""


class Contrast(Record):
    """One metric of two groups. The difference is that of the first named group minus the second."""

    by_group: dict[str, GroupEstimate]
    difference: Number
    low: Number
    high: Number
    probability_of_improvement: Share | None
    """The probability that a run of the first group beats one of the second; ties count half. Null for a metric of
    which neither way is better."""
    significant: bool
    """Whether the interval of the difference leaves out 0, with enough runs to trust the interval."""

    @property
    def too_few_runs(self) -> bool:
        """Whether a group has so few training runs that its interval is not to be trusted."""
        runs = [len(group.points) for group in self.by_group.values()]
        return max(runs) > 1 and min(runs) < FEWEST_RUNS


class CaseComparison(Record):
    """The groups in one case."""

    metrics: dict[str, Contrast]


class SuiteComparison(CaseComparison):
    """The groups over a whole suite, and in each of its cases."""

    verdict: str
    """Which group is better, in one sentence."""
    details: tuple[str, ...]
    """A sentence for each metric that decides, and where it differs."""
    cases: dict[str, CaseComparison]


class Cost(Record):
    """What training one policy of the group costs, on average."""

    environment_steps: Number
    wall_s: Number


class Comparison(Record):
    """Two groups of policies, such as the seeds of two trainers."""

    groups: Annotated[dict[str, tuple[str, ...]], Field(min_length=2, max_length=2)]
    unit: Literal["training seed", "episode"]
    """What was resampled for the intervals."""
    suites: dict[str, SuiteComparison]
    cost: dict[str, Cost]
