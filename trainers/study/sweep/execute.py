"""Has an engine train and judge the trials of a sweep, rung by rung, and Optuna decide about each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trainers.study.engines import Engine
from trainers.study.plan import PlannedRun
from trainers.study.sweep.objective import reached
from trainers.study.sweep.plan import Impossible, Stage, SweepPlan
from trainers.study.sweep.progress import SweepProgress
from trainers.study.sweep.search import Search, Trial
from trainers.study.sweep.sentences import objective_of, settings_of

_LOOK_EVERY_S = 1.0


@dataclass
class _AtWork:
    """A trial that is trained or judged."""

    trial: Trial
    stages: Sequence[Stage]
    stage: int

    @property
    def left(self) -> list[PlannedRun]:
        """What is not done of its stage."""
        return [run for run in self.stages[self.stage].runs if not run.job.is_done]


def execute(plan: SweepPlan, search: Search, engine: Engine, at_once: int, again: str) -> dict[int, str]:
    """Does what is left of a sweep.

    Args:
      plan: of the sweep.
      search: its trials.
      engine: does the work.
      at_once: runs at a time that the engine has room for.
      again: the command that goes on after an interrupt.

    Returns:
      Why each trial has failed that has, by its number; they stay open, and the same command tries them again.

    Raises:
      UsageError: where the code has changed since the sweep began; what was at work has saved.
      KeyboardInterrupt: after Ctrl-C, SIGTERM or SIGHUP, when what was at work has saved.
    """
    with SweepProgress() as progress:
        sweep = _Execution(plan, search, engine, progress)
        try:
            sweep.go(width=-(-at_once // len(plan.study.seeds)))
        except KeyboardInterrupt:
            progress.say("interrupted: ending the runs that are at work, with their newest state saved ...")
            engine.stop()
            progress.say(f"what is finished is kept. Go on with: {again}")
            raise
        except BaseException:
            engine.stop()
            raise
        engine.stop()
    return sweep.failures


class _Execution:
    def __init__(self, plan: SweepPlan, search: Search, engine: Engine, progress: SweepProgress):
        self._plan, self._search, self._engine, self._progress = plan, search, engine, progress
        self._at_work: dict[int, _AtWork] = {}
        self._started: set[Path] = set()
        """The folders of the runs that the engine has. Two trials may have the same settings, and share one."""
        self.failures: dict[int, str] = {}

    def go(self, width: int) -> None:
        """Trains so many trials at a time until none is left."""
        while self._fill(width):
            for ended in self._engine.ended(_LOOK_EVERY_S):
                self._started.discard(ended.job.folder)
                of = [its for its in self._at_work.values() if _has(its, ended.job.folder)]
                for its in of:
                    if ended.failure is None:
                        self._advance(its)
                    else:
                        self._fail(its, ended.failure)
            self._progress.update(run for its in self._at_work.values() for run in its.left)

    def _fill(self, width: int) -> bool:
        """Begins trials where there is room; whether any is at work."""
        while len(self._at_work) < width and (trial := self._search.next()) is not None:
            self._progress.say(f"trial {trial.number}: {settings_of(trial)}")
            try:
                stages = self._plan.stages(trial.number, trial.values)
            except Impossible as error:
                self._search.impossible(trial, str(error))
                self._progress.say(f"trial {trial.number}: these do not go together: {error}")
                continue
            self._at_work[trial.number] = _AtWork(trial, stages, trial.passed)
            self._advance(self._at_work[trial.number])
        return bool(self._at_work)

    def _advance(self, its: _AtWork) -> None:
        """Judges the stages of a trial that are done, and starts what the next one needs."""
        trial = its.trial
        while not (left := its.left):
            stage = its.stages[its.stage]
            found = reached(self._plan.objective, stage.steps, [run.job for run in stage.runs])
            state = self._search.report(trial, its.stage, found)
            text = f"trial {trial.number}: {objective_of(self._plan.objective, found)} after {found.steps:,} steps"
            self._progress.say(f"{text}: {'goes on' if state == 'open' else state}")
            if state != "open":
                del self._at_work[trial.number]
                return
            its.stage += 1
        jobs = [run.job for run in left if run.job.folder not in self._started]
        self._started |= {job.folder for job in jobs}
        self._engine.start(jobs)

    def _fail(self, its: _AtWork, why: str) -> None:
        self.failures[its.trial.number] = why
        self._progress.say(why)
        del self._at_work[its.trial.number]


def _has(its: _AtWork, folder: Path) -> bool:
    return any(run.job.folder == folder for run in its.stages[its.stage].runs)
