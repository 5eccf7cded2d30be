"""Which runs a study needs, and where each and its measurements are kept: by an address of what they depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainers import inputs
from trainers.amp.settings import Amp
from trainers.brax.settings import BraxPpo
from trainers.rsl_rl.settings import RslRlPpo
from trainers.sb3.settings import Sb3Ppo
from trainers.study import sources
from trainers.study.job import Job, Measurement, Programs
from trainers.study.settings import Study
from trainers.versions import needed, versions
from wildrobot.config import Section
from wildrobot.errors import UsageError
from wildrobot.evaluation.judge import provenance
from wildrobot.evaluation.play.suite import builtin_suites, load_suite
from wildrobot.experiment import Experiment, load_experiment, section_name

_SETTINGS: dict[str, type[BraxPpo] | type[Sb3Ppo] | type[RslRlPpo]] = {
    "brax": BraxPpo,
    "brax-amp": BraxPpo,
    "sb3": Sb3Ppo,
    "sb3-amp": Sb3Ppo,
    "rsl_rl": RslRlPpo,
}
_WITH_STYLE = ("brax-amp", "sb3-amp")
_DIGITS = 16
"""Hexadecimal ones of an address that a name shows: two of a billion runs have the same with a chance of 3 %."""


@dataclass(frozen=True)
class PlannedRun:
    """One training of a study, with one seed.

    Attributes:
      group: the name of its group.
      seed: of the training.
      total_steps: environment steps at its end.
      job: what is done for it.
    """

    group: str
    seed: int
    total_steps: int
    job: Job


def plan(study: Study, store: Path, programs: Programs) -> list[PlannedRun]:
    """The runs in the order in which they are started: the first seed of each group first.

    Args:
      study: what is asked for.
      store: the folder that holds the runs of all studies.
      programs: what trains and measures.

    Raises:
      UsageError: for an experiment or a suite that cannot be read, or makes no sense.
    """
    store = store.absolute()
    here = versions()
    for name, group in study.groups.items():
        if missing := [each for each in needed(group.trainer) if here[each] is None]:
            raise UsageError(
                f"{name}: {group.trainer} trains with {missing[0]}, which is not installed; install it with: "
                f'pip install -c requirements.lock -e ".[{group.trainer.partition("-")[0]}]"'
            )
    experiments = {name: load_experiment(group.config, group.settings) for name, group in study.groups.items()}
    measured = _measurements(study, programs)
    read = _inputs(study, experiments)
    code = {group.trainer: sources.of_training(group.trainer) for group in study.groups.values()}
    return [
        _planned(
            name, study.groups[name].trainer, seed, experiments[name], read[name], here, code, store, programs, measured
        )
        for seed in study.seeds
        for name in study.groups
    ]


def _planned(
    name: str,
    trainer: str,
    seed: int,
    experiment: Experiment,
    read: dict[str, str],
    here: dict[str, str | None],
    code: dict[str, str],
    store: Path,
    programs: Programs,
    measured: Sequence[Measurement],
) -> PlannedRun:
    settings = experiment.section(_SETTINGS[trainer]).model_copy(update={"seed": seed})
    experiment = experiment.with_section(settings)
    address = address_of(
        {
            "trainer": trainer,
            "env": experiment.env.model_dump(mode="json"),
            "settings": {
                section_name(schema): experiment.section(schema).model_dump(mode="json")
                for schema in sections_read(trainer)
            },
            "inputs": read,
            "versions": {distribution: here[distribution] for distribution in needed(trainer)},
            "code": code[trainer],
        }
    )
    job = Job(
        name=f"{name}, seed {seed}",
        trainer=trainer,
        key=f"{trainer}-{seed}-{address}",
        store=store,
        experiment=experiment.model_dump_json(indent=1),  # which is YAML, too, and written a hundred times faster
        code=code[trainer],
        programs=programs,
        measurements=tuple(measured),
    )
    return PlannedRun(name, seed, total_steps(settings), job)


def sections_read(trainer: str) -> tuple[type[Section], ...]:
    """The sections that a trainer reads besides `env`: its own first."""
    return (_SETTINGS[trainer], *((Amp,) if trainer in _WITH_STYLE else ()))


def _inputs(study: Study, experiments: dict[str, Experiment]) -> dict[str, dict[str, str]]:
    """Digests of the files that each group reads, by its name; those that groups share are read once."""
    known: dict[str, dict[str, str]] = {}
    found = {}
    for name, experiment in experiments.items():
        clips = experiment.section(Amp).clips if study.groups[name].trainer in _WITH_STYLE else ()
        key = repr((experiment.env.robot, experiment.env.reference_starts, clips))
        if key not in known:
            known[key] = inputs.digests(experiment.env, clips)
        found[name] = known[key]
    return found


def total_steps(settings: BraxPpo | Sb3Ppo | RslRlPpo) -> int:
    """Environment steps of a training."""
    if isinstance(settings, BraxPpo):
        return settings.num_timesteps
    if isinstance(settings, Sb3Ppo):
        return settings.total_timesteps
    return settings.max_iterations * settings.steps_per_iteration


def _measurements(study: Study, programs: Programs) -> list[Measurement]:
    """What is measured of every policy: the judge's suites, and style where the study asks for it."""
    judge, code = study.judge, {"code": sources.of_judging(), "versions": provenance.versions()}
    suites = []
    for name in judge.suites:
        if (suite := load_suite(name, quick=judge.quick, episodes=judge.episodes)) is None:
            raise UsageError(f"the suite {name} has no quick version; leave it out, or set judge.quick to false")
        own = None if name in builtin_suites() else Path(name).read_text(encoding="utf-8")
        suites.append({"name": suite.name, "text": own})
    arguments = ["--no-report", "--no-gate", "--suites", *judge.suites, *(["--quick"] if judge.quick else [])]
    arguments += ["--episodes", str(judge.episodes)] if judge.episodes else []
    address = address_of(code | {"suites": suites, "arguments": arguments})
    found = [Measurement("judged", address, programs.judge, tuple(arguments))]
    if study.style is not None:
        arguments = ["--no-baselines", "--reference", *study.style.references]
        arguments += ["--quick"] if study.style.quick else []
        found.append(
            Measurement("style", address_of(code | {"arguments": arguments}), programs.style, tuple(arguments))
        )
    return found


def address_of(tree: dict[str, Any]) -> str:
    """A digest of what something depends on, given as plain values."""
    text = json.dumps(tree, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
