"""Robots that several files play with; the compiled core is made once."""

from typing import Any

import pytest

from adapters.gymnasium_env import VectorWalkEnv
from tests.adapters.short_walk import LIMIT
from wildrobot.env import WildRobotEnv, make_env
from wildrobot.experiment import load_experiment


@pytest.fixture(scope="session")
def core() -> WildRobotEnv:
    overrides = ["env.physics.engine=native", f"env.task.episode_length_s={LIMIT * 0.02}"]
    return make_env(load_experiment("smoke", overrides).env)


@pytest.fixture
def robots(core) -> Any:
    return VectorWalkEnv(core, 4)
