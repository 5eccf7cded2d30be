"""What the runs of a study have reached: put together from the files that the judge wrote of each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from trainers.study.plan import PlannedRun
from trainers.study.settings import Question, Study
from wildrobot.evaluation.judge import assemble
from wildrobot.evaluation.judge.result import Evaluation, PolicyResult, load
from wildrobot.evaluation.record import Number
from wildrobot.evaluation.style import result as style_file
from wildrobot.evaluation.style.groups import Walker
from wildrobot.evaluation.style.metrics import Measured
from wildrobot.records import is_number, whole_lines

_ERROR = "episode/vx_error_m_per_s"


@dataclass(frozen=True)
class Learned:
    """When a training had learned to walk.

    Attributes:
      steps: environment steps.
      wall_s: [s] since it began, pauses left out.
    """

    steps: int
    wall_s: float


@dataclass(frozen=True)
class Results:
    """All that is known of a study.

    Attributes:
      study: what was asked for.
      evaluation: every policy under the name of its run, and a comparison for each question whose groups have one.
      members: the names of the runs that are done, by group; a group without any is left out.
      learned: when each run had learned to walk, by its name; None where it had not at its end.
      walkers: what was measured of style, by the name of a group.
      asked: the questions, in the order of `evaluation.comparisons`.
    """

    study: Study
    evaluation: Evaluation
    members: Mapping[str, Sequence[str]]
    learned: Mapping[str, Learned | None]
    walkers: Mapping[str, Sequence[Walker]]
    asked: Sequence[Question]


def collect(study: Study, runs: Sequence[PlannedRun]) -> Results | None:
    """Reads what has been measured of the runs that are done; None where none is.

    Raises:
      UsageError: for a result that cannot be read.
    """
    done = [run for run in runs if run.job.is_done]
    if not done:
        return None
    judged = {run.job.name: _judged(run) for run in done}
    first = next(iter(judged.values()))
    policies = {name: _renamed(name, its) for name, its in judged.items()}
    members = {
        group: [run.job.name for run in done if run.group == group]
        for group in study.groups
        if any(run.group == group for run in done)
    }
    asked = [question for question in study.questions if all(name in members for name in question.groups)]
    reached = {name: policy.suites for name, policy in policies.items()}
    origins = {name: policy.provenance for name, policy in policies.items() if policy.provenance is not None}
    evaluation = Evaluation(
        settings=first.settings,
        metrics=first.metrics,
        suites=first.suites,
        policies=(*policies.values(), *(policy for policy in first.policies if policy.baseline)),
        comparisons=tuple(
            assemble.comparison(
                {name: tuple(members[name]) for name in question.groups}, first.suites, reached, first.metrics, origins
            )
            for question in asked
        ),
    )
    return Results(
        study=study,
        evaluation=evaluation,
        members=members,
        learned={run.job.name: _learned(run, study.learned_m_per_s) for run in done},
        walkers=_walkers(done) if study.style is not None else {},
        asked=asked,
    )


def _judged(run: PlannedRun) -> Evaluation:
    return load(run.job.result(run.job.measurements[0]))


def _renamed(name: str, judged: Evaluation) -> PolicyResult:
    policy = next(policy for policy in judged.policies if not policy.baseline)
    return policy.model_copy(update={"name": name})


def _learned(run: PlannedRun, limit: float) -> Learned | None:
    for line in whole_lines(run.job.folder / "metrics.jsonl"):
        if is_number(line.get(_ERROR)) and line[_ERROR] < limit:
            return Learned(line["steps"], float(line["wall_s"]))
    return None


def _walkers(done: Sequence[PlannedRun]) -> dict[str, list[Walker]]:
    found: dict[str, list[Walker]] = {}
    for run in done:
        (walker,) = style_file.load(run.job.result(run.job.measurements[1])).walkers
        measured = {
            command: Measured(
                values={name: _array(numbers) for name, numbers in its.metrics.items()},
                clips=list(its.clips),
                auc=np.stack([_array(row) for row in its.auc_by_noise]),
            )
            for command, its in walker.commands.items()
        }
        found.setdefault(run.group, []).append(Walker(run.job.name, run.group, measured))
    return found


def _array(numbers: Sequence[Number]) -> Float[np.ndarray, " E"]:
    return np.array([np.nan if each is None else each for each in numbers], np.float64)
