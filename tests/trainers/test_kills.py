"""A training that is killed at any moment, also while it writes, goes on to the same end, to the bit."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.trainers.conftest import NATIVE
from trainers.brax.amp import checkpoints

KILLS = int(os.environ.get("KILLS", "100"))
"""How many; each takes twenty seconds, most of them a start."""
SAVES = 8 * KILLS + 8
# Four training steps of 256 environment steps between two checkpoints: it writes much of the time.
TRAINING = [NATIVE, f"brax_ppo.num_timesteps={SAVES * 4 * 256}", f"brax_ppo.num_evals={SAVES + 1}"]


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "trainers", "brax-amp", *arguments], stderr=subprocess.PIPE, text=True
    )


def finished(process):
    error = process.communicate(timeout=1200)[1]
    assert process.returncode == 0, error


def kill_at_a_random_moment(process, run, chance):
    """After it has begun a new checkpoint, and once there is a finished one."""
    before, give_up = newest_begun(run), time.monotonic() + 600
    while process.poll() is None and (newest_begun(run) == before or not any_finished(run)):
        assert time.monotonic() < give_up
        time.sleep(0.01)
    time.sleep(chance.uniform(0.0, 0.5))
    process.send_signal(signal.SIGKILL)
    return process.communicate()[1]


def newest_begun(run):
    return max((path.name for path in (run / "checkpoints").glob("[0-9]*")), default="")


def any_finished(run):
    return next(checkpoints.newest_first(run / "checkpoints"), None) is not None


def arrays(run):
    newest = next(checkpoints.newest_first(run / "checkpoints"))
    with np.load(newest / "state" / "0.npz") as state:
        return newest.name, {name: state[name] for name in state.files}


def figures(run):
    """What the log says, but for how long it took."""
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [{name: line[name] for name in line if name not in ("wall_s", "training/sps")} for line in lines]


@pytest.mark.slow
def test_kills_at_random_moments_change_nothing(tmp_path, capsys):
    whole, killed, chance = tmp_path / "whole", tmp_path / "killed", random.Random(0)
    finished(start("--config", "smoke", "--run", str(whole), *TRAINING))
    process, kills = start("--config", "smoke", "--run", str(killed), *TRAINING), 0
    while kills < KILLS and process.poll() is None:
        error = kill_at_a_random_moment(process, killed, chance)
        assert "Traceback" not in error
        kills += process.returncode == -signal.SIGKILL
        assert any_finished(killed)
        process = start("--resume", str(killed))
    finished(process)
    with capsys.disabled():
        print(f"\n{kills} of {KILLS} kills: the end is the same", flush=True)
    assert kills == KILLS
    (name, ours), (expected_name, theirs) = arrays(killed), arrays(whole)
    assert name == expected_name
    assert ours.keys() == theirs.keys()
    for key, value in ours.items():
        np.testing.assert_array_equal(value, theirs[key], err_msg=key)
    assert figures(killed) == figures(whole)
