"""One diagnosis: what is measured, what is examined, and the verdict."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import wildrobot.evaluation.diagnose.examinations as _registered  # noqa: F401 - the decorators register
from wildrobot.env import WildRobotEnv, make_env
from wildrobot.evaluation.diagnose import registry, verdict
from wildrobot.evaluation.diagnose.evidence import run as runs
from wildrobot.evaluation.diagnose.evidence import vector
from wildrobot.evaluation.diagnose.evidence.clips import clip_facts
from wildrobot.evaluation.diagnose.evidence.draws import Draws, draws
from wildrobot.evaluation.diagnose.evidence.envelope import Envelope, envelope, why_not_comparable
from wildrobot.evaluation.diagnose.evidence.played import Other, Played, played
from wildrobot.evaluation.diagnose.evidence.statics import Statics, statics
from wildrobot.evaluation.diagnose.evidence.trials import Trials, try_out
from wildrobot.evaluation.diagnose.examinations.motions import Motions
from wildrobot.evaluation.judge.diagnosis import Diagnosis
from wildrobot.evaluation.judge.provenance import versions
from wildrobot.experiment import Experiment
from wildrobot.policy import Policy, check_fits
from wildrobot.records import commit

STAGES = 7
"""Stages of progress, at most."""


@dataclass(frozen=True)
class Subject:
    """What is examined.

    Attributes:
      name: for people.
      experiment: the environment, and the settings of trainers.
      run: the run folder; None without one.
      policy: of the run, or of a file of its own; None before any training.
      other: name and policy of another run of the same task; None for none.
    """

    name: str
    experiment: Experiment
    run: Path | None = None
    policy: Policy | None = None
    other: tuple[str, Policy] | None = None


def diagnose(subject: Subject, on_stage: Callable[[str], None] = lambda _: None) -> Diagnosis:
    """Measures and examines.

    Args:
      subject: what is examined.
      on_stage: called with what is about to be done.

    Raises:
      UsageError: for an experiment whose robot, clips or engine cannot be used, a policy of another robot, and a folder
        that is no run.
    """
    began = time.monotonic()
    on_stage("the robot's model and sensors")
    env = make_env(subject.experiment.env)
    evidence, left_out = _of_run(subject, env, on_stage)
    evidence |= _of_experiment(env, left_out, on_stage)
    return concluded(subject.name, evidence, left_out, time.monotonic() - began)


def diagnose_env(env_id: str, policy: Path | None, on_stage: Callable[[str], None] = lambda _: None) -> Diagnosis:
    """Examines an environment that is registered with a framework.

    Args:
      env_id: its name there.
      policy: an ONNX file from its observations to its actions; None for none.
      on_stage: called with what is about to be done.

    Raises:
      UsageError: for an environment that cannot be made, and a policy that is not its own.
    """
    began = time.monotonic()
    on_stage(env_id)
    env = vector.make(env_id)
    try:
        act = None if policy is None else vector.onnx_policy(policy, env)
        evidence = {vector.VectorTrial: vector.try_out(env, act)}
    finally:
        env.close()
    left_out = ["robot and trainer, for only what any environment gives is known of this one"]
    return concluded(env_id, evidence, left_out, time.monotonic() - began)


def _of_run(subject: Subject, env: WildRobotEnv, on_stage: Callable[[str], None]) -> tuple[dict[type, Any], list[str]]:
    """The evidence of a training and its policy, and a list of what could not be collected."""
    policy, run = subject.policy, subject.run
    of = None if run is None else runs.provenance(run)
    evidence: dict[type, Any] = {runs.Settings: runs.settings(subject.experiment, of)}
    if policy is None:
        return evidence, ["trainer and measurement, for there is no run"]
    check_fits(policy, env)
    if subject.other is not None:
        check_fits(subject.other[1], env)
    left_out = []
    if run is None or of is None:
        left_out.append("the training, for there is a policy without its run")
        evidence[runs.Policies] = runs.Policies(policy, ())
    else:
        evidence[runs.Policies] = runs.policies(run)
        log = runs.run_log(run, policy)
        if log is None:
            left_out.append(f"the training, for {run / 'metrics.jsonl'} has no whole line")
        else:
            evidence[runs.RunLog] = log
        if reason := why_not_comparable(subject.experiment, of):
            left_out.append(f"its curves against those of trainings that went well, for {reason}")
        else:
            evidence[Envelope] = envelope()
    on_stage("the policy in its own task")
    evidence[Played] = played(env, policy)
    if subject.other is not None:
        on_stage("the other policy in the same task")
        evidence[Other] = Other(subject.other[0], played(env, subject.other[1]))
    return evidence, left_out


def _of_experiment(env: WildRobotEnv, left_out: list[str], on_stage: Callable[[str], None]) -> dict[type, Any]:
    """The evidence that needs no policy; what could not be collected is added to `left_out`."""
    config = env.config
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
    return evidence


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
