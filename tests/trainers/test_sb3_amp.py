"""AMP under SB3: what a step is paid, what a rollout teaches, and that a run goes on with its discriminator."""

import json
from typing import Any, cast

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from brax.training.types import Transition, UInt64

from adapters.gymnasium_env import VectorWalkEnv
from adapters.gymnasium_env.cores import shared_core
from adapters.sb3_vec_env import Sb3VecEnv
from tests.trainers.conftest import NATIVE
from trainers.amp.settings import Amp
from trainers.brax.amp.loop import make_loop
from trainers.sb3 import training
from trainers.sb3.style import StyledRolloutBuffer, StyleRewards
from wildrobot.experiment import load_experiment
from wildrobot.motion import features
from wildrobot.policy import Policy

ROBOTS, STEPS = 8, 30


@pytest.fixture(scope="module")
def core():
    overrides = [NATIVE, "env.task.command.standing_share=0", "env.task.command.vy_m_per_s=[0,0]"]
    overrides += ["env.task.command.yaw_rate_rad_per_s=[0,0]", "env.task.command.vx_m_per_s=[0.1,0.3]"]
    return shared_core(load_experiment("smoke", overrides).env)


def robots_of(core):
    walk = VectorWalkEnv(core, ROBOTS, autoreset_mode="SameStep", privileged=True)
    return walk, Sb3VecEnv(walk)


def test_what_robots_do_is_paid_and_learned_from_alike_on_brax_and_sb3(core):
    """The same robots play two batches; their steps go through SB3's wrapper, and through the Brax loop."""
    overrides = [f"brax_ppo.num_envs={ROBOTS}", f"brax_ppo.batch_size={ROBOTS}", f"brax_ppo.unroll_length={STEPS}"]
    overrides += ["brax_ppo.num_minibatches=1", "amp.task_weight=0.5", "amp.style_rises_over_steps=1"]
    experiment = load_experiment("smoke", [NATIVE, *overrides])
    loop, (walk, bare) = make_loop(experiment, core, None), robots_of(core)
    robots = StyleRewards(bare, walk, experiment.section(Amp), steps_per_batch=STEPS, seed=0)
    robots.seed(3)
    robots.reset()
    rng, amp = np.random.default_rng(0), robots.state
    unset: Any = ()
    uint64: Any = UInt64  # a dataclass of Flax, whose fields Pyright does not see
    see = jax.jit(jax.vmap(lambda physics: features.features(core.robot, physics)))
    for number in range(2):
        rows = []
        for _ in range(STEPS):
            actions = rng.uniform(-0.3, 0.3, (ROBOTS, core.action_size)).astype(np.float32)
            command = np.asarray(walk.state.task.command)
            _, weighted, ended, _ = robots.step(actions)
            info = {"features": see(walk.stepped.physics), "episode_done": ended.astype(np.float32), "command": command}
            rows.append((np.asarray(walk.stepped.reward), weighted, info))
        # One unroll: arrays of shape (1, steps, robots, ...).
        task, weighted, info = jax.tree.map(lambda *steps: jnp.stack(steps)[None], *rows)
        steps = uint64(hi=jnp.uint32(0), lo=jnp.uint32(number * STEPS * ROBOTS))
        batch = Transition(unset, unset, task, unset, unset, extras=cast("Any", {"state_extras": info}))
        batch, amp, figures = loop._with_style(batch, amp, steps)
        paid = weighted[0] + robots.pay()
        np.testing.assert_allclose(paid, batch.reward[0], atol=1e-5)
        jax.tree.map(lambda ours, theirs: np.testing.assert_allclose(ours, theirs, atol=1e-5), robots.state, amp)
        assert robots.figures == pytest.approx({name: float(value) for name, value in figures.items()}, abs=1e-4)
        assert (np.abs(paid - weighted[0]).max() > 1e-3) == (number > 0), "style is paid, after it has risen from 0"


def test_style_is_paid_before_returns_are_computed():
    class Paying:
        def pay(self):
            return np.full((3, 2), 0.25, np.float32)

    spaces = gymnasium.spaces.Dict({"state": gymnasium.spaces.Box(-1, 1, (1,))}), gymnasium.spaces.Box(-1, 1, (1,))
    buffer = StyledRolloutBuffer(3, *spaces, gamma=0.5, gae_lambda=1.0, n_envs=2)
    buffer.style = cast("Any", Paying())
    buffer.rewards[:] = 1.0
    buffer.compute_returns_and_advantage(torch.zeros(2), np.ones(2))
    # 1.25 at the last step, and half of what comes after it before: 1.25 + 0.625, 1.25 + 0.9375
    np.testing.assert_allclose(buffer.returns[:, 0], [2.1875, 1.875, 1.25])


@pytest.mark.parametrize("fresh_episodes", [False, True])
def test_what_was_learned_goes_on_and_past_experience_only_with_its_episodes(core, tmp_path, fresh_episodes):
    settings = load_experiment("smoke").section(Amp)
    walk, bare = robots_of(core)
    first, second = (StyleRewards(bare, walk, settings, steps_per_batch=2, seed=seed) for seed in (0, 1))
    first.reset()
    for _ in range(2):
        first.step(np.zeros((ROBOTS, core.action_size), np.float32))
    first.pay()
    first.save(tmp_path)
    second.load(tmp_path, 2 * ROBOTS, fresh_episodes=fresh_episodes)
    learned = ("params", "optimizer_state", "normalizer", "logit_mean", "logit_std", "key")
    for name in learned if fresh_episodes else first.state._fields:
        jax.tree.map(np.testing.assert_array_equal, getattr(first.state, name), getattr(second.state, name))
    assert first.state.replay.insert_position == ROBOTS
    assert second.state.replay.insert_position == (0 if fresh_episodes else ROBOTS)


@pytest.mark.slow
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
