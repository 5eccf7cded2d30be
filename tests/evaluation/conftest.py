"""A small judged environment and policies that fit it."""

import numpy as np
import pytest

from wildrobot.config import load_experiment
from wildrobot.env import WildRobotEnv, make_env
from wildrobot.evaluation.suite import Suite, judged
from wildrobot.policy import Layer, Policy, PolicyInfo


@pytest.fixture(scope="session")
def suite() -> Suite:
    return Suite(commands_m_per_s=(0.0, 0.2), episodes=3, seconds=0.4, seed=0)


@pytest.fixture(scope="session")
def env(suite: Suite) -> WildRobotEnv:
    return make_env(judged(load_experiment("smoke").env.model_dump(mode="json"), suite, threads=1))


@pytest.fixture(scope="session")
def policy(env: WildRobotEnv) -> Policy:
    """Two layers of small random weights."""
    rng, size = np.random.default_rng(0), sum(size for _, size in env.observation_layout)

    def layer(inputs: int, outputs: int) -> Layer:
        kernel = rng.normal(0.0, 0.2 / np.sqrt(inputs), (inputs, outputs))
        return Layer(kernel.astype(np.float32), np.zeros(outputs, np.float32))

    return Policy(
        layers=(layer(size, 16), layer(16, env.action_size)),
        activation="swish",
        squash="tanh",
        observation_mean=np.zeros(size, np.float32),
        observation_std=np.ones(size, np.float32),
        observation_clip=None,
        info=PolicyInfo.of(env, framework="test", environment_steps=0, seed=0),
    )
