"""Does what is left of one run of a study: other processes train it, or go on with it, and measure its policy."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from trainers.digests import is_finished
from trainers.lock import LOCK, RunLock
from trainers.study import sources
from trainers.study.branch import branch
from trainers.study.cores import own_cores
from trainers.study.job import CANNOT_GO_ON, Job, command_of
from wildrobot.errors import UsageError
from wildrobot.files import CannotWrite, make_folder, write_text

# In the wheel, this is `wildrobot.trainers.study.work`.
_ROOT = Path(__file__).resolve().parents[__name__.count(".")]
_POLL_S = 0.2


class Failed(Exception):
    """A run that came to no end; the message says why, and where more is said."""


def work(job: Job, cores: int, stopped: Callable[[], bool]) -> None:
    """Does what is left to do for a run; what is done already is kept.

    Args:
      job: the run.
      cores: for its processes.
      stopped: whether to end: the process at work is asked to save, and to end.

    Raises:
      Failed: if a process fails.
    """
    try:
        make_folder(job.log.parent)
        make_folder(job.folder)
        if not job.is_trained:
            _train(job, cores, stopped)
        for measurement in job.measurements:
            if not stopped() and not (result := job.result(measurement)).is_file():
                make_folder(result.parent)
                command = [*measurement.program, str(job.folder), *measurement.arguments, "--json", str(result)]
                _run(job, command, cores, stopped)
                if not stopped() and not result.is_file():
                    raise Failed(f"{job.name}: {measurement.kind}: no result was written; {job.log} says more")
    except UsageError as error:
        raise Failed(f"{job.name}: {error}") from None


def _train(job: Job, cores: int, stopped: Callable[[], bool]) -> None:
    if job.after is not None and not _has_checkpoint(job) and not job.after.is_trained:
        make_folder(job.after.folder)  # somebody has removed it
        _train(job.after, cores, stopped)
    lock = _locked(job, stopped)
    if lock is None:
        return
    try:
        if job.is_trained:  # by the process that has just ended
            return
        if sources.of_training(job.trainer) != job.code:
            raise Failed(f"{job.name}: the code has changed since the study began; start it again")
        goes_on = job.trainer not in CANNOT_GO_ON and _has_checkpoint(job)
        if not goes_on:
            _clear(job.folder)
            if job.after is not None:
                branch(job.after.folder, job.folder)
                goes_on = True
    finally:
        lock.close()
    name, *options = command_of(job.trainer)
    if goes_on:
        arguments = [name, "--resume", str(job.folder), *job.on_resume]
    else:
        config = job.store / "experiments" / f"{job.key}.yaml"
        make_folder(config.parent)
        write_text(config, job.experiment)
        arguments = [name, "--config", str(config), "--run", str(job.folder), *options]
    _run(job, [*job.programs.train, *arguments], cores, stopped)
    if not stopped() and not job.is_trained:
        raise Failed(f"{job.name}: the training ended before its end; {job.log} says more")


def _has_checkpoint(job: Job) -> bool:
    return any(map(is_finished, job.folder.glob("checkpoints/[0-9]*")))


def _locked(job: Job, stopped: Callable[[], bool]) -> RunLock | None:
    """The lock of the run folder; None if the work is to end first.

    A training outlives a study that was killed: what it does is not done twice, but waited for.
    """
    said = False
    while not stopped():
        try:
            return RunLock(job.folder, remedy="it is waited for")
        except CannotWrite:
            raise
        except UsageError as error:
            if not said:
                _note(job, str(error))
            said = True
        time.sleep(_POLL_S)
    return None


def _clear(folder: Path) -> None:
    """Removes what a training that cannot go on has left of its run, but for the lock."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()


def _run(job: Job, command: Sequence[str], cores: int, stopped: Callable[[], bool]) -> None:
    """Runs a process to its end, or asks it to end (SIGTERM) and waits until it has saved."""
    _note(job, " ".join(command))
    # So that the process has this code, and no more threads than processors.
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    limits = {"NPROC": str(cores), "OMP_NUM_THREADS": str(cores)}
    with job.log.open("ab") as log, own_cores(cores) as its:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=os.environ | {"PYTHONPATH": path} | limits,
            start_new_session=True,  # Ctrl-C in the terminal is for the study, which then ends this, once
        )
        if its is not None:
            with suppress(OSError):  # it has ended, or the machine has taken a processor away
                os.sched_setaffinity(process.pid, its)
        try:
            while process.poll() is None and not stopped():
                time.sleep(_POLL_S)
        finally:
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    process.send_signal(signal.SIGTERM)
                process.wait()
    if process.returncode and not stopped():
        said = job.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise Failed(f"{job.name}: {said[-1].removeprefix('error: ')} (exit code {process.returncode}; {job.log})")


def _note(job: Job, text: str) -> None:
    with job.log.open("a", encoding="utf-8") as log:
        log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {text}\n")
