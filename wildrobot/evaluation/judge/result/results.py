"""What each policy did."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue

from wildrobot.evaluation.record import Count, Part, Span


class Estimate(Part):
    """A mean over n episodes with its 95 % interval; null where no episode has the figure."""

    value: float | None
    low: float | None
    high: float | None
    n: Count
    """Episodes that have the figure."""


class EpisodeEstimate(Estimate):
    """An estimate with the numbers it was made from."""

    values: list[float | None]
    """One per episode, in the order of the start states, which is the same for every policy."""


class Band(Part):
    """Over the episodes that have not fallen yet, one entry per time: the median, and the 10th and 90th percentile."""

    median: list[float | None]
    low: list[float | None]
    high: list[float | None]


class Contacts(Part):
    """When each foot of the first episode was on the ground, over a window of some seconds."""

    period_s: float
    left: list[Span]
    """Start and end [s] of each contact."""
    right: list[Span]


class Actuators(Part):
    """Per actuator, in the hardware's order, over all samples of all episodes that are alive."""

    names: list[str]
    torque_mean_Nm: list[float | None]
    """Mean absolute torque."""
    torque_p95_Nm: list[float | None]
    """95th percentile of the absolute torque."""
    saturated_share: list[float | None]
    """Share of the samples above 95 % of the torque limit."""
    speed_p95_rad_per_s: list[float | None]
    """95th percentile of the absolute velocity."""
    overspeed_share: list[float | None]
    """Share of the samples above the servo's no-load speed."""
    torque_limit_Nm: list[float] | None = None
    """Where the servo saturates; null where it is not known."""
    no_load_speed_rad_per_s: float | None = None
    """The speed of the servo without load at its nominal voltage; null where it is not known."""


class Series(Part):
    """What the curves are drawn from."""

    time_s: list[float]
    speed_along: Band
    """Velocity [m/s] along the commanded direction, in the heading frame, averaged over about a gait cycle."""
    paths: list[list[list[float | None]]]
    """Per episode: how far it has come along the first commanded direction, and to the left of it [m]; null once it has
    fallen."""
    contacts: Contacts | None
    actuators: Actuators | None


class CaseResult(Part):
    """What one policy did in one case."""

    episodes: Count
    figures: dict[str, EpisodeEstimate]
    series: Series | None


class SuiteResult(Part):
    """What one policy did in one suite."""

    cases: dict[str, CaseResult]
    overall: dict[str, Estimate]
    """Each figure over the whole suite, every case weighing the same."""


class Provenance(Part):
    """Where a policy comes from."""

    framework: str
    environment_steps: Count
    seed: int
    code_version: str
    robot_digest: str
    """SHA-256 of the robot's description that it was trained on."""
    sha256: str
    """Of the policy file."""
    wall_s: float | None
    config: dict[str, JsonValue]


class LearningCurve(Part):
    """How training went; the lists are equally long."""

    steps: list[float]
    """Environment steps, of all robots together."""
    wall_s: list[float | None]
    reward: list[float | None]
    """Mean return of an episode."""
    vx_error_m_per_s: list[float | None]


class GateResult(Part):
    """A threshold, and whether it was reached."""

    suite: str
    case: str | None
    """Null: the suite as a whole."""
    figure: str
    sense: Literal["at least", "at most", "more than"]
    limit: float
    unit: str
    reason: str
    value: float | None
    passed: bool
    sentence: str


class PolicyResult(Part):
    """One policy or baseline."""

    name: str
    baseline: bool
    provenance: Provenance | None
    notes: list[str]
    """What a reader must know before trusting the figures."""
    learning_curve: LearningCurve | None
    suites: dict[str, SuiteResult]
    gates: list[GateResult]
    passed: bool
