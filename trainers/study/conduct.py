"""One study, from its file to the verdict."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trainers.study import page, verdict
from trainers.study.cluster import RayEngine
from trainers.study.engines import Engine, LocalEngine
from trainers.study.execute import execute
from trainers.study.job import Programs
from trainers.study.plan import PlannedRun, plan
from trainers.study.results import Results, collect
from trainers.study.settings import load_study
from wildrobot.evaluation.show import extras
from wildrobot.evaluation.style import discriminator
from wildrobot.processors import available_threads


@dataclass(frozen=True)
class How:
    """What the command line says besides the study.

    Attributes:
      store: the folder of the runs of all studies.
      report: the folder of the page and the tables.
      at_once: runs at a time; None for as many as the cores allow.
      cluster: the address of a Ray cluster; None to train here.
      list_only: say what is done, and do nothing.
      train: whether to do what is left.
    """

    store: Path
    report: Path
    at_once: int | None = None
    cluster: str | None = None
    list_only: bool = False
    train: bool = True


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
        failures = execute(runs, _engine(how, study.cores_per_training), f"python -m trainers study {name}")
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


def _engine(how: How, cores: int) -> Engine:
    if how.cluster:
        return RayEngine(how.cluster, how.at_once, cores)
    available = available_threads()
    at_once = how.at_once or max(1, available // cores)
    return LocalEngine(at_once, max(1, available // at_once))


def _state(run: PlannedRun) -> str:
    job = run.job
    if job.is_done:
        return "done"
    if job.is_trained:
        return "not judged"
    return "cut" if job.has_begun else "not begun"
