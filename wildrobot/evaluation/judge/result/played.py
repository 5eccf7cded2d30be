"""What was played, and what is measured."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from wildrobot.evaluation.record import Count, Part, Triple


class Settings(Part):
    """How this evaluation was made."""

    seed: int
    """Of the start states, the random keys and the bootstrap; the same seed gives the same document, to the bit."""
    quick: bool
    """Whether fewer and shorter episodes were played, for a first answer."""
    play: Literal["deterministic", "stochastic"]
    """Whether a policy's mean action was played, or an action drawn from its distribution."""
    versions: dict[str, str]
    """Of the packages that the figures depend on: wildrobot, mujoco, jax, numpy."""
    commit: str | None
    """Git commit of the code that judged, null outside a checkout."""


class FigureInfo(Part):
    """What a figure means. A figure is a number per episode; what is reported is its mean over the episodes."""

    label: str
    unit: str
    """Empty for what has none: shares, which are written as fractions of one, ratios and logarithms."""
    kind: Literal["rate", "share", "mean"]
    """rate: 0 or 1 per episode, with a Wilson interval; share: between 0 and 1, mean: any number, with a bootstrap
    interval. People are shown rates and shares in percent."""
    better: Literal["higher", "lower"] | None
    description: str
    """The formula in words."""


class Push(Part):
    """A horizontal force on the robot's base."""

    force_N: float
    direction_deg: float | None = None
    """Where it pushes to, counter-clockwise from straight ahead; null where the episodes of the case differ in it."""
    directions: Count | None = None
    """If set, episode i is pushed to i * 360 / directions degrees."""
    at_s: float
    duration_s: float


class CaseInfo(Part):
    """One condition that every policy is played under."""

    id: str
    label: str
    command: Triple
    """vx forward [m/s], vy to the left [m/s], yaw rate counter-clockwise [rad/s], in the heading frame."""
    start: str
    """Name of the distribution of start states."""
    variant: dict[str, JsonValue]
    """What differs from the nominal robot; empty for the nominal robot."""
    push: Push | None
    latency_steps: Count | None
    """Delay of the actions in control periods; null: as in the policy's training."""
    sensors: str
    """`ideal`, or the name of the noise model."""
    engine: str
    collision: Literal["feet", "full"]
    """feet: only the feet meet the floor; full: all of the robot collides with the floor and with itself."""
    timestep_s: float | None
    """Of the physics; null: as in the policy's training."""
    seconds: float | None = None
    """Length of an episode, where it is not the suite's."""


class SuiteInfo(Part):
    """Cases that answer one question."""

    name: str
    question: str
    seconds: float
    """Length of an episode that does not end in a fall."""
    episodes: Count
    """Per case."""
    cases: list[CaseInfo]
    figures: list[str] = Field(default_factory=list)
    """The figures that matter most here, in the order of the columns of a table."""
