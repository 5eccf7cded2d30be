"""A small environment, policies that fit it, and a small suite."""

import os

import pytest

from tests.evaluation import suites
from tests.policy.networks import for_env
from wildrobot.env import WildRobotEnv, make_env
from wildrobot.evaluation import evaluate
from wildrobot.evaluation.play.suite import Suite
from wildrobot.experiment import load_experiment
from wildrobot.policy import Interface, Policy


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
def interface(policy) -> Interface:
    return policy.interface


@pytest.fixture
def the_environment_stays(monkeypatch):
    """As it was, whatever the command sets."""
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    monkeypatch.setenv("MUJOCO_GL", os.environ.get("MUJOCO_GL", ""))


@pytest.fixture
def asked(monkeypatch):
    """What `evaluate` is asked for; nothing is played."""
    calls = []
    monkeypatch.setattr(evaluate, "evaluate", lambda *given, **named: calls.append((*given, named)) or True)
    return calls


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """A suite with a gate, and holding home besides."""
    folder = tmp_path_factory.mktemp("suites")
    return suites.written(
        folder,
        baselines=["hold-home"],
        gates=[{"metric": "survival", "at_least": 0.9, "reason": "it must"}],
        seconds=0.4,
    )


@pytest.fixture
def run(policy, tmp_path):
    return suites.run_folder(tmp_path / "my-run", policy)


@pytest.fixture
def alone(policy, tmp_path):
    """A policy file that lies in no run folder."""
    policy.save(tmp_path / "alone.safetensors")
    return tmp_path / "alone.safetensors"
