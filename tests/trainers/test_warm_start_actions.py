"""Policies of each framework in the networks of the others, against the frameworks' own inference, and back."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from brax.training import distribution
from brax.training.acme import running_statistics
from brax.training.agents.ppo import networks as ppo_networks
from stable_baselines3 import PPO
from tensordict import TensorDict

from adapters.gymnasium_env.cores import shared_core
from tests.trainers.conftest import NATIVE
from trainers.brax import networks as brax_networks
from trainers.brax.networks import network_factory
from trainers.brax.settings import BraxPpo
from trainers.brax.warm_start import parameters
from trainers.rsl_rl.policy import to_policy as from_rsl_rl
from trainers.rsl_rl.settings import RslRlPpo
from trainers.rsl_rl.training import new_runner
from trainers.sb3.policy import to_policy
from trainers.sb3.settings import Sb3Ppo
from trainers.sb3.training import new_model
from trainers.warm_start import Moments, match_policy, privileged_moments
from wildrobot.experiment import load_experiment
from wildrobot.policy import Layer, Policy, act


@pytest.fixture(scope="module", params=["brax", "sb3", "rsl_rl"])
def policy(request):
    """A policy of each framework, lively enough that some actions are at their bounds."""
    policy = Policy.load(request.getfixturevalue(f"{request.param}_run") / "policy.safetensors")
    last = policy.layers[-1]
    return replace(policy, layers=(*policy.layers[:-1], Layer(2.0 * last.kernel, last.bias + 0.5)))


@pytest.fixture(scope="module")
def observation(policy, sizes):
    """Of 256 robots, in which single entries are far beyond SB3's clip of 10 standard deviations; shape (256, obs)."""
    random = np.random.default_rng(0)
    deviations = random.normal(size=(256, sizes.state)) * np.where(random.random((256, sizes.state)) < 0.01, 30.0, 0.5)
    return (policy.observation_mean + deviations * policy.observation_std).astype(np.float32)


@pytest.fixture(scope="module")
def standard(sizes):
    """Moments of the critic's observations that change nothing."""
    return Moments(np.zeros(sizes.privileged_state), np.ones(sizes.privileged_state), 1)


@pytest.fixture(scope="module")
def core():
    return shared_core(load_experiment("smoke", [NATIVE]).env)


@pytest.fixture(scope="module")
def make_model(policy, core):
    """Makes a live model of SB3 with the policy."""
    settings = match_policy(load_experiment("smoke", [NATIVE]), Sb3Ppo, policy).section(Sb3Ppo)
    return lambda: new_model(core, settings, policy)


@pytest.fixture(scope="module")
def model(make_model):
    """One that nobody changes."""
    return make_model()


@pytest.fixture(scope="module")
def brax(policy, standard, sizes):
    """Brax's networks and the policy as their parameters, and the settings that they have."""
    settings = match_policy(load_experiment("smoke", [NATIVE]), BraxPpo, policy).section(BraxPpo)
    factory = network_factory(settings, policy.squash, policy.observation_clip)
    networks = factory(
        {"state": (sizes.state,), "privileged_state": (sizes.privileged_state,)},
        sizes.action,
        preprocess_observations_fn=running_statistics.normalize,
    )
    return networks, parameters(policy, standard), settings


def actions(policy, observation, normal=None):
    normal = None if normal is None else jnp.asarray(normal)
    return np.asarray(act(policy.structure, policy.parameters, jnp.asarray(observation), normal))


def seen(model, observation):
    """What SB3's policy is given."""
    robots = model.get_vec_normalize_env()
    unseen = np.zeros((len(observation), *robots.observation_space["privileged_state"].shape), np.float32)
    return robots.normalize_obs({"state": observation, "privileged_state": unseen})


def test_in_sb3_it_chooses_the_same_actions(policy, observation, model):
    expected = actions(policy, observation)
    assert (np.abs(expected) > 0.99).any(), "some at their bounds"
    assert np.median(np.abs(expected)) < 0.9, "most are not"
    chosen, _ = model.predict(seen(model, observation), deterministic=True)
    np.testing.assert_allclose(chosen, expected, atol=1e-5)


def test_in_sb3_it_draws_the_same_actions(policy, observation, model):
    torch.manual_seed(1)
    drawn, _ = model.predict(seen(model, observation), deterministic=False)
    torch.manual_seed(1)
    normal = torch.randn(drawn.shape).numpy()
    np.testing.assert_allclose(drawn, actions(policy, observation, normal), atol=1e-5)


