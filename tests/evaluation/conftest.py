"""A small judged environment and policies that fit it."""

import pytest

from tests.policy.networks import for_env
from wildrobot.config import load_experiment
from wildrobot.env import WildRobotEnv, make_env
from wildrobot.evaluation.suite import Suite, judged
from wildrobot.policy import Policy


@pytest.fixture(scope="session")
def suite() -> Suite:
    return Suite(commands_m_per_s=(0.0, 0.2), episodes=3, seconds=0.4, seed=0)


@pytest.fixture(scope="session")
def env(suite: Suite) -> WildRobotEnv:
    return make_env(judged(load_experiment("smoke").env.model_dump(mode="json"), suite, threads=1))


@pytest.fixture(scope="session")
def policy(env: WildRobotEnv) -> Policy:
    return for_env(env)
