"""What the judge plays: the cases of a suite, which is the same for every policy, whatever that was trained on.

The names of metrics in a suite are checked by `wildrobot.evaluation.judge.gates`: playing knows none.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from wildrobot.config import validated
from wildrobot.errors import UsageError
from wildrobot.evaluation.play.actions import BASELINES, BaselineName
from wildrobot.evaluation.play.case import Case, Play, Push, Setting, named
from wildrobot.evaluation.play.settings import check_settings
from wildrobot.evaluation.play.suite_file import CaseSpec, GateSpec, SuiteFile, migrated
from wildrobot.evaluation.suites import SUITES
from wildrobot.physics.variants import PARAMETER_NAMES

DEFAULT_SUITES = ("hardware", "walk", "stand", "turn_and_side", "push", "robust")
"""What is played if nothing is said. `transfer` compiles MJX, which takes minutes."""


@dataclass(frozen=True)
class Suite:
    """A suite as it is played: its file, and how much of it.

    Attributes:
      name: of the file, without its ending.
      source: where the file is, for messages.
      file: what is in it.
      cases: all combinations of the values in the file.
      episodes: of each case.
      baselines: what is played besides.
      seed: of start states and random keys.
    """

    name: str
    source: str
    file: SuiteFile
    cases: tuple[Case, ...]
    episodes: int
    baselines: tuple[BaselineName, ...]
    seed: int


def builtin_suites() -> list[str]:
    """Names of the suites that come with the package."""
    return SUITES.names()


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
    tree, source, path = SUITES.read(name_or_path, holds=", ".join(SuiteFile.model_fields))
    file = validated(SuiteFile, migrated(tree, source), source)
    for kind, blocks in (("sensors", file.sensors), ("settings", file.settings)):
        for block, changes in blocks.items():
            check_settings(changes, f"{source}: {kind} {block}")
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
    suite = Suite(path.stem, source, file, named(parts), episodes or part.episodes, others, seed)
    _check_cases(suite)
    _check_gates(suite, shortened=quick or seconds is not None)
    return suite


def selected(gate: GateSpec, cases: Sequence[Case]) -> list[Case]:
    """The cases that a gate is for."""
    return [case for case in cases if all(case.fields.get(name) in values for name, values in gate.cases.items())]


def _check_cases(suite: Suite) -> None:
    if len({case.id for case in suite.cases}) != len(suite.cases):
        raise UsageError(f"{suite.source}: two cases are the same; leave one of them out")
    for case in suite.cases:
        push = case.push
        # A robot that is never pushed does not fall.
        if push and push.at_s + push.duration_s >= case.seconds:
            raise UsageError(
                f"{suite.source}: the push at {push.at_s:g} s for {push.duration_s:g} s is not over at the end of an "
                f"episode of {case.seconds:g} s; play longer ones"
            )


def _check_gates(suite: Suite, *, shortened: bool) -> None:
    """A gate that selects nothing would always be passed."""
    known = {name for case in suite.cases for name in case.fields}
    for gate in suite.file.gates:
        gate_on = f"{suite.source}: the gate on {gate.metric}"
        if unknown := sorted(set(gate.cases) - known):
            raise UsageError(f"{gate_on} selects by {unknown[0]!r}; a case has: {', '.join(sorted(known))}")
        if not shortened and not selected(gate, suite.cases):
            raise UsageError(f"{gate_on} selects no case, by {gate.cases}; correct its values")
        if gate.beats and gate.beats not in suite.baselines:
            raise UsageError(f"{gate_on} asks to beat {gate.beats}, which is not played; name it among the baselines")


def _combinations(spec: CaseSpec) -> Iterator[tuple[float | None, Setting, Play]]:
    pushes: list[Push | None] = [None]
    if spec.push:
        pushes = [
            Push(force_N=force, directions=spec.push.directions, at_s=spec.push.at_s, duration_s=spec.push.duration_s)
            for force in spec.push.force_N
        ]
    axes: list[Iterable[Any]] = [spec.vx_m_per_s, spec.vy_m_per_s, spec.yaw_rate_rad_per_s, spec.engine]
    axes += [given or (None,) for given in (spec.seconds, spec.latency_steps, spec.leg_period_steps)]
    axes += [given or (None,) for given in (spec.timestep_s, spec.settings)]
    variants = [getattr(spec, name) or (None,) for name in PARAMETER_NAMES]
    for vx, vy, yaw_rate, engine, seconds, latency, leg_period, timestep, settings in itertools.product(*axes):
        push_time = (spec.push.at_s, spec.push.duration_s) if spec.push else None
        setting = Setting(spec.sensors, latency, engine, spec.collision, timestep, push_time, settings, leg_period)
        for push, chosen in itertools.product(pushes, itertools.product(*variants)):
            variant = tuple(
                (name, value) for name, value in zip(PARAMETER_NAMES, chosen, strict=True) if value is not None
            )
            yield seconds, setting, Play((vx, vy, yaw_rate), spec.start, variant, push)