def test_in_sb3_the_robots_get_what_it_draws(policy, make_model, monkeypatch):
    """Not what PPO keeps of it, which is without the tanh, or the clip."""
    model, sent = make_model(), []
    robots = model.get_env()
    monkeypatch.setattr(robots, "step_async", lambda actions: sent.append(actions.copy()) or step_async(actions))
    step_async = type(robots).step_async.__get__(robots)
    model.learn(1)
    kept = model.rollout_buffer.actions  # (steps x robots, joints) after PPO has read it, robot by robot
    kept = kept.reshape(len(sent[0]), len(sent), -1).swapaxes(0, 1)
    assert (np.abs(kept) > 1.0).any()
    np.testing.assert_allclose(sent, squashed(policy, kept), atol=1e-6)


def test_in_brax_it_chooses_the_same_actions(policy, observation, brax):
    networks, params, _ = brax
    chosen, _ = ppo_networks.make_inference_fn(networks)(params, deterministic=True)(
        {"state": observation}, jax.random.PRNGKey(0)
    )
    np.testing.assert_allclose(chosen, actions(policy, observation), atol=1e-6)


def test_in_brax_it_draws_the_same_actions(policy, observation, brax):
    networks, params, _ = brax
    key = jax.random.PRNGKey(5)
    drawn, _ = ppo_networks.make_inference_fn(networks)(params)({"state": observation}, key)
    np.testing.assert_allclose(drawn, actions(policy, observation, jax.random.normal(key, drawn.shape)), atol=1e-6)


@pytest.fixture(scope="module")
def make_runner(policy, core):
    """Makes a live runner of RSL-RL with the policy."""
    settings = match_policy(load_experiment("smoke", [NATIVE]), RslRlPpo, policy).section(RslRlPpo)
    return lambda: new_runner(core, settings, policy)


@pytest.fixture(scope="module")
def runner(make_runner):
    """One that nobody changes."""
    return make_runner()


def grouped(observation, sizes):
    """What RSL-RL's models are given."""
    unseen = torch.zeros(len(observation), sizes.privileged_state)
    return TensorDict({"policy": torch.from_numpy(observation), "critic": unseen}, batch_size=[len(observation)])


def squashed(policy, raw):
    return np.tanh(raw) if policy.squash == "tanh" else np.clip(raw, -1.0, 1.0)


def test_in_rsl_rl_it_chooses_and_draws_the_same_actions(policy, observation, runner, sizes):
    with torch.inference_mode():
        chosen = runner.get_inference_policy()(grouped(observation, sizes)).numpy()
        torch.manual_seed(1)
        drawn = runner.alg.actor(grouped(observation, sizes), stochastic_output=True).numpy()
    torch.manual_seed(1)
    normal = torch.randn(drawn.shape).numpy()
    np.testing.assert_allclose(squashed(policy, chosen), actions(policy, observation), atol=1e-5)
    np.testing.assert_allclose(squashed(policy, drawn), actions(policy, observation, normal), atol=1e-5)


def test_in_rsl_rl_the_robots_get_what_it_draws(policy, make_runner):
    runner = make_runner()
    with torch.inference_mode():
        drawn = runner.alg.act(runner.env.get_observations()).numpy()
        runner.env.step(torch.from_numpy(drawn))
    assert (np.abs(drawn) > 1.0).any()
    np.testing.assert_allclose(runner.env.robots.state.task.last_action, squashed(policy, drawn), atol=1e-6)


def test_through_rsl_rl_it_comes_back_the_same(policy, runner, core):
    settings = match_policy(load_experiment("smoke"), RslRlPpo, policy).section(RslRlPpo)
    assert_same(policy, from_rsl_rl(runner.alg.actor.state_dict(), core, settings, 5))


def test_rsl_rl_normalises_on_at_the_age_of_the_policy(policy, make_runner, sizes):
    """As below for the others: 512 observations that are 1 above the mean of 4,096."""
    actor = make_runner().alg.actor
    shifted = np.broadcast_to(policy.observation_mean + 1.0, (512, sizes.state)).astype(np.float32)
    actor.train()
    actor.update_normalization(grouped(shifted.copy(), sizes))
    np.testing.assert_allclose(actor.obs_normalizer.mean, policy.observation_mean + 512 / 4608, atol=1e-5)
    variance = (4096 * policy.observation_std.astype(np.float64) ** 2 + 4096 * 512 / 4608) / 4608
    np.testing.assert_allclose(actor.obs_normalizer.std, np.sqrt(variance), rtol=1e-4)


