"""Several devices and several processes do what one device does; Ctrl-C saves."""

import os
import socket
import subprocess
import sys

import numpy as np
import pytest

from tests.trainers.conftest import NATIVE
from tests.trainers.interruption import interrupted
from tests.trainers.steps_of_amp import parameters
from trainers.brax.amp import checkpoints
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
