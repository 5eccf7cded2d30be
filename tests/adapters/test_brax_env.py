"""The contract of the Brax adapter: a real environment, and episodes that do not leak into each other."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from brax.envs.base import Env
from brax.envs.wrappers.training import EvalWrapper

from adapters.brax_env import BraxEnv, FreshAutoReset, wrap_for_training
from wildrobot.env import make_env
from wildrobot.experiment import load_experiment

BATCH, LIMIT = 6, 7
ENGINES = ["native", pytest.param("mjx", marks=pytest.mark.slow)]


def brax_env(engine: str = "native", *, stagger: bool = False) -> BraxEnv:
    config = load_experiment("smoke", [f"env.physics.engine={engine}"]).env
    return BraxEnv(make_env(config), stagger_episodes=stagger)


@pytest.fixture(scope="module", params=ENGINES)
def env(request) -> BraxEnv:
    return brax_env(request.param)


@pytest.fixture(scope="module")
def wrapped(env) -> FreshAutoReset:
    return compiled(wrap_for_training(env, episode_length=LIMIT))


def compiled(wrapped):
    wrapped.reset, wrapped.step = jax.jit(wrapped.reset), jax.jit(wrapped.step)
    return wrapped


def keys(seed: int = 0, count: int = BATCH):
    return jax.random.split(jax.random.PRNGKey(seed), count)


def still(count: int = BATCH):
    return jnp.zeros((count, 17))


def tip_over(state, which: int):
    """Lays one robot on its side, so that the next step finds it fallen."""
    core = state.pipeline_state
    qpos = core.physics.qpos.at[which, 3:7].set(jnp.array([0.7071068, 0.7071068, 0.0, 0.0]))
    return state.replace(pipeline_state=core._replace(physics=core.physics._replace(qpos=qpos)))


def structure(state):
    return [(str(path), x.shape, x.dtype) for path, x in jax.tree_util.tree_leaves_with_path(state)]


def test_it_is_a_brax_environment(env):
    assert env.unwrapped is env
    assert env.action_size == 17
    assert env.dt == pytest.approx(0.02)
    assert env.backend in ("native", "mjx-jax")
    assert isinstance(env, Env)
    state = jax.jit(env.reset)(jax.random.PRNGKey(0))
    assert {name: value.shape for name, value in state.obs.items()} == env.observation_size
    assert state.reward.shape == state.done.shape == ()


def test_structure_is_the_same_after_reset_and_step(wrapped):
    state = wrapped.reset(keys())
    assert structure(state) == structure(wrapped.step(state, still()))


def test_unknown_keys_of_other_wrappers_survive_a_step(wrapped):
    state = wrapped.reset(keys())
    state.info["somebody_else"] = jnp.arange(BATCH)
    state.metrics["theirs"] = jnp.arange(BATCH)
    after = wrapped.step(state, still())
    np.testing.assert_array_equal(after.info["somebody_else"], np.arange(BATCH))
    np.testing.assert_array_equal(after.metrics["theirs"], np.arange(BATCH))


def test_a_timeout_is_not_a_fall(wrapped):
    state = wrapped.reset(keys())
    for number in range(1, LIMIT + 1):
        state = wrapped.step(state, still())
        last = float(number == LIMIT)
        np.testing.assert_array_equal(state.done, np.full(BATCH, last))
        np.testing.assert_array_equal(state.info["truncation"], np.full(BATCH, last))
        np.testing.assert_array_equal(state.info["time_out"], np.full(BATCH, last))
    assert not np.asarray(state.pipeline_state.terminated).any()


def test_a_fall_is_not_a_timeout_even_in_the_last_step(wrapped):
    state = wrapped.reset(keys())
    for _ in range(LIMIT - 1):
        state = wrapped.step(state, still())
    state = wrapped.step(tip_over(state, 2), still())
    np.testing.assert_array_equal(state.done, np.ones(BATCH))
    np.testing.assert_array_equal(state.info["truncation"], [1, 1, 0, 1, 1, 1])


def test_only_the_fallen_robot_starts_anew(wrapped):
    before = wrapped.step(wrapped.reset(keys()), jnp.full((BATCH, 17), 0.1))
    after = wrapped.step(tip_over(before, 2), still())
    np.testing.assert_array_equal(after.done, [0, 0, 1, 0, 0, 0])
    core = after.pipeline_state
    np.testing.assert_array_equal(core.task.step, [2, 2, 0, 2, 2, 2])
    np.testing.assert_array_equal(after.info["steps"], np.full(BATCH, 2))
    after = wrapped.step(after, still())
    np.testing.assert_array_equal(after.info["steps"], [3, 3, 1, 3, 3, 3])


def test_the_last_observation_is_kept_and_the_next_one_is_fresh(wrapped):
    state = wrapped.step(tip_over(wrapped.reset(keys()), 2), still())
    gravity = slice(3, 6)
    assert abs(float(state.info["final_obs"]["state"][2, gravity][2])) < 0.3, "the final observation lies on its side"
    assert float(state.obs["state"][2, gravity][2]) < -0.9, "the next episode stands"
    np.testing.assert_array_equal(state.info["final_obs"]["state"][0], state.obs["state"][0])


def test_no_leak_of_command_history_or_phase(wrapped):
    """What follows an auto-reset equals a reset by the same key, to the bit, in every part of the state."""
    state = wrapped.step(wrapped.reset(keys()), jnp.full((BATCH, 17), 0.7))
    key = state.info["reset_key"][2]
    after = wrapped.step(tip_over(state, 2), jnp.full((BATCH, 17), 0.7))
    fresh = jax.jit(jax.vmap(wrapped.env.reset))(jnp.tile(key, (BATCH, 1)))
    for name, got, want in zip(fresh.pipeline_state._fields, after.pipeline_state, fresh.pipeline_state, strict=True):
        for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(want), strict=True):
            np.testing.assert_array_equal(a[2], b[2], err_msg=name)
    np.testing.assert_array_equal(after.obs["state"][2], fresh.obs["state"][2])
    np.testing.assert_array_equal(after.pipeline_state.task.last_action[2], np.zeros(17))


def test_every_episode_is_a_new_one(wrapped):
    state, starts = wrapped.reset(keys()), []
    for _ in range(4 * LIMIT):
        state = wrapped.step(state, still())
        if float(state.done[0]):
            core = state.pipeline_state
            starts.append(
                (tuple(np.asarray(core.task.command)[0].tolist()), tuple(np.asarray(core.physics.qpos)[0].tolist()))
            )
    assert len(starts) == 4
    assert len({qpos for _, qpos in starts}) >= 3, "start states are drawn anew"
    assert len(set(starts)) == 4


def test_metrics_of_finished_episodes_are_their_sums(wrapped):
    state, rewards, vx = wrapped.reset(keys()), [], []
    for _ in range(LIMIT):
        state = wrapped.step(state, still())
        rewards.append(np.asarray(state.reward))
        vx.append(np.asarray(state.metrics["vx_m_per_s_per_step"]))
    totals = state.info["episode_metrics"]
    np.testing.assert_array_equal(state.info["episode_done"], np.ones(BATCH))
    np.testing.assert_array_equal(totals["length"], np.full(BATCH, LIMIT))
    np.testing.assert_allclose(totals["sum_reward"], np.sum(rewards, axis=0), rtol=1e-5)
    np.testing.assert_allclose(totals["vx_m_per_s_per_step"], np.sum(vx, axis=0), rtol=1e-4, atol=1e-6)
    state = wrapped.step(state, still())
    np.testing.assert_allclose(state.info["episode_metrics"]["sum_reward"], state.reward, rtol=1e-6)
    np.testing.assert_array_equal(state.info["episode_metrics"]["length"], np.ones(BATCH))


def test_one_nan_does_not_spread(wrapped):
    state = wrapped.reset(keys())
    bad = wrapped.step(state, still().at[1, 0].set(jnp.nan))
    good = wrapped.step(state, still())
    np.testing.assert_array_equal(bad.done, [0, 1, 0, 0, 0, 0])
    others = np.array([0, 2, 3, 4, 5])
    for _ in range(2 * LIMIT):
        for (path, a), (_, b) in zip(
            jax.tree_util.tree_leaves_with_path(bad), jax.tree_util.tree_leaves_with_path(good), strict=True
        ):
            assert np.isfinite(np.asarray(a, np.float64)).all(), path
            np.testing.assert_array_equal(np.asarray(a)[others], np.asarray(b)[others], err_msg=str(path))
        bad, good = wrapped.step(bad, still()), wrapped.step(good, still())


def test_first_episodes_are_staggered_on_request():
    wrapped = compiled(FreshAutoReset(brax_env(stagger=True), episode_length=20))
    state, firsts = wrapped.reset(keys(count=32)), np.zeros(32)
    for number in range(1, 41):
        state = wrapped.step(state, still(32))
        firsts = np.where((np.asarray(state.done) > 0) & (firsts == 0), number, firsts)
        np.testing.assert_array_equal(np.asarray(state.info["episode_metrics"]["length"])[firsts == number], number)
    assert len(set(firsts.tolist())) > 8, "time limits are spread"
    assert firsts.max() <= 20


def test_action_repeat_sums_rewards_and_counts_steps(env):
    step = jax.jit(jax.vmap(env.core.step))
    wrapped = compiled(FreshAutoReset(env, episode_length=LIMIT, action_repeat=3))
    start = wrapped.reset(keys())
    state = wrapped.step(start, still())
    single, total = start.pipeline_state, 0.0
    for _ in range(3):
        single = step(single, still())
        total = total + single.reward
    np.testing.assert_allclose(state.reward, total, rtol=1e-5)
    np.testing.assert_array_equal(state.info["steps"], np.full(BATCH, 3))
    np.testing.assert_array_equal(wrapped.step(wrapped.step(state, still()), still()).done, np.ones(BATCH))


def test_under_braxs_eval_wrapper_whole_episodes_are_scored(env):
    wrapped = EvalWrapper(FreshAutoReset(env, episode_length=LIMIT))
    state = wrapped.reset(keys())

    def play(state):
        return jax.lax.scan(lambda s, _: (wrapped.step(s, still()), None), state, length=2 * LIMIT)[0]

    evaluated = jax.jit(play)(state).info["eval_metrics"]
    np.testing.assert_array_equal(evaluated.active_episodes, np.zeros(BATCH))
    np.testing.assert_array_equal(evaluated.episode_steps, np.full(BATCH, LIMIT))


def test_brax_randomization_is_refused_with_the_reason(env):
    with pytest.raises(ValueError, match=r"env\.variants"):
        wrap_for_training(env, 10, randomization_fn=lambda sys: (sys, sys))
