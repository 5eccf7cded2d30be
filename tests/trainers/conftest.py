"""One smoke training of each trainer, shared by every test that only reads it, also between pytest's processes."""

import os
from collections.abc import Callable
from typing import NamedTuple

import jax
import pytest
from filelock import FileLock

from adapters.gymnasium_env.cores import shared_core
from trainers.brax import amp, ppo
from trainers.brax import reading as brax_reading
from trainers.brax.amp import guard, resuming
from trainers.brax.amp import training as amp_training
from trainers.rsl_rl import reading as rsl_rl_reading
from trainers.rsl_rl import training as rsl_rl_training
from trainers.sb3 import reading as sb3_reading
from trainers.sb3 import training
from wildrobot.experiment import load_experiment

NATIVE = "env.physics.engine=native"
_MAKERS = (ppo, brax_reading, guard, resuming, amp_training, rsl_rl_reading, rsl_rl_training, sb3_reading, training)
"""Modules that make an environment."""


@pytest.fixture(scope="module", autouse=True)
def cores_are_shared():
    """Trainings of one environment share its compiled core, which nothing changes.

    JAX's compilation cache does not keep what calls native physics, so each would compile its step anew.
    """
    with pytest.MonkeyPatch.context() as patch:
        for module in _MAKERS:
            patch.setattr(module, "make_env", shared_core)
        yield


class Sizes(NamedTuple):
    """Of what one robot's actor and critic see, and of an action."""

    state: int
    privileged_state: int
    action: int


@pytest.fixture(scope="session")
def sizes():
    env = shared_core(load_experiment("smoke", [NATIVE]).env)
    observations = jax.eval_shape(env.reset, jax.random.PRNGKey(0)).obs
    state, privileged_state = (observations[name].shape[-1] for name in ("state", "privileged_state"))
    return Sizes(state, privileged_state, env.action_size)


@pytest.fixture(scope="session")
def trained_once(tmp_path_factory):
    """Trains into a folder of a name, unless that has been done."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent

    def once(name: str, train: Callable):
        path = folder / "trained" / name
        path.parent.mkdir(exist_ok=True)
        done = path.with_suffix(".done")
        with FileLock(path.with_suffix(".lock")):
            if not done.exists():
                train(load_experiment("smoke", [NATIVE]), path)
                done.touch()
        return path

    return once


@pytest.fixture(scope="session")
def brax_run(trained_once):
    return trained_once("brax-smoke", ppo.train)


@pytest.fixture(scope="session")
def sb3_run(trained_once):
    return trained_once("sb3-smoke", training.train)


@pytest.fixture(scope="session")
def rsl_rl_run(trained_once):
    return trained_once("rsl_rl-smoke", rsl_rl_training.train)


@pytest.fixture(scope="session")
def amp_run(trained_once):
    """PPO + AMP: 16 training steps of 256 environment steps, checkpoints after 8 and 16 of them."""
    return trained_once("amp-smoke", amp.train)
