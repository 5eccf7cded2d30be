"""Observations with a past, and what the critic sees besides."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from wildrobot.env import WildRobotEnv, make_env
from wildrobot.errors import UsageError
from wildrobot.experiment import load_experiment

SMALL = ["env.physics.engine=native", "env.variants.count=3", "env.starts.count=4", "env.reference_starts.share=0.0"]
KEPT = ("gyro", "gravity", "last_action")


@pytest.fixture(scope="module")
def env() -> WildRobotEnv:
    """The robot as it is, with three steps of the past."""
    return make_env(load_experiment("walk", [*SMALL, "env.task.observation.history.steps=3"]).env)


@pytest.fixture(scope="module")
def episode(env):
    """States of two robots over ten steps of random actions."""
    state = env.reset_batch(jax.random.split(jax.random.PRNGKey(0)))
    states, key = [state], jax.random.PRNGKey(1)
    for number in range(10):
        action = jax.random.uniform(jax.random.fold_in(key, number), (2, env.action_size), minval=-0.2, maxval=0.2)
        states.append(env.step_batch(states[-1], action))
    return states


def parts(env: WildRobotEnv, state) -> dict[str, np.ndarray]:
    """The actor's entries by name."""
    names, sizes = zip(*env.observation_layout, strict=True)
    return dict(zip(names, np.split(np.asarray(state.obs["state"]), np.cumsum(sizes)[:-1], axis=1), strict=True))


def test_the_history_is_what_was_observed_newest_first(env, episode):
    seen = [parts(env, state) for state in episode]
    for now in range(len(episode)):
        expected = [np.concatenate([seen[max(now - back, 0)][name] for name in KEPT], axis=1) for back in range(1, 4)]
        np.testing.assert_array_equal(seen[now]["history"], np.concatenate(expected, axis=1))
    assert np.abs(seen[5]["gyro"] - seen[4]["gyro"]).max() > 0.0


def test_the_layout_says_the_sizes(env, episode):
    joints = env.action_size
    assert env.observation_layout[-1] == ("history", 3 * (3 + 3 + joints))
    assert episode[0].obs["state"].shape == (2, sum(size for _, size in env.observation_layout))
    without = make_env(load_experiment("walk", [*SMALL, "env.task.observation.history.steps=0"]).env)
    assert "history" not in dict(without.observation_layout)
    assert without.observation_layout == env.observation_layout[:-1]


def test_shapes_and_dtypes_are_the_same_after_reset_and_step(env):
    state = jax.eval_shape(env.reset, jax.random.PRNGKey(0))
    after = jax.eval_shape(env.step, state, jnp.zeros(env.action_size))
    assert jax.tree.all(jax.tree.map(lambda a, b: (a.shape, a.dtype) == (b.shape, b.dtype), state, after))


def test_observations_are_within_their_bounds(env, episode):
    for name, (low, high) in env.observation.bounds().items():
        values = np.stack([np.asarray(state.obs[name]) for state in episode])
        assert low.shape == high.shape == values.shape[2:]
        assert (values >= low).all(), name
        assert (values <= high).all(), name


def test_the_critic_sees_the_joints_as_they_are(env, episode):
    actor = sum(size for _, size in env.observation_layout)
    # base velocity 3, filtered velocity 3, height 1, loads 2, clearances 2, foot velocities 6, torques
    at = actor + 17 + env.action_size
    for state in episode:
        true = np.asarray(state.physics.qpos)[:, env.robot.qpos_index] - env.action_map.home_rad
        np.testing.assert_allclose(state.obs["privileged_state"][:, at : at + env.action_size], true, atol=1e-6)
    seen, last = parts(env, episode[-1])["joint_angle"], np.asarray(episode[-1].physics.qpos)[:, env.robot.qpos_index]
    assert np.abs(seen + env.action_map.home_rad - last).max() > 0.01, "the actor's readings are old and wrong"


def test_targets_arrive_after_the_latency_of_the_episode(env):
    reset, step = jax.jit(env.reset), jax.jit(env.step)
    seen = set()
    for seed in range(8):
        state = reset(jax.random.PRNGKey(seed), start=jnp.int32(0))
        latency = int(state.task.latency_steps)
        sent = []
        for action in (0.5, 0.0, 0.0, 0.0):
            state = step(state, jnp.full(env.action_size, action))
            errors = state.task.errors
            sent.append(np.asarray(state.physics.ctrl) + np.asarray(errors.joint_zero_rad))
        # The play takes at most half of itself from a target.
        home, half_play = env.robot.home_targets_rad, 0.5 * np.asarray(errors.play_rad) + 1e-5
        moved = [bool((np.abs(targets - home) > half_play).any()) for targets in sent]
        assert moved.index(True) == latency, seed
        seen.add(latency)
    assert seen == {1, 2}


def test_an_entry_that_there_is_not():
    with pytest.raises(UsageError, match=r"history.entries: the actor sees no smell; choose of: gyro, gravity"):
        load_experiment("walk", ["env.task.observation.history.entries=[smell]"])
