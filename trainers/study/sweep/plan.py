"""What the trials of a sweep train: checked before anything is, and then trial by trial, rung by rung."""

from __future__ import annotations

import dataclasses
import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from trainers.brax.settings import BraxPpo
from trainers.rsl_rl.settings import RslRlPpo
from trainers.sb3.settings import Sb3Ppo
from trainers.study.job import CANNOT_GO_ON, Programs, command_of
from trainers.study.plan import PlannedRun, address_of, plan, sections_read, total_steps
from trainers.study.ranges import Sweep
from trainers.study.settings import Judge, Study
from trainers.study.sweep.search import override
from wildrobot.errors import UsageError
from wildrobot.evaluation.measure.metrics import METRICS, MetricInfo, find
from wildrobot.experiment import Experiment, load_experiment, section_name


class Impossible(Exception):
    """Settings that do not go together; the message says why."""


@dataclass(frozen=True)
class Stage:
    """A part of a trial, at whose end it is judged.

    Attributes:
      steps: environment steps until its end, counted from the beginning of the trial.
      runs: one for each seed; they go on from those of the stage before.
    """

    steps: int
    runs: tuple[PlannedRun, ...]


class SweepPlan:
    """The work of a sweep.

    Attributes:
      study, sweep: what was asked for.
      objective: the metric that is searched for.
      steps: environment steps at the end of each stage, the training's own end last.
      folder: what is kept of this sweep: a place of its own for all that its results depend on, but for the number of
        trials, so that a sweep can be given more of them.
    """

    def __init__(self, study: Study, sweep: Sweep, store: Path, programs: Programs):
        """Checks what can be checked before anything is trained.

        Args:
          study: with a sweep.
          sweep: that of the study.
          store: the folder of the runs of all studies.
          programs: what trains and measures.

        Raises:
          UsageError: for an objective or a setting that does not exist or cannot be swept, ends that a setting cannot
            have, and rungs that the training cannot be cut at.
        """
        self.study, self.sweep = study, sweep
        self.objective = _directed(sweep.objective)
        self._store, self._programs = store, programs
        self._group = study.groups[sweep.group]
        schema, *others = sections_read(self._group.trainer)
        known = ("env", *(section_name(each) for each in (schema, *others)))
        experiment = load_experiment(self._group.config, self._group.settings)
        settings: Any = experiment.section(schema)
        given = (f"{section_name(schema)}.seed", _until(settings, 1).partition("=")[0])
        for path, swept in sweep.ranges.items():
            if path.partition(".")[0] not in known:
                raise UsageError(
                    f"sweep.ranges: {self._group.trainer} does not read {path}; it reads {', '.join(known)}"
                )
            if path in given:
                raise UsageError(f"sweep.ranges: {path} is set by the study and cannot be swept; leave it out")
            for end in swept.ends:
                self._check_end(path, end)
        rungs = sweep.pruning.rungs if sweep.pruning is not None else ()
        total = total_steps(settings)
        if rungs and self._group.trainer in CANNOT_GO_ON:
            raise UsageError(
                "sweep.pruning: stock brax keeps no state to go on from after a rung; take brax-amp, or leave it out"
            )
        if rungs and rungs[-1] >= total:
            raise UsageError(
                f"sweep.pruning: the rung {rungs[-1]} is not below the {total} steps of {sweep.group}; leave it "
                f"out, or train longer with {_until(settings, total).partition('=')[0]}"
            )
        self.steps = (*rungs, total)
        try:
            self._check_stages(experiment)
        except Impossible as error:
            raise UsageError(f"sweep.pruning: {error}") from None
        first = self._planned(sweep.group, (), _until(settings, total))
        self._depends_on = _depends_on(first)
        address = address_of(
            {
                "runs": [run.job.key for run in first],
                "measured": [its.address for its in first[0].job.measurements],
                **sweep.model_dump(mode="json", include={"ranges", "objective", "pruning", "seed"}),
            }
        )
        self.folder = store.absolute() / "sweeps" / f"{self._group.trainer}-{address}"

    def stages(self, number: int, values: Mapping[str, Any]) -> list[Stage]:
        """The stages of a trial.

        Args:
          number: of the trial.
          values: of the settings that are swept.

        Raises:
          Impossible: for settings that do not go together.
          UsageError: where the code has changed since the sweep began.
        """
        overrides = [override(path, value) for path, value in values.items()]
        try:
            experiment = load_experiment(self._group.config, [*self._group.settings, *overrides])
        except UsageError as error:
            raise Impossible(" ".join(str(error).split())) from None
        self._check_stages(experiment)
        settings = self._settings(experiment)
        found: list[Stage] = []
        for steps in self.steps:
            until = _until(settings, steps)
            runs = self._planned(f"trial {number}", overrides, until)
            if _depends_on(runs) != self._depends_on:
                raise UsageError("the code has changed since the sweep began; start it again")
            if found:
                runs = [
                    dataclasses.replace(run, job=dataclasses.replace(run.job, after=before.job, on_resume=(until,)))
                    for run, before in zip(runs, found[-1].runs, strict=True)
                ]
            found.append(Stage(steps, tuple(runs)))
        return found

    def command(self, values: Mapping[str, Any]) -> str:
        """What trains settings again, with the first seed."""
        trainer = self._group.trainer
        overrides = [*self._group.settings, *(override(path, value) for path, value in values.items())]
        settings = self._settings(load_experiment(self._group.config, overrides))
        section = section_name(type(settings))
        ends = [_until(settings, self.steps[-1]), f"{section}.seed={self.study.seeds[0]}"]
        return shlex.join(
            ["python", "-m", "trainers", *command_of(trainer), "--config", self._group.config, *overrides, *ends]
        )

    def _planned(self, name: str, overrides: Sequence[str], until: str) -> list[PlannedRun]:
        """The runs of a study of one group, which is what a trial is up to one of its rungs."""
        own = self._group.model_copy(update={"settings": (*self._group.settings, *overrides, until)})
        judge = Judge(suites=self.sweep.suites, quick=True, episodes=self.sweep.episodes)
        study = self.study.model_copy(update={"groups": {name: own}, "judge": judge, "style": None})
        return plan(study, self._store, self._programs)

    def _check_end(self, path: str, end: Any) -> None:
        try:
            load_experiment(self._group.config, [*self._group.settings, override(path, end)])
        except UsageError as error:
            raise UsageError(f"sweep.ranges: {error}") from None

    def _check_stages(self, experiment: Experiment) -> None:
        """Refuses what would make a training that goes on after a rung another one than one that never stopped."""
        settings = self._settings(experiment)
        if len(self.steps) > 1 and isinstance(settings, Sb3Ppo) and settings.learning_rate_schedule == "LINEAR":
            raise Impossible(
                "a learning rate that falls to the end of the training (sb3_ppo.learning_rate_schedule=LINEAR) would "
                "fall to each rung; take ADAPTIVE_KL or NONE, or leave pruning out"
            )
        each = _steps_per_update(settings)
        for first, second in pairwise(math.ceil(steps / each) for steps in self.steps):
            if first == second:
                raise Impossible(
                    f"two rungs, or the last and the end, lie within one update of {each} environment steps; set them "
                    "further apart"
                )

    def _settings(self, experiment: Experiment) -> BraxPpo | Sb3Ppo | RslRlPpo:
        settings: Any = experiment.section(sections_read(self._group.trainer)[0])
        return settings


