"""AMP under SB3: what a step is paid, what a rollout teaches, and that a run goes on with its discriminator."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from adapters.gymnasium_env import VectorWalkEnv
from adapters.sb3_vec_env import Sb3VecEnv
from tests.trainers.conftest import NATIVE
from trainers.amp.learner import SPAN, Experience
from trainers.amp.settings import Amp
from trainers.sb3 import training
from trainers.sb3.style import StyleRewards
from wildrobot.env import make_env
from wildrobot.experiment import load_experiment
from wildrobot.motion import features
from wildrobot.policy import Policy

ROBOTS, STEPS = 8, 30


@pytest.fixture(scope="module")
def core():
    overrides = [NATIVE, "env.task.command.standing_share=0", "env.task.command.vy_m_per_s=[0,0]"]
    overrides += ["env.task.command.yaw_rate_rad_per_s=[0,0]", "env.task.command.vx_m_per_s=[0.1,0.3]"]
    return make_env(load_experiment("smoke", overrides).env)


def robots_of(core):
    walk = VectorWalkEnv(core, ROBOTS, autoreset_mode="SameStep", privileged=True)
    return walk, Sb3VecEnv(walk)


def test_a_step_is_paid_for_the_window_that_it_ends(core):
    """Two copies of the same robots, one without style: the difference is the style reward of the learner itself."""
    settings = load_experiment("smoke").section(Amp)
    (_, plain), (walk, bare) = robots_of(core), robots_of(core)
    paid = StyleRewards(bare, walk, settings, steps_per_batch=STEPS, seed=0)
    for robots in (plain, paid):
        robots.seed(3)
        robots.reset()
    rng = np.random.default_rng(0)
    see = jax.jit(jax.vmap(lambda physics: features.features(core.robot, physics)))
    seen, ends, commands, difference = [], [], [], []
    for _ in range(STEPS):
        actions = rng.uniform(-0.3, 0.3, (ROBOTS, core.action_size)).astype(np.float32)
        commands.append(np.asarray(walk.state.task.command))
        _, without, done, _ = plain.step(actions)
        _, with_style, ended, _ = paid.step(actions)
        np.testing.assert_array_equal(done, ended)
        seen.append(np.asarray(see(walk.stepped.physics)))
        ends.append(ended.astype(np.float32))
        difference.append(with_style - without)
    batch = Experience(*(jnp.asarray(np.stack(each, axis=1)) for each in (seen, ends, commands)))
    before = paid.state.history
    steps = jax.tree.map(lambda old, new: jnp.concatenate([old, new], axis=1), before, batch)
    style = settings.style_weight * core.control_period_s * paid.learner.style(paid.state, steps)
    np.testing.assert_allclose(np.stack(difference, axis=1), style, atol=1e-4)
    assert (np.asarray(style)[:, SPAN:] != 0).any(), "some windows are long enough"
    old = paid.state.params
    figures = paid.learn()
    assert figures["style/asked_share"] > 0
    assert max(jax.tree.leaves(jax.tree.map(lambda a, b: float(np.abs(a - b).max()), old, paid.state.params))) > 0


@pytest.mark.parametrize("fresh_episodes", [False, True])
def test_what_was_learned_goes_on_and_past_experience_only_with_its_episodes(core, tmp_path, fresh_episodes):
    settings = load_experiment("smoke").section(Amp)
    walk, bare = robots_of(core)
    first, second = (StyleRewards(bare, walk, settings, steps_per_batch=2, seed=seed) for seed in (0, 1))
    first.reset()
    for _ in range(2):
        first.step(np.zeros((ROBOTS, core.action_size), np.float32))
    first.learn()
    first.save(tmp_path)
    second.load(tmp_path, 2 * ROBOTS, fresh_episodes=fresh_episodes)
    learned = ("params", "optimizer_state", "normalizer", "logit_mean", "logit_std", "key")
    for name in learned if fresh_episodes else first.state._fields:
        jax.tree.map(np.testing.assert_array_equal, getattr(first.state, name), getattr(second.state, name))
    assert first.state.replay.insert_position == ROBOTS
    assert second.state.replay.insert_position == (0 if fresh_episodes else ROBOTS)


def test_a_run_with_style_goes_on(tmp_path):
    run = tmp_path / "run"
    training.train(load_experiment("smoke", [NATIVE]), run, amp=True)
    assert json.loads((run / "run.json").read_text())["trainer"] == "sb3-amp"
    assert Policy.load(run / "policy.safetensors").info.framework == "sb3-amp"
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert {"style/reward_std", "style/motion_distance_rad", "episode/sum_reward"} <= set(lines[-1])
    whole = tmp_path / "whole"
    training.train(load_experiment("smoke", [NATIVE, "sb3_ppo.total_timesteps=5000"]), whole, amp=True)
    training.resume(run, ["sb3_ppo.total_timesteps=5000"])
    for ours, theirs in zip(*(Policy.load(each / "policy.safetensors").layers for each in (run, whole)), strict=True):
        np.testing.assert_array_equal(ours.kernel, theirs.kernel)
    after = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()][len(lines) :]
    assert [line["steps"] for line in after] == [4608, 5120]
