"""Training end to end on the smoke configuration, and the exported policy against Brax's own inference."""

import json
import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from brax.training.acme import running_statistics
from brax.training.agents.ppo import checkpoint
from brax.training.agents.ppo import networks as ppo_networks

from adapters.gymnasium_env.cores import shared_core
from tests.trainers.interruption import interrupted
from trainers.brax import compat, ppo
from trainers.brax import networks as brax_networks
from trainers.brax.settings import BraxPpo
from wildrobot.errors import UsageError
from wildrobot.experiment import load_experiment
from wildrobot.policy import Policy, act


@pytest.fixture(scope="module")
def run(brax_run):
    return brax_run


def test_a_run_leaves_everything_behind(run):
    names = {entry.name for entry in run.iterdir()}
    assert {"config.yaml", "run.json", "metrics.jsonl", "tensorboard", "checkpoints", "policy.safetensors"} <= names
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert lines[-1]["steps"] >= 4096
    logged = set().union(*lines)
    assert {"episode/sum_reward", "episode/length", "episode/vx_error_m_per_s", "training/sps"} <= logged
    assert Policy.load(run / "policy.safetensors").info.environment_steps == lines[-1]["steps"]


@pytest.fixture(scope="module")
def brax_own(run):
    """Brax's networks, the parameters of its own checkpoint, and observations of 32 robots."""
    experiment = load_experiment(run / "config.yaml")
    newest = max((run / "checkpoints").iterdir(), key=lambda path: int(path.name))
    params = checkpoint.load(newest)
    env = shared_core(experiment.env)
    states = jax.jit(jax.vmap(env.reset))(jax.random.split(jax.random.PRNGKey(3), 32))
    networks = brax_networks.network_factory(experiment.section(BraxPpo))(
        {name: value.shape[1:] for name, value in states.obs.items()},
        env.action_size,
        preprocess_observations_fn=running_statistics.normalize,
    )
    return networks, params, states.obs


def test_the_exported_policy_computes_what_brax_computes(run, brax_own):
    """Brax's own checkpoint and inference function against the neutral file, 1e-5."""
    networks, params, observation = brax_own
    infer = ppo_networks.make_inference_fn(networks)(params, deterministic=True)
    expected, _ = infer(observation, jax.random.PRNGKey(0))
    policy = Policy.load(run / "policy.safetensors")
    assert np.abs(expected).max() > 1e-3
    np.testing.assert_allclose(policy.apply(np.asarray(observation["state"])), expected, atol=1e-5)
    actions = act(policy.structure, policy.parameters, observation["state"], None)
    np.testing.assert_allclose(actions, expected, atol=1e-5)


def test_the_exported_policy_draws_what_brax_draws(run, brax_own):
    """Brax's own draw with a key, against the neutral file with the normal numbers of that key."""
    networks, params, observation = brax_own
    policy, key = Policy.load(run / "policy.safetensors"), jax.random.PRNGKey(5)
    drawn, extras = ppo_networks.make_inference_fn(networks)(params, deterministic=False)(observation, key)
    scale = networks.parametric_action_distribution.create_dist(extras["distribution_params"]).scale
    assert scale.std(axis=0).max() > 1e-4, "the deviations depend on the observation"
    normal = jax.random.normal(key, drawn.shape)
    actions = act(policy.structure, policy.parameters, observation["state"], normal)
    np.testing.assert_allclose(actions, drawn, atol=1e-5)


def test_the_normaliser_learned_something(run):
    policy = Policy.load(run / "policy.safetensors")
    assert np.abs(policy.observation_mean).max() > 0.1
    assert policy.observation_std.min() < 0.5


def test_a_batch_that_the_devices_cannot_share_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(jax, "local_device_count", lambda: 3)
    with pytest.raises(UsageError, match=r"num_envs=32 cannot be split over 3 devices; choose a multiple of 3"):
        ppo.train(load_experiment("smoke"), tmp_path / "run")


def test_replicated_copies_lie_on_every_device():
    compat.install()
    tree = {"a": jnp.arange(3.0), "b": np.float32(2)}
    replicated = jax.device_put_replicated(tree, jax.local_devices())
    count = jax.local_device_count()
    assert replicated["a"].shape == (count, 3)
    assert replicated["b"].shape == (count,)


@pytest.mark.slow
def test_ctrl_c_leaves_the_policy_of_the_last_checkpoint(tmp_path):
    run = tmp_path / "run"
    arguments = [
        "brax",
        "--config",
        "smoke",
        "--run",
        str(run),
        "brax_ppo.num_timesteps=10000000",
        "brax_ppo.num_evals=2000",
    ]
    error = interrupted(arguments, (run / "policy.safetensors").exists)
    assert f"interrupted; the policy of the last checkpoint is {run / 'policy.safetensors'}" in error
    assert Policy.load(run / "policy.safetensors").info.environment_steps > 0


@pytest.mark.slow
def test_training_on_two_devices():
    """The native callback under pmap: each device calls the pool on its own."""
    code = (
        "import tempfile, pathlib; from trainers.brax import ppo; from wildrobot.experiment import load_experiment;"
        "ppo.train(load_experiment('smoke', ['env.physics.engine=native']), pathlib.Path(tempfile.mkdtemp()))"
    )
    environment = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "trained policy" in done.stderr
