"""Who writes a run folder: one process at a time, and none that has ended."""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from trainers.lock import LOCK, STALE_S, RunLock
from trainers.run import RunFolder
from wildrobot.errors import UsageError
from wildrobot.experiment import load_experiment

HOLD = "import sys, time, pathlib; from trainers.lock import RunLock; lock = RunLock(pathlib.Path(sys.argv[1]), "
HOLD += "remedy='wait'); print('held', flush=True); time.sleep(100)"


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock of `tmp_path`."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()
        process.wait()


def on_another_host(folder, silent_s):
    """A lock as another host leaves it, where the file system passes no locks on."""
    record = {"host": "node7", "pid": 4242, "boot": "another", "token": "t", "started": 0.0}
    (folder / LOCK).write_text(json.dumps(record))
    now = os.stat(folder / LOCK).st_mtime
    os.utime(folder / LOCK, (now, now - silent_s))


def test_a_second_process_is_refused_by_host_process_and_age(holder, tmp_path):
    message = (
        rf"is in use by process {holder.pid} on {os.uname().nodename}, since \d+ s \(last sign of life \d+ s ago\)"
    )
    with pytest.raises(UsageError, match=message):
        RunLock(tmp_path, remedy="wait")


def test_the_lock_of_a_process_that_was_killed_is_free_at_once(holder, tmp_path):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    RunLock(tmp_path, remedy="wait").close()


def test_another_host_is_believed_while_it_gives_signs_of_life(tmp_path):
    on_another_host(tmp_path, silent_s=STALE_S / 2)
    with pytest.raises(UsageError, match=r"process 4242 on node7, .* ago\); wait; if it has ended, try again in \d+ s"):
        RunLock(tmp_path, remedy="wait")
    on_another_host(tmp_path, silent_s=STALE_S + 1)
    RunLock(tmp_path, remedy="wait").close()


@pytest.mark.parametrize(
    "left", [b"", b"\0" * 200, b'{"host": "n', b"[1]", b'{"host": 1, "pid": {}, "boot": [], "token": 0}']
)
def test_what_a_power_cut_leaves_of_a_lock_is_no_lock(left, tmp_path):
    (tmp_path / LOCK).write_bytes(left)
    RunLock(tmp_path, remedy="wait").close()


def test_who_was_suspended_for_too_long_notices_that_the_run_has_gone_on_elsewhere(tmp_path):
    with closing(RunLock(tmp_path, remedy="wait")) as lock:
        lock.check()
        record = {"host": "node7", "pid": 4242, "boot": "another", "token": "t", "started": 0.0}
        (tmp_path / LOCK).write_text(json.dumps(record))
        with pytest.raises(UsageError, match="process 4242 on node7 has gone on with this run"):
            lock.check()
    assert json.loads((tmp_path / LOCK).read_text()) == record, "it is no longer its own to give back"


def test_of_many_that_begin_one_run_at_once_one_does(tmp_path):
    """Eight at once, five times: also where the folder is made."""
    experiment = load_experiment("smoke")
    for turn in range(5):
        results, barrier = [], threading.Barrier(8)

        def begin(path=tmp_path / str(turn), results=results, barrier=barrier):
            barrier.wait()
            try:
                results.append(RunFolder(path, experiment, trainer="test"))
            except UsageError as error:
                results.append(str(error))

        threads = [threading.Thread(target=begin) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        runs = [each for each in results if isinstance(each, RunFolder)]
        assert len(runs) == 1
        assert all("--run" in each for each in results if isinstance(each, str))
        runs[0].close()
