"""One smoke training of each trainer, shared by every test that only reads it."""

import pytest

from trainers import brax_ppo, sb3_ppo  # isort: skip  (brax_ppo before anything else of Brax)
from trainers import brax_amp  # isort: skip
from wildrobot.experiment import load_experiment

NATIVE = "env.physics.engine=native"


@pytest.fixture(scope="session")
def brax_run(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "brax-smoke"
    brax_ppo.train(load_experiment("smoke", [NATIVE]), path)
    return path


@pytest.fixture(scope="session")
def sb3_run(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "sb3-smoke"
    sb3_ppo.train(load_experiment("smoke", [NATIVE]), path)
    return path


@pytest.fixture(scope="session")
def amp_run(tmp_path_factory):
    """PPO + AMP: 16 training steps of 256 environment steps, checkpoints after 8 and 16 of them."""
    path = tmp_path_factory.mktemp("runs") / "amp-smoke"
    brax_amp.train(load_experiment("smoke", [NATIVE]), path)
    return path
