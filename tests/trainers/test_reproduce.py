"""A policy is trained again from its file alone."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.trainers.conftest import NATIVE
from trainers.__main__ import main
from wildrobot.policy import Policy

SHIPPED = Path("tests/policy/fixtures/version-3-brax-amp-walk.safetensors")


@pytest.fixture
def trained(amp_run):
    return amp_run / "policy.safetensors"


def test_it_is_the_same_to_the_bit(trained, tmp_path, capsys):
    assert main(["reproduce", str(trained), "--run", str(tmp_path / "again")]) == 0
    again = Policy.load(tmp_path / "again" / "policy.safetensors")
    assert again.weights_sha256 == Policy.load(trained).weights_sha256
    printed = capsys.readouterr().out
    assert printed.count(again.weights_sha256) == 2
    assert "the same to the bit" in printed


@pytest.mark.slow
def test_it_goes_on_where_it_was_killed(trained, tmp_path):
    run = tmp_path / "again"
    command = [sys.executable, "-m", "trainers", "reproduce", str(trained), "--run", str(run)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as killed:
        while not (run / "policy.safetensors").is_file() and killed.poll() is None:
            pass
        killed.send_signal(signal.SIGKILL)
    assert main(["reproduce", str(trained), "--run", str(run)]) == 0


def test_a_policy_that_does_not_say_how_it_was_trained(capsys):
    assert main(["reproduce", str(SHIPPED)]) == 2
    assert "does not say how it was trained, as policies of older versions do not" in capsys.readouterr().err


def test_what_went_on_from_a_run_goes_on_from_it_again(amp_run, tmp_path, capsys):
    run, few = tmp_path / "run", ["brax_ppo.num_timesteps=256", "brax_ppo.num_evals=2", NATIVE]
    assert main(["brax-amp", "--config", "smoke", "--from", str(amp_run), "--run", str(run), *few]) == 0
    again = ["reproduce", str(run), "--run", str(tmp_path / "again"), "--from"]
    # The actor alone is not what it started from.
    assert main([*again, str(amp_run / "policy.safetensors")]) == 2
    assert main([*again, str(amp_run)]) == 0
    assert "the same to the bit" in capsys.readouterr().out


def test_another_start_than_its_own(trained, tmp_path, capsys):
    arguments = ["reproduce", str(trained), "--run", str(tmp_path / "again"), "--from", str(SHIPPED)]
    assert main(arguments) == 2
    started = Policy.load(SHIPPED).sha256[:12]
    expected = f"its training started from nothing, and not from the policy or checkpoint of SHA-256 {started}; name "
    assert expected in capsys.readouterr().err
