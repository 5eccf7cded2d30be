"""What each policy did."""

from __future__ import annotations

import functools
from typing import Literal

import numpy as np
from jaxtyping import Float
from pydantic import JsonValue, field_serializer

from wildrobot.evaluation.measure import statistics
from wildrobot.evaluation.measure.series import Series
from wildrobot.evaluation.record import Count, Number, Record, number

_SAVED_DIGITS = 6


class Estimate(Record):
    """A mean over n episodes with its 95 % interval; null where no episode has the metric."""

    value: Number
    low: Number
    high: Number
    n: Count
    """Episodes that have the metric."""

    @classmethod
    def from_statistics(cls, found: statistics.Estimate) -> Estimate:
        """Of the NaN of arithmetic, the null of records."""
        return cls(value=number(found.value), low=number(found.low), high=number(found.high), n=found.n)


class EpisodeEstimate(Estimate):
    """An estimate with the numbers it was made from."""

    values: tuple[Number, ...]
    """One per episode, in the order of the start states, which is the same for every policy; saved in six digits."""

    @functools.cached_property
    def array(self) -> Float[np.ndarray, " E"]:
        """The values, NaN where an episode has none."""
        return np.array([np.nan if value is None else value for value in self.values], np.float64)

    @field_serializer("values")
    def _as_saved(self, values: tuple[Number, ...]) -> list[Number]:
        return [None if value is None else float(f"{value:.{_SAVED_DIGITS}g}") for value in values]


class CaseResult(Record):
    """What one policy did in one case."""

    episodes: Count
    metrics: dict[str, EpisodeEstimate]
    series: Series


class SuiteResult(Record):
    """What one policy did in one suite."""

    cases: dict[str, CaseResult]
    overall: dict[str, Estimate]
    """Each metric over the whole suite, every case weighing the same."""


class Provenance(Record):
    """Where a policy comes from."""

    framework: str
    environment_steps: Count
    seed: int
    code_version: str
    robot_digest: str
    """SHA-256 of the robot's description that it was trained on."""
    sha256: str
    """Of the policy file."""
    wall_s: Number
    config: dict[str, JsonValue]


class LearningCurve(Record):
    """How training went; the lists are equally long."""

    steps: tuple[float, ...]
    """Environment steps, of all robots together."""
    wall_s: tuple[Number, ...]
    reward: tuple[Number, ...]
    """Mean return of an episode."""
    vx_error_m_per_s: tuple[Number, ...]


class GateResult(Record):
    """A threshold, and whether it was reached in one case."""

    suite: str
    case: str
    metric: str
    sense: Literal["at least", "at most", "more than"]
    limit: Number
    """None if it is what a baseline reaches, and that has none; nothing passes such a gate."""
    unit: str
    reason: str
    value: Number
    """None if no episode has the metric, which fails the gate."""
    passed: bool
    sentence: str
    """E.g. `pass: walk, 0.10 m/s: survival 0.992 (at least 0.95)`."""


class PolicyResult(Record):
    """One policy or baseline."""

    name: str
    baseline: bool
    provenance: Provenance | None
    """Null for a baseline."""
    notes: tuple[str, ...]
    """What a reader must know before trusting the metrics."""
    learning_curve: LearningCurve | None
    """Null where there is no log of the training."""
    suites: dict[str, SuiteResult]
    gates: tuple[GateResult, ...]
    passed: bool
