"""One diagnosis: what is measured, what is examined, and the verdict."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import wildrobot.evaluation.diagnose.examinations as _registered  # noqa: F401 - the decorators register
from wildrobot.env import make_env
from wildrobot.evaluation.diagnose import registry, verdict
from wildrobot.evaluation.diagnose.evidence.clips import clip_facts
from wildrobot.evaluation.diagnose.evidence.draws import Draws, draws
from wildrobot.evaluation.diagnose.evidence.statics import Statics, statics
from wildrobot.evaluation.diagnose.evidence.trials import Trials, try_out
from wildrobot.evaluation.diagnose.examinations.motions import Motions
from wildrobot.evaluation.judge.diagnosis import Diagnosis
from wildrobot.evaluation.judge.provenance import versions
from wildrobot.experiment import Experiment
from wildrobot.records import commit

STAGES = 4
"""Of progress, in a diagnosis without a run."""


@dataclass(frozen=True)
class Subject:
    """What is examined.

    Attributes:
      name: for people.
      experiment: the environment, and the settings of trainers.
      run: the run folder; None without one.
    """

    name: str
    experiment: Experiment
    run: Path | None = None


def diagnose(subject: Subject, on_stage: Callable[[str], None] = lambda _: None) -> Diagnosis:
    """Measures and examines.

    Args:
      subject: what is examined.
      on_stage: called with what is about to be done.

    Raises:
      UsageError: for an experiment whose robot, clips or engine cannot be used.
    """
    began = time.monotonic()
    evidence, left_out = of_experiment(subject.experiment, on_stage)
    return concluded(subject.name, evidence, left_out, time.monotonic() - began)


def of_experiment(
    experiment: Experiment, on_stage: Callable[[str], None] = lambda _: None
) -> tuple[dict[type, Any], list[str]]:
    """The evidence that needs no policy, and what could not be had."""
    config, left_out = experiment.env, []
    on_stage("the robot's model and sensors")
    env = make_env(config)
    evidence: dict[type, Any] = {Statics: statics(env.physics.variants, env.robot)}
    on_stage("starts and commands as drawn")
    evidence[Draws] = draws(env)
    on_stage("reference motions")
    named = config.reference_starts.clips if config.reference_starts.share else ()
    clips = clip_facts(env.robot, named)
    if not clips:
        left_out.append("what a walk takes, for there is no clip of this robot (env.reference_starts.clips)")
    evidence[Motions] = Motions(clips)
    on_stage("robots that stand, fall, and play clips")
    evidence[Trials] = try_out(config, clips)
    return evidence, left_out


def concluded(name: str, evidence: dict[type, Any], left_out: list[str], seconds: float) -> Diagnosis:
    """The verdict on what the examinations find in this evidence."""
    results = registry.examined(evidence)
    findings = verdict.ranked(results)
    return Diagnosis(
        subject=name,
        verdict=verdict.verdict(findings),
        sentence=verdict.sentence(findings, len(results)),
        findings=tuple(each.name for each in findings),
        examinations=results,
        left_out=tuple(left_out),
        seconds=round(seconds, 1),
        versions=versions(),
        commit=commit(),
    )
