"""Several devices and several processes do what one device does; a killed run ends as one that was not."""

import os
import random
import signal
import socket
import subprocess
import sys
import time

import jax
import numpy as np
import pytest

from tests.trainers.conftest import NATIVE
from tests.trainers.interruption import interrupted
from tests.trainers.steps_of_amp import parameters
from trainers.brax.amp import checkpoints
from trainers.brax.amp.loop import make_loop
from wildrobot.env import make_env
from wildrobot.experiment import load_experiment
from wildrobot.policy import Policy

pytestmark = pytest.mark.slow

STEPS = 3
TWO_DEVICES = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}


@pytest.fixture(scope="module")
def one_device():
    return parameters(STEPS)


def started(*arguments, **environment):
    command = [sys.executable, "-m", "tests.trainers.steps_of_amp", *map(str, arguments)]
    return subprocess.Popen(command, env=os.environ | environment, stderr=subprocess.PIPE, text=True)


def finished(process):
    """What a process has said, which must have ended well."""
    error = process.communicate(timeout=400)[1]
    assert process.returncode == 0, error
    return error


def assert_same(path, expected):
    """To rounding, which falling robots amplify."""
    found = np.load(path)
    assert set(found.files) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-2, atol=2e-4, err_msg=name)


def test_two_devices_learn_what_one_does(tmp_path, one_device):
    finished(started(tmp_path / "two.npz", STEPS, **TWO_DEVICES))
    assert_same(tmp_path / "two.npz", one_device)


def test_two_processes_learn_what_one_does(tmp_path, one_device):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        coordinator = f"127.0.0.1:{free.getsockname()[1]}"
    both = [started(tmp_path / "processes.npz", STEPS, coordinator, 2, index) for index in range(2)]
    for process in both:
        finished(process)
    assert_same(tmp_path / "processes.npz", one_device)


def test_a_run_of_two_processes_leaves_one_folder_and_goes_on(tmp_path):
    run = tmp_path / "run"

    def both(*arguments):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            where = ["--coordinator", f"127.0.0.1:{free.getsockname()[1]}", "--num-processes", "2", "--process-id"]
        command = [sys.executable, "-m", "trainers", "brax-amp", *where]
        running = [
            subprocess.Popen([*command, str(i), *arguments], stderr=subprocess.PIPE, text=True) for i in range(2)
        ]
        return [finished(process) for process in running]

    first, second = both("--config", "smoke", "--run", str(run), NATIVE)
    assert "on native physics and 2 devices" in first
    assert "trained policy" not in second, "one of them talks"
    assert Policy.load(run / "policy.safetensors").info.environment_steps == 4096
    both("--resume", str(run), "brax_ppo.num_timesteps=6000")
    assert Policy.load(run / "policy.safetensors").info.environment_steps == 6144


def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path):
    run = tmp_path / "run"
    arguments = ["brax-amp", "--config", "smoke", "--run", str(run), "brax_ppo.num_timesteps=10000000"]
    arguments += ["brax_ppo.num_evals=2"]
    error = interrupted(arguments, lambda: (run / "metrics.jsonl").exists() and (run / "metrics.jsonl").stat().st_size)
    assert f'Go on with: python -m trainers brax-amp --resume "{run}"' in error
    kept = next(checkpoints.newest_first(run / "checkpoints"))
    assert Policy.load(run / "policy.safetensors").info.environment_steps == int(kept.name)


def test_a_run_that_is_killed_again_and_again_ends_as_one_that_is_not(tmp_path):
    """SIGKILL at any moment, also while a checkpoint is written: after every step there is one."""
    steps = ["brax_ppo.num_timesteps=15360", "brax_ppo.num_evals=31", NATIVE]
    whole, killed = tmp_path / "whole", tmp_path / "killed"

    def training(*arguments):
        command = [sys.executable, "-m", "trainers", "brax-amp", *arguments]
        return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    finished(training("--config", "smoke", "--run", str(whole), *steps))
    process, kills, chance = training("--config", "smoke", "--run", str(killed), *steps), 0, random.Random(0)
    while kills < 4:
        before = len(list(checkpoints.newest_first(killed / "checkpoints")))
        # Once it has saved, at any moment of the steps and savings that follow.
        while process.poll() is None and len(list((killed / "checkpoints").glob("*"))) <= min(before, 2):
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, 0.7))
        if process.poll() is not None:
            break
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        kills += 1
        assert next(checkpoints.newest_first(killed / "checkpoints"), None) is not None
        process = training("--resume", str(killed))
    finished(process)
    assert kills >= 2
    experiment = load_experiment(whole / "config.yaml")
    like = make_loop(experiment, make_env(experiment.env)).abstract_state()
    ends = [next(checkpoints.newest_first(run / "checkpoints")) for run in (whole, killed)]
    assert ends[0].name == ends[1].name
    jax.tree.map(np.testing.assert_array_equal, *(checkpoints.load(end, like) for end in ends))
