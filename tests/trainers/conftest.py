"""One smoke training of each trainer, shared by every test that only reads it."""

from typing import NamedTuple

import jax
import pytest

from trainers.brax import amp, ppo
from trainers.rsl_rl import training as rsl_rl_training
from trainers.sb3 import training
from wildrobot.env import make_env
from wildrobot.experiment import load_experiment

NATIVE = "env.physics.engine=native"


class Sizes(NamedTuple):
    """Of what one robot's actor and critic see, and of an action."""

    state: int
    privileged_state: int
    action: int


@pytest.fixture(scope="session")
def sizes():
    env = make_env(load_experiment("smoke", [NATIVE]).env)
    observations = jax.eval_shape(env.reset, jax.random.PRNGKey(0)).obs
    state, privileged_state = (observations[name].shape[-1] for name in ("state", "privileged_state"))
    return Sizes(state, privileged_state, env.action_size)


@pytest.fixture(scope="session")
def brax_run(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "brax-smoke"
    ppo.train(load_experiment("smoke", [NATIVE]), path)
    return path


@pytest.fixture(scope="session")
def sb3_run(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "sb3-smoke"
    training.train(load_experiment("smoke", [NATIVE]), path)
    return path


@pytest.fixture(scope="session")
def rsl_rl_run(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "rsl_rl-smoke"
    rsl_rl_training.train(load_experiment("smoke", [NATIVE]), path)
    return path


@pytest.fixture(scope="session")
def amp_run(tmp_path_factory):
    """PPO + AMP: 16 training steps of 256 environment steps, checkpoints after 8 and 16 of them."""
    path = tmp_path_factory.mktemp("runs") / "amp-smoke"
    amp.train(load_experiment("smoke", [NATIVE]), path)
    return path
