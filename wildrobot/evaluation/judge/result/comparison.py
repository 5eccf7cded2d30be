"""Which of two groups of policies is better."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from wildrobot.evaluation.record import Part, Share


class GroupEstimate(Part):
    """A figure of a group; across training runs it is the interquartile mean with its bootstrap interval."""

    value: float | None
    low: float | None
    high: float | None
    points: list[float | None]
    """One per policy of the group, in its order."""


class Contrast(Part):
    """One figure of two groups. The difference is that of the first named group minus the second."""

    by_group: dict[str, GroupEstimate]
    difference: float | None
    low: float | None
    high: float | None
    probability_of_improvement: Share | None
    """The probability that a run of the first group beats one of the second; ties count half."""
    significant: bool


class CaseComparison(Part):
    """The groups in one case."""

    figures: dict[str, Contrast]


class SuiteComparison(CaseComparison):
    """The groups over a whole suite, and in each of its cases."""

    verdict: str
    """Which group is better, in one sentence."""
    details: list[str]
    """A sentence for each figure that decides, and where it differs."""
    cases: dict[str, CaseComparison]


class Cost(Part):
    """What training one policy of the group costs, on average."""

    environment_steps: float | None
    wall_s: float | None


class Comparison(Part):
    """Two groups of policies, such as the seeds of two trainers."""

    groups: Annotated[dict[str, list[str]], Field(min_length=2, max_length=2)]
    unit: Literal["training seed", "episode"]
    """What was resampled for the intervals."""
    suites: dict[str, SuiteComparison]
    cost: dict[str, Cost]
