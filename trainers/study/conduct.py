"""One study, from its file to the verdict."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from trainers.study import page, verdict
from trainers.study.execute import execute
from trainers.study.how import How, engine
from trainers.study.job import Programs
from trainers.study.plan import PlannedRun, plan
from trainers.study.results import Results, collect
from trainers.study.settings import load_study
from trainers.study.sweep import conduct as sweep
from wildrobot import extras
from wildrobot.evaluation.style import discriminator


def conduct(name: str, how: How, programs: Programs | None = None) -> int:
    """Trains, judges, compares, and says what came of it.

    Args:
      name: of the study, or the path of its file.
      how: it is done.
      programs: what trains and measures; None for the trainers and the judge of this project.

    Returns:
      The exit code: 1 if a run is missing.

    Raises:
      UsageError: for a mistake in the study, before anything is trained.
      KeyboardInterrupt: after Ctrl-C, SIGTERM or SIGHUP; all that was at work has saved.
    """
    extras.require("the report of a study", extras.REPORT)
    study = load_study(name)
    again = f"python -m trainers study {name}"
    if study.sweep is not None:
        return sweep.conduct(study, study.sweep, how, programs or Programs(), again)
    if study.style is not None:
        discriminator.require()
    runs = plan(study, how.store, programs or Programs())
    if how.list_only:
        for run in runs:
            print(f"{_state(run):12} {run.job.name:44} {run.job.folder}")
        return 0
    failures: dict[str, str] = {}
    left = [run for run in runs if not run.job.is_done]
    print(f"{len(runs)} runs: {len(runs) - len(left)} done, {len(left)} to do, in {how.store}", file=sys.stderr)
    if left and how.train:
        failures = execute(runs, engine(how, study.cores_per_training), again)
    found = collect(study, runs)
    missing = [failures.get(run.job.name, f"{run.job.name}: {_state(run)}") for run in runs if not run.job.is_done]
    if found is None:
        print("no run is done, so there is nothing to compare", file=sys.stderr)
        return 1
    _show(found, how.report, missing)
    return 1 if missing else 0


def _show(found: Results, folder: Path, missing: Sequence[str]) -> None:
    text, html = page.write(folder, found, missing)
    print(verdict.blame(found))
    for index, question in enumerate(found.asked):
        print(f"\n{question.asks}\n  {verdict.answer(found, index)}")
    if missing:
        print(f"\nNot done: {'; '.join(missing)}.")
    print(f"\nTables: {text}\nPage:   {html}")


def _state(run: PlannedRun) -> str:
    job = run.job
    if job.is_done:
        return "done"
    if job.is_trained:
        return "not judged"
    return "cut" if job.has_begun else "not begun"
