"""RSL-RL's own runner on the smoke configuration, and the exported policy against its own inference."""

import json
import os
import subprocess
import sys
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from rsl_rl.algorithms import PPO
from rsl_rl.models import MLPModel
from rsl_rl.runners import OnPolicyRunner
from tensordict import TensorDict

from adapters.gymnasium_env.cores import shared_core
from tests.trainers.conftest import NATIVE
from trainers.rollouts import robots_seed
from trainers.rsl_rl import checkpoints
from trainers.rsl_rl.policy import to_policy
from trainers.rsl_rl.settings import RslRlPpo
from trainers.rsl_rl.training import new_runner
from wildrobot.experiment import load_experiment
from wildrobot.policy import Policy, act


@pytest.fixture(scope="module")
def run(rsl_rl_run):
    return rsl_rl_run


@pytest.fixture(scope="module")
def core():
    return shared_core(load_experiment("smoke", [NATIVE]).env)


@pytest.fixture(scope="module")
def settings():
    return load_experiment("smoke", [NATIVE]).section(RslRlPpo)


@pytest.fixture(scope="module")
def runner(run, core, settings) -> OnPolicyRunner:
    """A new one that has loaded the newest checkpoint, in RSL-RL's own way."""
    runner = new_runner(core, settings)
    runner.load(str(run / "checkpoints" / "000000004096" / "model.pt"))
    return runner


@pytest.fixture(scope="module")
def observations(run, sizes):
    policy, random = Policy.load(run / "policy.safetensors"), np.random.default_rng(0)
    state = policy.observation_mean + 50.0 * policy.observation_std * random.normal(size=(256, sizes.state))
    privileged = random.normal(size=(256, sizes.privileged_state))
    groups = {"policy": torch.from_numpy(state).float(), "critic": torch.from_numpy(privileged).float()}
    return TensorDict(groups, batch_size=[256])


def test_everything_is_of_rsl_rls_own_classes(runner):
    own = (type(runner), type(runner.alg), type(runner.alg.actor), type(runner.alg.critic))
    assert own == (OnPolicyRunner, PPO, MLPModel, MLPModel)


def test_the_exported_policy_computes_what_rsl_rl_computes(run, runner, observations):
    """RSL-RL's own checkpoint and inference, with some actions at the bounds."""
    policy = Policy.load(run / "policy.safetensors")
    with torch.inference_mode():
        expected = runner.get_inference_policy()(observations).clamp(-1.0, 1.0).numpy()
    assert (np.abs(expected) == 1.0).any(), "some are clipped"
    assert (np.abs(expected) < 1.0).any(), "some are not"
    state = observations["policy"].numpy()
    np.testing.assert_allclose(policy.apply(state), expected, atol=1e-5)
    np.testing.assert_allclose(act(policy.structure, policy.parameters, jnp.asarray(state), None), expected, atol=1e-5)


@pytest.mark.parametrize("std_type", ["log", "scalar"])
def test_the_exported_policy_draws_what_rsl_rl_draws(std_type, core, settings, observations):
    settings = settings.model_copy(update={"std_type": std_type, "init_std": 0.3})
    actor: Any = new_runner(core, settings).alg.actor
    for parameter in actor.distribution.parameters():
        parameter.data += 0.1 * torch.rand_like(parameter)  # every joint has its own
    policy = to_policy(actor.state_dict(), core, settings, 0)
    torch.manual_seed(1)
    expected = actor(observations, stochastic_output=True).clamp(-1.0, 1.0).detach().numpy()
    torch.manual_seed(1)
    normal = torch.randn(expected.shape).numpy()
    state = jnp.asarray(observations["policy"].numpy())
    actions = act(policy.structure, policy.parameters, state, jnp.asarray(normal))
    np.testing.assert_allclose(actions, expected, atol=1e-5)


def test_the_critic_sees_more_than_the_actor(runner, sizes):
    alg = runner.alg
    assert alg.actor.mlp[0].in_features == sizes.state < alg.critic.mlp[0].in_features == sizes.privileged_state


def test_settings_reach_rsl_rl(core, settings):
    other = {"gamma": 0.9, "lam": 0.8, "clip_param": 0.1, "schedule": "fixed", "value_loss_coef": 0.7, "init_std": 0.2}
    alg: Any = new_runner(core, settings.model_copy(update=other)).alg
    assert (alg.gamma, alg.lam, alg.clip_param, alg.schedule, alg.value_loss_coef) == (0.9, 0.8, 0.1, "fixed", 0.7)
    assert torch.allclose(alg.actor.distribution.log_std_param, torch.log(torch.tensor(0.2)))


def test_the_log_has_what_the_update_was(run):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert all(line["rsl_rl/kl_mean"] > 0.0 for line in lines)
    assert all(line["training/explained_variance"] <= 1.0 for line in lines)
    assert {"rsl_rl/Loss/value", "rsl_rl/Loss/entropy", "training/learning_rate", "training/sps"} <= set(lines[-1])


def test_seeds_share_neither_robots_nor_numbers(core, settings):
    seeds = sorted(robots_seed(seed, steps) for seed in (0, 1) for steps in (0, 512))
    assert min(np.diff(seeds)) >= 2**16, "robot i of seed s is robot 0 of seed s + i"
    first, second = (new_runner(core, settings.model_copy(update={"seed": seed})) for seed in (0, 1))
    assert not torch.equal(*(each.env.get_observations()["policy"] for each in (first, second)))
    assert not torch.equal(*(next(each.alg.actor.mlp.parameters()) for each in (first, second)))


def test_a_checkpoint_that_holds_code_is_not_run(tmp_path):
    mark = tmp_path / "code ran"

    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(mark),)

    torch.save({"actor_state_dict": Bomb()}, tmp_path / "model.pt")
    with pytest.raises(Exception, match="Weights only load failed"):
        checkpoints.read(tmp_path / "model.pt")
    assert not mark.exists()


def test_only_its_own_modules_need_rsl_rl():
    """An experiment with its section loads without the framework, and other trainers do not import it."""
    code = (
        "import sys; sys.modules['rsl_rl'] = None; import trainers.__main__, trainers.sb3.training;"
        "import trainers.rsl_rl.facts;"
        "from wildrobot.experiment import load_experiment; print(load_experiment('walk').rsl_rl_ppo.gamma)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "0.97\n"), done.stderr
