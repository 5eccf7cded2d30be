"""The form of a suite: a YAML file of a question, cases, and the gates on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, JsonValue, create_model, model_validator

from wildrobot.config import NonNegative, Number, Positive, Range, Section, SmallCount, Strict
from wildrobot.errors import UsageError
from wildrobot.evaluation.play.actions import BaselineName
from wildrobot.evaluation.play.case import Collision, Engine
from wildrobot.evaluation.record import LONGEST_S
from wildrobot.physics.variants import PARAMETER_NAMES

SCHEMA_VERSION = 2


def _several(given: Any) -> tuple[Any, ...]:
    return tuple(given) if isinstance(given, (list, tuple)) else (given,)


_OneOrMore = (BeforeValidator(_several), Field(min_length=1))
"""One value is written without a list. Of several each is played, with every combination of the others."""
Values = Annotated[tuple[Number, ...], *_OneOrMore]
PositiveValues = Annotated[tuple[Positive, ...], *_OneOrMore]

Length = Annotated[float, Field(ge=0.02, le=LONGEST_S)]
_Episodes = Annotated[int, Field(ge=1, le=100_000)]


class StartSpec(Section):
    """A kind of start: perturbed home poses (half widths), and a lean forward about the ankles."""

    joint_angle_rad: NonNegative = 0.0
    tilt_rad: NonNegative = 0.0
    base_velocity_m_per_s: NonNegative = 0.0
    base_angular_velocity_rad_per_s: NonNegative = 0.0
    joint_velocity_rad_per_s: NonNegative = 0.0
    lean_rad: Range = (0.0, 0.0)


class PushSpec(Strict):
    """A horizontal force on the base; the episodes of a case take turns in its evenly spaced directions."""

    force_N: PositiveValues
    directions: SmallCount
    at_s: NonNegative
    duration_s: Annotated[float, Field(ge=1e-3, le=LONGEST_S)]


def _variant_fields() -> type[Strict]:
    """A field for each parameter in which robots differ; scales and friction are positive."""
    # As `Any`, since the type checker knows no `|` of annotated types.
    positive: Any = PositiveValues
    either: Any = Values
    fields: dict[str, Any] = {
        name: ((positive if name.endswith("_scale") or name == "friction" else either) | None, None)
        for name in PARAMETER_NAMES
    }
    return create_model("_VariantFields", __base__=Strict, **fields)


if TYPE_CHECKING:
    _VariantFields = Strict
else:
    _VariantFields = _variant_fields()


class CaseSpec(_VariantFields):
    """Cases: every combination of the values given. What is not given is as the policy was trained, or nominal."""

    vx_m_per_s: Values = (0.0,)
    vy_m_per_s: Values = (0.0,)
    yaw_rate_rad_per_s: Values = (0.0,)
    start: str
    sensors: str = "ideal"
    settings: Annotated[tuple[str, ...], *_OneOrMore] | None = None
    seconds: Annotated[tuple[Length, ...], *_OneOrMore] | None = None
    push: PushSpec | None = None
    latency_steps: Annotated[tuple[Annotated[int, Field(ge=0, le=5)], ...], *_OneOrMore] | None = None
    leg_period_steps: Annotated[tuple[SmallCount, ...], *_OneOrMore] | None = None
    engine: Annotated[tuple[Engine, ...], *_OneOrMore] = ("native",)
    collision: Collision = "full"
    timestep_s: PositiveValues | None = None


class GateSpec(Strict):
    """One threshold, on each case that `cases` selects, with its reason.

    Attributes:
      metric: the name of a metric.
      cases: fields of a case and the values to select by; none selects every case.
      at_least, at_most, more_than: the limit, in the metric's unit; `at_least` grows by `per_vx` for each m/s of vx.
      beats: the name of a baseline whose value must be beaten; where that is perfect, equalled.
      reason: why this much.
    """

    metric: str
    cases: dict[str, Annotated[tuple[Number | str, ...], *_OneOrMore]] = Field(default_factory=dict)
    at_least: Number | None = None
    at_most: Number | None = None
    more_than: Number | None = None
    per_vx: NonNegative = 0.0
    beats: BaselineName | None = None
    reason: str

    @model_validator(mode="after")
    def _one_limit(self) -> GateSpec:
        given = [name for name in ("at_least", "at_most", "more_than", "beats") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("give exactly one of at_least, at_most, more_than, beats")
        return self


class QuickSpec(Strict):
    """What `--quick` plays instead."""

    episodes: _Episodes
    seconds: Length


class SuiteFile(Strict):
    """Cases that answer one question, and the gates on them.

    Attributes:
      schema_version: of this form; files of version 1, which say nothing, are read too.
      question: what a reader learns.
      seconds: length of an episode, unless a case says otherwise.
      episodes: of each case.
      quick: the same for `--quick`; none leaves the suite out.
      baselines: which are played besides.
      metrics: the columns of its table.
      headline: the metrics that say which of two policies is better, and the smallest difference that matters.
      sensors: named noise and errors of the sensors, in the form of `settings`; `ideal` is there already.
      settings: named changes of the environment: paths in its configuration and their values.
      starts: named kinds of start.
    """

    schema_version: Literal[2]
    question: str
    seconds: Length
    episodes: _Episodes
    quick: QuickSpec | None
    baselines: tuple[BaselineName, ...] = ()
    metrics: tuple[str, ...]
    headline: dict[str, Positive]
    sensors: dict[str, dict[str, JsonValue]] = Field(default_factory=dict)
    settings: dict[str, dict[str, JsonValue]] = Field(default_factory=dict)
    starts: dict[str, StartSpec]
    cases: Annotated[tuple[CaseSpec, ...], Field(min_length=1)]
    gates: tuple[GateSpec, ...] = ()

    @model_validator(mode="after")
    def _names_exist(self) -> SuiteFile:
        for spec in self.cases:
            if spec.start not in self.starts:
                raise ValueError(f"a case starts from {spec.start!r}; the starts are: {', '.join(self.starts)}")
            if spec.sensors not in ("ideal", *self.sensors):
                raise ValueError(
                    f"a case has {spec.sensors!r} sensors; there are: {', '.join(('ideal', *self.sensors))}"
                )
            for name in spec.settings or ():
                if name not in self.settings:
                    known = ", ".join(self.settings) or "none"
                    raise ValueError(f"a case has the settings {name!r}; there are: {known}")
        return self


def migrated(tree: dict[str, Any], source: str) -> dict[str, Any]:
    """A file of version 1, which called a metric a figure and wrote sensors as one section, as one of this version.

    Raises:
      UsageError: for a file that is newer than this program.
    """
    version = tree.get("schema_version", 1)
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise UsageError(f"{source}: it has schema_version {version}, newer than {SCHEMA_VERSION}; update WildRobot")
    if "schema_version" in tree:
        return tree
    tree = _renamed(tree, "figures", "metrics") | {"schema_version": SCHEMA_VERSION}
    if isinstance(tree.get("sensors"), dict):
        tree["sensors"] = {name: _sensor_paths(block) for name, block in tree["sensors"].items()}
    if isinstance(tree.get("gates"), list):
        tree["gates"] = [_renamed(gate, "figure", "metric") for gate in tree["gates"]]
    return tree


_SENSORS_OF_VERSION_1 = {
    "gyro_noise_rad_per_s": "task.observation.noise.gyro",
    "gravity_noise": "task.observation.noise.gravity",
    "joint_angle_noise_rad": "task.observation.noise.joint_angle",
    "joint_velocity_noise_rad_per_s": "task.observation.noise.joint_velocity",
    "joint_zero_error_rad": "task.sensing.joint_zero_error_rad",
    "tilt_error_rad": "task.sensing.imu_tilt_rad",
}


def _sensor_paths(block: Any) -> Any:
    if not isinstance(block, dict):
        return block
    return {_SENSORS_OF_VERSION_1.get(name, name): value for name, value in block.items()}


def _renamed(tree: Any, old: str, new: str) -> Any:
    return {new if name == old else name: value for name, value in tree.items()} if isinstance(tree, dict) else tree
