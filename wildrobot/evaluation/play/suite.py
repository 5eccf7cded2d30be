"""What the judge plays, as data: each suite is a YAML file of cases and of the gates on them.

A suite is the same for every policy, whatever that was trained on.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from wildrobot.config import Count, NonNegative, Positive, Range, Section, Strict, parse_yaml, validated
from wildrobot.errors import UsageError
from wildrobot.evaluation.measure.metrics.figures import FIGURE_NAMES, FIGURES, figure
from wildrobot.evaluation.play.actions import BASELINES, BaselineName
from wildrobot.evaluation.play.case import Case, Engine, Play, Push, Setting, named
from wildrobot.physics.variants import PARAMETER_NAMES
from wildrobot.task.config import ObservationConfig


def _several(given: Any) -> tuple[Any, ...]:
    return tuple(given) if isinstance(given, (list, tuple)) else (given,)


_OneOrMore = (BeforeValidator(_several), Field(min_length=1))
"""One value is written without a list. Of several each is played, with every combination of the others."""
Values = Annotated[tuple[float, ...], *_OneOrMore]
PositiveValues = Annotated[tuple[Positive, ...], *_OneOrMore]
DEFAULT_SUITES = ("walk", "stand", "turn_and_side", "push", "robust")
"""What is played if nothing is said. `transfer` compiles MJX, which takes minutes."""


class StartSpec(Section):
    """A kind of start: perturbed home poses (half widths), and a lean forward about the ankles."""

    joint_angle_rad: NonNegative = 0.0
    tilt_rad: NonNegative = 0.0
    base_velocity_m_per_s: NonNegative = 0.0
    base_angular_velocity_rad_per_s: NonNegative = 0.0
    joint_velocity_rad_per_s: NonNegative = 0.0
    lean_rad: Range = (0.0, 0.0)


class PushSpec(Strict):
    """A force on the pelvis; the episodes of a case take turns in its evenly spaced directions."""

    force_N: PositiveValues
    directions: Count
    at_s: NonNegative
    duration_s: Positive


class CaseSpec(Strict):
    """Cases: every combination of the values given. What is not given is as the policy was trained, or nominal."""

    vx_m_per_s: Values = (0.0,)
    vy_m_per_s: Values = (0.0,)
    yaw_rate_rad_per_s: Values = (0.0,)
    start: str
    sensors: str = "ideal"
    seconds: PositiveValues | None = None
    push: PushSpec | None = None
    friction: PositiveValues | None = None
    mass_scale: PositiveValues | None = None
    com_x_m: Values | None = None
    com_y_m: Values | None = None
    gain_scale: PositiveValues | None = None
    frictionloss_scale: PositiveValues | None = None
    armature_scale: PositiveValues | None = None
    latency_steps: Annotated[tuple[Annotated[int, Field(ge=0, le=3)], ...], *_OneOrMore] | None = None
    engine: Annotated[tuple[Engine, ...], *_OneOrMore] = ("native",)
    collision: Literal["feet", "full"] = "full"
    timestep_s: PositiveValues | None = None


class GateSpec(Strict):
    """One threshold, on each case that `cases` selects, with its reason.

    Attributes:
      figure: the name of a figure.
      cases: fields of a case and the values to select by; none selects every case.
      at_least, at_most, more_than: the limit, in the figure's unit; `at_least` grows by `per_vx` for each m/s of vx.
      beats: the name of a baseline whose figure must be beaten; where that is perfect, equalled.
      reason: why this much.
    """

    figure: str
    cases: dict[str, Annotated[tuple[float | str, ...], *_OneOrMore]] = Field(default_factory=dict)
    at_least: float | None = None
    at_most: float | None = None
    more_than: float | None = None
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

    episodes: Count
    seconds: Positive


class SuiteFile(Strict):
    """Cases that answer one question, and the gates on them.

    Attributes:
      question: what a reader learns.
      seconds: length of an episode, unless a case says otherwise.
      episodes: of each case.
      quick: the same for `--quick`; none leaves the suite out.
      baselines: which are played besides.
      figures: the rows of its table.
      headline: the figures that say which of two policies is better, and the smallest difference that matters.
      sensors: named noise and errors of the sensors; `ideal` is there already.
      starts: named kinds of start.
    """

    question: str
    seconds: Positive
    episodes: Count
    quick: QuickSpec | None
    baselines: tuple[BaselineName, ...] = ()
    figures: tuple[str, ...]
    headline: dict[str, Positive]
    sensors: dict[str, ObservationConfig] = Field(default_factory=dict)
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
        for name in (*self.figures, *self.headline, *(gate.figure for gate in self.gates)):
            if name not in FIGURE_NAMES:
                raise ValueError(f"no figure is called {name!r}; there are: {', '.join(FIGURE_NAMES)}")
        for name in self.headline:
            if figure(name).better is None:
                directed = ", ".join(each.name for each in FIGURES if each.better)
                raise ValueError(f"neither way of {name} is better, so it makes no headline; choose of: {directed}")
        return self


@dataclass(frozen=True)
class Suite:
    """A suite as it is played: its file, and how much of it.

    Attributes:
      name: of the file, without its ending.
      file: what is in it.
      cases: all combinations of the values in the file.
      episodes: of each case.
      baselines: what is played besides.
      seed: of start states and random keys.
    """

    name: str
    file: SuiteFile
    cases: tuple[Case, ...]
    episodes: int
    baselines: tuple[BaselineName, ...]
    seed: int


def builtin_suites() -> list[str]:
    """Names of the suites that come with the package."""
    files = (entry.name for entry in resources.files("wildrobot.evaluation.suites").iterdir())
    return sorted(name.removesuffix(".yaml") for name in files if name.endswith(".yaml"))


def load_suite(
    name_or_path: str,
    *,
    quick: bool = False,
    episodes: int | None = None,
    seconds: float | None = None,
    baselines: Sequence[str] | None = None,
    seed: int = 0,
) -> Suite | None:
    """Reads a suite.

    Args:
      name_or_path: the name of one that comes with the package, or the path of a YAML file.
      quick: play what its `quick` says; None is returned if it has none.
      episodes, seconds, baselines: instead of the file's.
      seed: of start states and random keys.

    Raises:
      UsageError: for a file that cannot be read, a field that is unknown, missing, of the wrong type or out of
        range, or a case or gate that would say nothing.
    """
    name, text, source = _read(name_or_path)
    tree = parse_yaml(text, source)
    if not isinstance(tree, dict):
        raise UsageError(f"{source}: expected a mapping with {', '.join(SuiteFile.model_fields)}")
    file = validated(SuiteFile, tree, source)
    if quick and file.quick is None:
        return None
    part = file.quick if quick and file.quick else file
    parts = [part for spec in file.cases for part in _combinations(spec)]
    if seconds is not None or quick:
        # Cases that differ in their length alone become one.
        parts = list(dict.fromkeys((seconds or part.seconds, setting, play) for _, setting, play in parts))
    else:
        parts = [(length or file.seconds, setting, play) for length, setting, play in parts]
    others = file.baselines if baselines is None else tuple(each for each in BASELINES if each in baselines)
    suite = Suite(name, file, named(parts), episodes or part.episodes, others, seed)
    _check_cases(suite, source)
    _check_gates(suite, source, shortened=quick or seconds is not None)
    return suite


def selected(gate: GateSpec, cases: Sequence[Case]) -> list[Case]:
    """The cases that a gate is for."""
    return [case for case in cases if all(case.fields.get(name) in values for name, values in gate.cases.items())]


def _check_cases(suite: Suite, source: str) -> None:
    if len({case.id for case in suite.cases}) != len(suite.cases):
        raise UsageError(f"{source}: two cases are the same; leave one of them out")
    for case in suite.cases:
        push = case.play.push
        # Who is never pushed does not fall.
        if push and push.at_s + push.duration_s >= case.seconds:
            raise UsageError(
                f"{source}: the push at {push.at_s:g} s for {push.duration_s:g} s is not over at the end of an episode "
                f"of {case.seconds:g} s; play longer ones"
            )


def _check_gates(suite: Suite, source: str, *, shortened: bool) -> None:
    """A gate that selects nothing would always be passed."""
    known = {name for case in suite.cases for name in case.fields}
    for gate in suite.file.gates:
        told = f"{source}: the gate on {gate.figure}"
        if unknown := sorted(set(gate.cases) - known):
            raise UsageError(f"{told} selects by {unknown[0]!r}; a case has: {', '.join(sorted(known))}")
        if not shortened and not selected(gate, suite.cases):
            raise UsageError(f"{told} selects no case, by {gate.cases}; mend its values")
        if gate.beats and gate.beats not in suite.baselines:
            raise UsageError(f"{told} asks to beat {gate.beats}, which is not played; name it among the baselines")


def _combinations(spec: CaseSpec) -> Iterator[tuple[float | None, Setting, Play]]:
    pushes = [None]
    if spec.push:
        timing = (spec.push.directions, spec.push.at_s, spec.push.duration_s)
        pushes = [Push(force, *timing) for force in spec.push.force_N]
    axes: list[Iterable[Any]] = [spec.vx_m_per_s, spec.vy_m_per_s, spec.yaw_rate_rad_per_s, spec.engine]
    axes += [given or (None,) for given in (spec.seconds, spec.latency_steps, spec.timestep_s)]
    variants = [getattr(spec, name) or (None,) for name in PARAMETER_NAMES]
    for vx, vy, yaw_rate, engine, seconds, latency, timestep in itertools.product(*axes):
        setting = Setting(spec.sensors, latency, engine, spec.collision, timestep, _time(spec.push))
        for push, chosen in itertools.product(pushes, itertools.product(*variants)):
            variant = tuple(
                (name, value) for name, value in zip(PARAMETER_NAMES, chosen, strict=True) if value is not None
            )
            yield seconds, setting, Play((vx, vy, yaw_rate), spec.start, variant, push)


def _time(push: PushSpec | None) -> tuple[float, float] | None:
    return (push.at_s, push.duration_s) if push else None


def _read(name_or_path: str) -> tuple[str, str, str]:
    """Name, text, and where the text comes from."""
    if name_or_path in builtin_suites():
        entry = resources.files("wildrobot.evaluation.suites").joinpath(f"{name_or_path}.yaml")
        return name_or_path, entry.read_text(encoding="utf-8"), f"suite {name_or_path}"
    path = Path(name_or_path)
    try:
        return path.stem, path.read_text(encoding="utf-8"), str(path)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{name_or_path}: no such suite ({getattr(error, 'strerror', None) or error}); give the path of a YAML "
            f"file or one of the names: {', '.join(builtin_suites())}"
        ) from None
