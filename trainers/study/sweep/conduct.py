"""One sweep, from its section in a study's file to the best trial."""

from __future__ import annotations

import sys

from trainers.study.how import How, engine
from trainers.study.job import Programs
from trainers.study.ranges import Sweep
from trainers.study.settings import Study
from trainers.study.sweep import report, sentences
from trainers.study.sweep.execute import execute
from trainers.study.sweep.plan import SweepPlan
from trainers.study.sweep.search import Search
from wildrobot.errors import UsageError


def conduct(study: Study, sweep: Sweep, how: How, programs: Programs, again: str) -> int:
    """Searches, and says what it has found.

    Args:
      study: with a sweep.
      sweep: that of the study.
      how: it is done.
      programs: what trains and measures.
      again: the command that goes on.

    Returns:
      The exit code: 1 if a trial has failed or is not done.

    Raises:
      UsageError: for a mistake in the sweep, before anything is trained.
      KeyboardInterrupt: after Ctrl-C, SIGTERM or SIGHUP; all that was at work has saved.
    """
    if how.cluster and not how.at_once:
        raise UsageError(
            "a sweep chooses each trial by what others have reached: say how many runs at a time, --at-once N"
        )
    plan = SweepPlan(study, sweep, how.store, programs)
    maximize, works = plan.objective.better == "higher", how.train and not how.list_only
    search = Search(plan.folder, sweep, maximize=maximize, stages=len(plan.steps), own=works)
    try:
        trials = search.trials()
        if how.list_only:
            for trial in trials:
                print(f"trial {trial.number:4}  {trial.state:10}  {sentences.settings_of(trial)}")
            return 0
        ended = sum(trial.state != "open" for trial in trials)
        print(
            f"a sweep of {sweep.group} alone: {sweep.trials} trials, {ended} done, "
            f"{max(0, sweep.trials - ended)} to do, in {plan.folder}",
            file=sys.stderr,
        )
        failures: dict[int, str] = {}
        if works and ended < sweep.trials:
            cores = study.cores_per_training
            failures = execute(plan, search, engine(how, cores), how.runs_at_once(cores), again)
            trials = search.trials()
    finally:
        search.close()
    missing = list(failures.values())
    cut = [its.number for its in trials if its.state == "open" and its.number not in failures]
    missing += [f"trial {number} is not at its end" for number in cut]
    if (left := sweep.trials - len(trials)) > 0:
        missing.append(f"{left} of {sweep.trials} trials have not begun")
    text, page = report.write(how.report, plan, trials, missing)
    print(sentences.found(plan.objective, trials))
    sure = ("How sure is that?", sentences.how_sure(plan.objective, trials))
    for heading, said in (sure, *report.train_again(plan, trials)):
        print(f"\n{heading}\n  {said}")
    if missing:
        print(f"\nNot done: {'; '.join(missing)}.")
    print(f"\nTables: {text}\nPage:   {page}")
    return 1 if missing else 0
