"""A small environment, policies that fit it, and a small suite."""

import pytest

from tests.evaluation import suites
from tests.policy.networks import for_env
from wildrobot.config import load_experiment
from wildrobot.env import WildRobotEnv, make_env
from wildrobot.evaluation.suite import Suite
from wildrobot.policy import Policy


@pytest.fixture(scope="session")
def env() -> WildRobotEnv:
    """What the policies were trained in."""
    return make_env(load_experiment("smoke", ["env.physics.engine=native"]).env)


@pytest.fixture(scope="session")
def policy(env) -> Policy:
    return for_env(env)


@pytest.fixture(scope="session")
def suite(tmp_path_factory) -> Suite:
    """Two cases: stand, and walk at 0.2 m/s."""
    return suites.loaded(tmp_path_factory.mktemp("suites"))


@pytest.fixture
def trained_in(env) -> dict:
    return env.config.model_dump(mode="json")
