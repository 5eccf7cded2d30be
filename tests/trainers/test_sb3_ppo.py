"""Training end to end on the smoke configuration, and the exported policy against SB3's own inference."""

import json
import pickle
import shutil
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from stable_baselines3 import PPO

from trainers.__main__ import main
from trainers.sb3 import training
from trainers.sb3.learning_rate import LearningRate
from trainers.sb3.settings import Sb3Ppo
from wildrobot.experiment import load_experiment
from wildrobot.policy import Policy, act

NATIVE = "env.physics.engine=native"


@pytest.fixture(scope="module")
def run(sb3_run):
    return sb3_run


def lines(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def test_what_both_trainers_know_has_the_same_name(run):
    """The names that Brax's trainer logs; see its test."""
    logged = set().union(*lines(run))
    assert {"episode/sum_reward", "episode/length", "episode/vx_error_m_per_s", "episode/reward/velocity"} <= logged
    assert {"training/sps", "training/policy_loss", "training/learning_rate", "training/policy_dist_mean_std"} <= logged


def test_the_learning_rate_follows_the_divergence(run):
    """Every update's rate is the one before it, changed as the divergence of the update before says."""
    logged = [(line["training/learning_rate"], line["sb3/train/approx_kl"]) for line in lines(run)[1:]]
    factors = [1.5 if kl < 0.005 else 1 / 1.5 if kl > 0.02 else 1.0 for _, kl in logged]
    assert set(factors) != {1.0}, "otherwise this says nothing"
    for (rate, _), (later, _), factor in zip(logged, logged[1:], factors, strict=False):
        assert later == pytest.approx(rate * factor)


def test_the_exported_policy_computes_what_sb3_computes(run, sizes):
    """SB3's own checkpoint, normaliser and `predict`, with some actions at the bounds of the box."""
    newest = run / "checkpoints" / "000000004096"
    model = PPO.load(newest / "model.zip")
    normalizer = pickle.loads((newest / "normalizer.pkl").read_bytes())
    policy = Policy.load(run / "policy.safetensors")
    random = np.random.default_rng(0)
    state = policy.observation_mean + 50.0 * policy.observation_std * random.normal(size=(256, sizes.state)).astype(
        np.float32
    )
    observation = {
        "state": state,
        "privileged_state": random.normal(size=(256, sizes.privileged_state)).astype(np.float32),
    }
    expected, _ = model.predict(normalizer.normalize_obs(observation), deterministic=True)
    assert (np.abs(expected) == 1.0).any(), "some are clipped"
    assert (np.abs(expected) < 1.0).any(), "some are not"
    np.testing.assert_allclose(policy.apply(state), expected, atol=1e-5)
    actions = act(policy.structure, policy.parameters, jnp.asarray(state), None)
    np.testing.assert_allclose(actions, expected, atol=1e-5)


def test_the_exported_policy_draws_what_sb3_draws(run, sizes):
    """SB3's `predict` with a seed, against the neutral file with the normal numbers of that seed."""
    newest = run / "checkpoints" / "000000004096"
    model = PPO.load(newest / "model.zip")
    normalizer = pickle.loads((newest / "normalizer.pkl").read_bytes())
    policy = Policy.load(run / "policy.safetensors")
    state = np.random.default_rng(0).normal(size=(256, sizes.state)).astype(np.float32)
    unseen = np.zeros((256, sizes.privileged_state), np.float32)
    observation = normalizer.normalize_obs({"state": state, "privileged_state": unseen})
    distribution: Any = model.policy.get_distribution(model.policy.obs_to_tensor(observation)[0]).distribution
    assert distribution.stddev.std(dim=1).max() > 1e-4, "every joint has its own deviation"
    torch.manual_seed(1)
    expected, _ = model.predict(observation, deterministic=False)
    torch.manual_seed(1)
    normal = torch.randn(expected.shape).numpy()
    actions = act(policy.structure, policy.parameters, jnp.asarray(state), jnp.asarray(normal))
    np.testing.assert_allclose(actions, expected, atol=1e-5)


def test_the_critic_sees_more_than_the_actor(run, sizes):
    model = PPO.load(run / "checkpoints" / "000000004096" / "model.zip")
    extractor = model.policy.mlp_extractor
    assert extractor.policy_net[0].in_features == sizes.state
    assert extractor.value_net[0].in_features == sizes.privileged_state > sizes.state
    first, second = (
        {
            "state": np.zeros((1, sizes.state), np.float32),
            "privileged_state": np.full((1, sizes.privileged_state), value, np.float32),
        }
        for value in (0.0, 1.0)
    )
    np.testing.assert_array_equal(
        model.predict(first, deterministic=True)[0], model.predict(second, deterministic=True)[0]
    )
    values = [model.policy.predict_values(model.policy.obs_to_tensor(each)[0]).item() for each in (first, second)]
    assert values[0] != values[1]


@pytest.fixture
def copy(run, tmp_path):
    shutil.copytree(run, tmp_path / "copy")
    return tmp_path / "copy"


def test_a_run_goes_on_from_its_newest_checkpoint(run, copy, monkeypatch):
    learn, seen = PPO.learn, {}

    def spied(model, steps, **options):
        seen.update(steps=steps, weights=model.policy.state_dict()["action_net.weight"].clone())
        seen.update(moments=model.policy.optimizer.state_dict()["state"], rate=model.lr_schedule(0.0))
        return learn(model, steps, **options)

    monkeypatch.setattr(PPO, "learn", spied)
    checkpoint = PPO.load(copy / "checkpoints" / "000000004096" / "model.zip")
    before = pickle.loads((copy / "checkpoints" / "000000004096" / "normalizer.pkl").read_bytes())
    # A crash after the checkpoint: lines beyond it, and one that is half written.
    with (copy / "metrics.jsonl").open("a") as log:
        log.write('{"steps": 4608, "wall_s": 999.0}\n{"steps": 51')
    (copy / "checkpoints" / ".000000009999.part").mkdir()
    (copy / "checkpoints" / ".000000009999.part" / "model.zip").write_text("half")

    assert main(["sb3", "--resume", str(copy), "sb3_ppo.total_timesteps=5000"]) == 0

    assert seen["steps"] == 904
    assert torch.equal(seen["weights"], checkpoint.policy.state_dict()["action_net.weight"])
    assert len(seen["moments"]) == len(checkpoint.policy.optimizer.state_dict()["state"]) > 0
    assert seen["rate"] == checkpoint.policy.optimizer.param_groups[0]["lr"] == lines(run)[-1]["training/learning_rate"]
    after = pickle.loads((copy / "checkpoints" / "000000005120" / "normalizer.pkl").read_bytes())
    assert after.obs_rms["state"].count > before.obs_rms["state"].count > 4096, "the normaliser goes on"
    assert [line["steps"] for line in lines(copy)] == list(range(512, 5121, 512))
    assert lines(run)[-1]["wall_s"] < lines(copy)[-1]["wall_s"] < 900, "the clock goes on"
    assert load_experiment(copy / "config.yaml").section(Sb3Ppo).total_timesteps == 5000
    assert json.loads((copy / "run.json").read_text())["resumed"][0]["steps"] == 4096
    assert Policy.load(copy / "policy.safetensors").info.environment_steps == 5120


def test_neighbouring_seeds_share_no_robot(monkeypatch, tmp_path):
    seeds = []
    monkeypatch.setattr(PPO, "learn", lambda model, *args, **options: seeds.append(model.env.venv._seeds))
    for seed in (0, 1):
        experiment = load_experiment("smoke", [NATIVE, f"sb3_ppo.seed={seed}"])
        with pytest.raises(SystemExit):  # nothing was learned
            training.train(experiment, tmp_path / str(seed))
    assert not set(seeds[0]) & set(seeds[1])


class TestLearningRate:
    @pytest.fixture
    def settings(self):
        return load_experiment("smoke", ["sb3_ppo.learning_rate=0.001", "sb3_ppo.desired_kl=0.01"]).section(Sb3Ppo)

    def test_adaptive(self, settings):
        rate = LearningRate(settings)
        for kl, expected in ((0.021, 1e-3 / 1.5), (0.01, 1e-3 / 1.5), (0.004, 1e-3), (0.004, 1.5e-3)):
            rate.adapt(kl)
            assert rate(0.1) == pytest.approx(expected)

    def test_adaptive_within_bounds(self, settings):
        rate = LearningRate(settings)
        for _ in range(100):
            rate.adapt(1.0)
        assert rate(1.0) == 1e-5
        for _ in range(100):
            rate.adapt(0.0)
        assert rate(1.0) == 1e-2

    def test_linear(self, settings):
        rate = LearningRate(settings.model_copy(update={"learning_rate_schedule": "LINEAR"}))
        rate.adapt(1.0)
        assert rate(0.25) == pytest.approx(0.25e-3)
        assert rate(-0.01) == 0.0, "the last rollout may go beyond the last step"
