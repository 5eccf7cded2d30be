"""Has an engine do what is left of a study, and shows how far it is."""

from __future__ import annotations

from collections.abc import Sequence

from trainers.study.engines import Engine
from trainers.study.plan import PlannedRun
from trainers.study.progress import StudyProgress

_LOOK_EVERY_S = 1.0


def execute(runs: Sequence[PlannedRun], engine: Engine, again: str) -> dict[str, str]:
    """Trains and measures all runs that are not done.

    Args:
      runs: of the study.
      engine: does the work.
      again: the command that goes on after an interrupt.

    Returns:
      Why each run has failed that has, by its name. The others are done all the same.

    Raises:
      KeyboardInterrupt: after Ctrl-C, SIGTERM or SIGHUP, when what was at work has saved.
    """
    # Two groups may ask for the same training, under two names.
    by_folder = {run.job.folder: run.job for run in runs if not run.job.is_done}
    open_folders = set(by_folder)
    failures: dict[str, str] = {}
    with StudyProgress(runs) as progress:
        try:
            engine.start(list(by_folder.values()))
            while open_folders:
                for ended in engine.ended(_LOOK_EVERY_S):
                    open_folders.discard(ended.job.folder)
                    names = [run.job.name for run in runs if run.job.folder == ended.job.folder]
                    for name in names:
                        progress.ended(name)
                        if ended.failure:
                            failures[name] = ended.failure
                    progress.say(ended.failure or f"done: {' = '.join(names)}")
                progress.update()
        except KeyboardInterrupt:
            progress.say("interrupted: ending the runs that are at work, with their newest state saved ...")
            engine.stop()
            progress.say(f"what is finished is kept. Go on with: {again}")
            raise
        engine.stop()
    return failures