def test_all_frameworks_give_its_draws_the_same_probability(policy, observation, model, brax, runner, sizes):
    """But for the tanh's Jacobian, which Brax counts and which cancels in the ratio of two policies."""
    networks, params, _ = brax
    raw = np.random.default_rng(1).normal(0.3, 0.5, (256, sizes.action)).astype(np.float32)
    logits = networks.policy_network.apply(*params, {"state": observation})
    expected = networks.parametric_action_distribution.log_prob(logits, raw)
    if policy.squash == "tanh":
        expected += distribution.TanhBijector().forward_log_det_jacobian(raw).sum(axis=-1)
    tensors, _ = model.policy.obs_to_tensor(seen(model, observation))
    _, log_prob, _ = model.policy.evaluate_actions(tensors, torch.from_numpy(raw))
    np.testing.assert_allclose(log_prob.detach().numpy(), expected, rtol=1e-3)
    actor = runner.alg.actor
    actor(grouped(observation, sizes), stochastic_output=True)
    np.testing.assert_allclose(actor.get_output_log_prob(torch.from_numpy(raw)).detach(), expected, rtol=1e-3)


def assert_same(policy, other):
    assert other.structure == policy.structure
    jax.tree.map(
        lambda mine, its: np.testing.assert_allclose(its, mine, rtol=1e-6, atol=1e-7),
        policy.parameters,
        other.parameters,
    )


def test_through_sb3_and_brax_it_comes_back_the_same(policy, model, core, brax, standard):
    """Policy -> SB3 -> Policy -> Brax -> Policy, and the provenance of the last."""
    settings = match_policy(load_experiment("smoke"), Sb3Ppo, policy).section(Sb3Ppo)
    from_sb3 = to_policy(model.policy.state_dict(), model.get_vec_normalize_env(), core, settings, environment_steps=5)
    assert_same(policy, from_sb3)
    params = parameters(from_sb3, standard)
    from_brax = brax_networks.to_policy(params, core, brax[2], 6, policy.observation_clip)
    assert_same(policy, from_brax)
    assert (from_brax.info.framework, from_brax.info.environment_steps) == ("brax-ppo", 6)


def test_what_it_normalises_by_goes_on_at_its_age(policy, make_model, brax, sizes):
    """4,096 observations at their mean, and 512 that are 1 above it: the mean rises by 512 / 4608."""
    shifted = np.broadcast_to(policy.observation_mean + 1.0, (512, sizes.state)).astype(np.float32)
    statistics = make_model().get_vec_normalize_env().obs_rms["state"]
    statistics.update(shifted)
    np.testing.assert_allclose(statistics.mean, policy.observation_mean + 512 / 4608, atol=1e-6)
    normalizer = brax[1][0]
    unseen = np.zeros((512, sizes.privileged_state))
    later: Any = running_statistics.update(normalizer, {"state": shifted, "privileged_state": unseen})
    np.testing.assert_allclose(later.mean["state"], policy.observation_mean + 512 / 4608, atol=1e-6)
    # Var[o] = (4096 s^2 + 4096 * 512 / 4608) / 4608, in both.
    variance = (4096 * policy.observation_std.astype(np.float64) ** 2 + 4096 * 512 / 4608) / 4608
    np.testing.assert_allclose(statistics.var, variance, rtol=1e-4)
    np.testing.assert_allclose(later.std["state"], np.sqrt(variance), rtol=1e-4)


def test_the_critic_sees_normalised_observations_from_the_start(policy, core):
    moments = privileged_moments(core, policy, seed=1)
    fresh = core.reset_batch(jax.random.split(jax.random.PRNGKey(99), 64)).obs["privileged_state"]
    normalised = (np.asarray(fresh) - moments.mean) / moments.std
    assert np.abs(normalised).mean() < 2.0 < np.abs(np.asarray(fresh) / 1e-3).mean()
    assert moments.samples <= 128 * 100
    assert (moments.std >= 1e-3).all()


def test_brax_holds_its_own_policies_in_its_own_networks(brax_run, sb3_run):
    for run, own in ((brax_run, True), (sb3_run, False)):
        policy = Policy.load(run / "policy.safetensors")
        settings = load_experiment("smoke").section(BraxPpo)
        factory = network_factory(settings, policy.squash, policy.observation_clip)
        assert (factory.func is ppo_networks.make_ppo_networks) == own


def test_sb3_reads_its_own_zip_of_a_warm_started_policy(model, observation, tmp_path):
    model.save(tmp_path / "model.zip")
    again = PPO.load(tmp_path / "model.zip", device="cpu")
    for part in (True, False):
        torch.manual_seed(1)
        first, _ = model.predict(seen(model, observation), deterministic=part)
        torch.manual_seed(1)
        second, _ = again.predict(seen(model, observation), deterministic=part)
        np.testing.assert_array_equal(first, second)
