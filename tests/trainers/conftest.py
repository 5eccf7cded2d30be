"""One smoke training of each trainer, shared by every test that only reads it."""

import pytest

from trainers import brax_ppo, sb3_ppo
from wildrobot.config import load_experiment

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