def _directed(name: str) -> MetricInfo:
    """The metric of that name, of which one way is better."""
    directed = ", ".join(name for name, each in METRICS.items() if each.info.better)
    if name not in METRICS:
        raise UsageError(f"sweep.objective: no metric is called {name!r}; choose one of: {directed}")
    info = find(name).info
    if info.better is None:
        raise UsageError(f"sweep.objective: neither way of {name} is better; choose one of: {directed}")
    return info


def _depends_on(runs: Sequence[PlannedRun]) -> tuple[Any, ...]:
    """Code, and what is measured."""
    return runs[0].job.code, runs[0].job.measurements


def _until(settings: BraxPpo | Sb3Ppo | RslRlPpo, steps: int) -> str:
    """The override that ends a training after so many environment steps, or with the update that passes them."""
    section = section_name(type(settings))
    if isinstance(settings, BraxPpo):
        return f"{section}.num_timesteps={steps}"
    if isinstance(settings, Sb3Ppo):
        return f"{section}.total_timesteps={steps}"
    return f"{section}.max_iterations={math.ceil(steps / settings.steps_per_iteration)}"


def _steps_per_update(settings: BraxPpo | Sb3Ppo | RslRlPpo) -> int:
    if isinstance(settings, BraxPpo):
        return settings.steps_per_update
    if isinstance(settings, Sb3Ppo):
        return settings.num_envs * settings.n_steps
    return settings.steps_per_iteration
