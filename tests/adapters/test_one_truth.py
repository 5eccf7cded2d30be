"""One truth: the same keys and actions give the same episodes through every adapter, across episode ends.

Bare core, Gymnasium (each mode), Stable-Baselines3 and RSL-RL share the core's compiled `reset_batch` and `step_batch`,
so they agree to the bit. Brax compiles the step into a larger program, in which XLA fuses sums differently: 1e-5.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from gymnasium.vector import AutoresetMode

from adapters.brax_env import BraxEnv, wrap_for_training
from adapters.gymnasium_env import VectorWalkEnv
from adapters.rsl_rl_env import RslRlVecEnv
from adapters.sb3_vec_env import Sb3VecEnv
from wildrobot.env import WildRobotEnv, make_env
from wildrobot.experiment import load_experiment

ROBOTS, STEPS, SEED = 6, 100, 5


def joined(obs: dict[str, Any], robot: int) -> np.ndarray:
    """Actor's and critic's observation."""
    return np.concatenate([np.asarray(obs["state"][robot]), np.asarray(obs["privileged_state"][robot])])


class Transition(NamedTuple):
    """What one robot sees of one step; `after` is never the observation of the next episode."""

    before: np.ndarray
    reward: np.float32
    terminated: bool
    truncated: bool
    after: np.ndarray


Played = tuple[list[list[Transition]], list[list[float]]]
"""Transitions, and returns of the episodes that ended, of each robot."""


@pytest.fixture(scope="module", params=["native", pytest.param("mjx", marks=pytest.mark.slow)])
def core(request) -> WildRobotEnv:
    overrides = [f"env.physics.engine={request.param}", "env.task.episode_length_s=0.7"]
    return make_env(load_experiment("smoke", overrides).env)


@pytest.fixture(scope="module")
def actions() -> np.ndarray:
    """Robots 0 to 2 push over, the others move a little. The k-th is for each robot's k-th step."""
    random = np.random.default_rng(0)
    actions = 0.3 * random.uniform(-1.0, 1.0, (STEPS, ROBOTS, 17))
    actions[:, :3] = np.repeat(np.sign(random.normal(size=(STEPS // 10, 3, 17))), 10, axis=0)
    return actions.astype(np.float32)


def keys() -> np.ndarray:
    return np.stack([np.random.SeedSequence(SEED + i).generate_state(2) for i in range(ROBOTS)])


def chosen(which, new, old):
    return jnp.where(which.reshape(-1, *[1] * (old.ndim - 1)), new, old)


@pytest.fixture(scope="module")
def truth(core, actions) -> Played:
    """The bare core, with a loop that a reader can follow."""
    split = jax.vmap(lambda key: jax.random.split(key, 3))(jnp.asarray(keys()))
    state, following = core.reset_batch(split[:, 0]), split[:, 1]
    played: list[list[Transition]] = [[] for _ in range(ROBOTS)]
    returns: list[list[float]] = [[] for _ in range(ROBOTS)]
    sums = np.zeros(ROBOTS)
    for action in actions:
        before, state = state, core.step_batch(state, jnp.asarray(action))
        fresh = core.reset_batch(following)
        ended = np.asarray(state.terminated | state.truncated)
        for i in range(ROBOTS):
            played[i].append(
                Transition(
                    joined(before.obs, i),
                    np.float32(state.reward[i]),
                    bool(state.terminated[i]),
                    bool(state.truncated[i]),
                    joined(state.obs, i),
                )
            )
            sums[i] += float(state.reward[i])
            if ended[i]:
                returns[i].append(sums[i])
                sums[i] = 0.0

        folded = jax.vmap(lambda key: jax.random.fold_in(key, 1))(following)
        state, following = jax.tree.map(functools.partial(chosen, ended), (fresh, folded), (state, following))
    return played, returns


def through_gymnasium(core: WildRobotEnv, actions: np.ndarray, mode: AutoresetMode) -> Played:
    robots = VectorWalkEnv(core, ROBOTS, autoreset_mode=mode, privileged=True)
    played: list[list[Transition]] = [[] for _ in range(ROBOTS)]
    returns: list[list[float]] = [[] for _ in range(ROBOTS)]
    observation, _ = robots.reset(seed=SEED)
    ended = np.zeros(ROBOTS, bool)
    while min(len(each) for each in played) < len(actions):
        taken = np.stack([actions[min(len(played[i]), len(actions) - 1), i] for i in range(ROBOTS)])
        after, reward, terminated, truncated, info = robots.step(taken)
        final = info.get("final_obs", after)
        metrics = info.get("final_info", info).get("episode_metrics")
        for i in range(ROBOTS):
            if mode is AutoresetMode.NEXT_STEP and ended[i]:
                assert reward[i] == 0.0, "a step that only restarts a robot is none"
                assert not terminated[i]
                assert not truncated[i]
                continue
            this = terminated[i] or truncated[i]
            played[i].append(
                Transition(
                    joined(observation, i), reward[i], terminated[i], truncated[i], joined(final if this else after, i)
                )
            )
            if this:
                returns[i].append(float(metrics["sum_reward"][i]))
        ended = terminated | truncated
        observation = after
        if mode is AutoresetMode.DISABLED and ended.any():
            observation, _ = robots.reset(options={"reset_mask": ended})
    return played, returns


def through_sb3(core: WildRobotEnv, actions: np.ndarray) -> Played:
    robots = Sb3VecEnv(VectorWalkEnv(core, ROBOTS, autoreset_mode=AutoresetMode.SAME_STEP, privileged=True))
    played: list[list[Transition]] = [[] for _ in range(ROBOTS)]
    returns: list[list[float]] = [[] for _ in range(ROBOTS)]
    robots.seed(SEED)
    observation: Any = robots.reset()
    for action in actions:
        after: Any
        after, reward, done, infos = robots.step(action)
        for i in range(ROBOTS):
            late = infos[i].get("TimeLimit.truncated", False)
            final = joined(after, i)
            if done[i]:
                last = infos[i]["terminal_observation"]
                final = np.concatenate([last["state"], last["privileged_state"]])
            played[i].append(Transition(joined(observation, i), reward[i], bool(done[i] and not late), late, final))
            if done[i]:
                returns[i].append(float(infos[i]["episode_metrics"]["sum_reward"]))
        observation = after
    return played, returns


def through_rsl_rl(core: WildRobotEnv, actions: np.ndarray) -> Played:
    walk = VectorWalkEnv(core, ROBOTS, autoreset_mode=AutoresetMode.SAME_STEP, privileged=True)
    robots = RslRlVecEnv(walk, seed=SEED)
    played: list[list[Transition]] = [[] for _ in range(ROBOTS)]
    returns: list[list[float]] = [[] for _ in range(ROBOTS)]

    def seen(observed: Any, robot: int) -> np.ndarray:
        return joined({"state": observed["policy"], "privileged_state": observed["critic"]}, robot)

    observation = robots.get_observations()
    for action in actions:
        after, reward, done, extras = robots.step(torch.from_numpy(action))
        final, late = extras.get("final_obs"), extras["time_outs"]
        for i in range(ROBOTS):
            last = seen(final if done[i] else after, i)
            fallen = bool(done[i] and not late[i])
            played[i].append(Transition(seen(observation, i), np.float32(reward[i]), fallen, bool(late[i]), last))
        for i, value in zip(done.nonzero()[:, 0], extras.get("log", {}).get("episode/sum_reward", ()), strict=True):
            returns[i].append(float(value))
        observation = after
    return played, returns


def through_brax(core: WildRobotEnv, actions: np.ndarray) -> Played:
    wrapped = wrap_for_training(BraxEnv(core), episode_length=core.config.episode_steps)
    played: list[list[Transition]] = [[] for _ in range(ROBOTS)]
    returns: list[list[float]] = [[] for _ in range(ROBOTS)]
    step = jax.jit(wrapped.step)
    state = jax.jit(wrapped.reset)(jnp.asarray(keys()))
    for action in actions:
        before, state = state, step(state, jnp.asarray(action))
        for i in range(ROBOTS):
            late = bool(state.info["truncation"][i])
            done = bool(state.done[i])
            played[i].append(
                Transition(
                    joined(before.obs, i),
                    np.float32(state.reward[i]),
                    done and not late,
                    late,
                    joined(state.info["final_obs"], i),
                )
            )
            if done:
                returns[i].append(float(state.info["episode_metrics"]["sum_reward"][i]))
    return played, returns


ADAPTERS: dict[str, tuple[Callable[[WildRobotEnv, np.ndarray], Played], float]] = {
    "gymnasium next step": (lambda core, actions: through_gymnasium(core, actions, AutoresetMode.NEXT_STEP), 0.0),
    "gymnasium same step": (lambda core, actions: through_gymnasium(core, actions, AutoresetMode.SAME_STEP), 0.0),
    "gymnasium disabled": (lambda core, actions: through_gymnasium(core, actions, AutoresetMode.DISABLED), 0.0),
    "sb3": (through_sb3, 0.0),
    "rsl_rl": (through_rsl_rl, 0.0),
    "brax": (through_brax, 1e-5),
}


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_every_adapter_plays_the_same_episodes(core, truth, actions, adapter):
    play, tolerance = ADAPTERS[adapter]
    (played, returns), (expected, expected_returns) = play(core, actions), truth
    one_flag = adapter in ("sb3", "rsl_rl", "brax")  # these frameworks count a fall in the last step as a fall alone
    for i in range(ROBOTS):
        for k, (got, want) in enumerate(zip(played[i], expected[i], strict=False)):
            where = f"robot {i}, step {k}"
            np.testing.assert_allclose(got.before, want.before, rtol=0, atol=tolerance, err_msg=where)
            np.testing.assert_allclose(got.after, want.after, rtol=0, atol=tolerance, err_msg=where)
            np.testing.assert_allclose(got.reward, want.reward, rtol=0, atol=tolerance, err_msg=where)
            assert got.terminated == want.terminated, where
            assert got.truncated == (want.truncated and not (one_flag and want.terminated)), where
        count = len(expected_returns[i])
        np.testing.assert_allclose(returns[i][:count], expected_returns[i], rtol=1e-5, atol=1e-5)


def test_the_episodes_compared_end_in_both_ways(truth):
    """Otherwise the comparison above would say little."""
    played, _ = truth
    falls = sum(each.terminated for robot in played for each in robot)
    late = sum(each.truncated for robot in played for each in robot)
    assert falls >= 3
    assert late >= 3
