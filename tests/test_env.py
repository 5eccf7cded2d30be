"""The environment core, seen from outside."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from wildrobot.env import WildRobotEnv, make_env
from wildrobot.experiment import load_experiment
from wildrobot.state import EnvState
from wildrobot.task import termination

QUIET = [
    "env.physics.engine=native",
    "env.task.push.velocity_m_per_s=0",
    "env.task.observation={noise: {gyro: 0, gravity: 0, joint_angle: 0, joint_velocity: 0}}",
    "env.task.sensing={}",
]
BATCH = 4


def core(*overrides: str) -> WildRobotEnv:
    """An environment whose `reset` and `step` are compiled, and without chance but for command and start."""
    env = make_env(load_experiment("smoke", [*QUIET, *overrides]).env)
    env.reset, env.step = jax.jit(env.reset), jax.jit(env.step)
    return env


@pytest.fixture(scope="module")
def env() -> WildRobotEnv:
    return core()


def keys(seed: int = 0, count: int = BATCH):
    return jax.random.split(jax.random.PRNGKey(seed), count)


def leaves(state: EnvState):
    return jax.tree_util.tree_leaves_with_path(state)


def test_shapes_and_dtypes_are_the_same_after_reset_and_step(env):
    state = jax.eval_shape(env.reset, jax.random.PRNGKey(0))
    after = jax.eval_shape(env.step, state, jnp.zeros(17))
    assert [(p, x.shape, x.dtype) for p, x in leaves(state)] == [(p, x.shape, x.dtype) for p, x in leaves(after)]


def test_same_key_same_episode_to_the_bit(env):
    def episode(key):
        state = jax.vmap(env.reset)(key)
        actions = jax.random.uniform(jax.random.PRNGKey(5), (10, BATCH, 17), minval=-1.0)
        return jax.lax.scan(lambda s, a: (jax.vmap(env.step)(s, a),) * 2, state, actions)[1]

    play = jax.jit(episode)
    first, second, other = (play(keys(seed)) for seed in (0, 0, 1))
    for (path, a), (_, b) in zip(leaves(first), leaves(second), strict=True):
        np.testing.assert_array_equal(a, b, err_msg=str(path))
    assert not np.array_equal(first.physics.qpos, other.physics.qpos)


def test_a_robot_alone_and_in_a_batch_does_the_same(env):
    batch = env.step_batch(env.reset_batch(keys()), jnp.full((BATCH, 17), 0.1))
    alone = env.step(env.reset(keys()[2]), jnp.full(17, 0.1))
    np.testing.assert_allclose(alone.physics.qpos, batch.physics.qpos[2], atol=1e-6)
    np.testing.assert_allclose(alone.obs["state"], batch.obs["state"][2], atol=1e-4)


def test_step_never_resets(env):
    """Long after a fall the robot still lies where it fell."""
    state = env.reset_batch(keys())
    # Knees and hips folded as far as they go: it falls.
    action = jnp.ones((BATCH, 17))
    step = env.step_batch
    for _ in range(150):
        state = step(state, action)
    assert bool(state.terminated.all())
    assert (np.asarray(state.physics.qpos[:, 2]) < 0.3).all()
    assert (np.asarray(state.task.step) == 150).all()


def test_home_stands_and_falls_are_not_reported(env):
    state = jax.vmap(lambda key: env.reset(key, start=jnp.int32(0)))(keys())
    step = env.step_batch
    for _ in range(100):
        state = step(state, jnp.zeros((BATCH, 17)))
    assert not bool(state.terminated.any())
    assert np.asarray(state.physics.qpos[:, 2]).min() > 0.44


def test_the_time_limit_is_a_truncation_and_not_a_fall():
    short = core("env.task.episode_length_s=0.1")  # 5 steps
    state = short.reset_batch(keys())
    step = short.step_batch
    for number in range(1, 6):
        state = step(state, jnp.zeros((BATCH, 17)))
        assert bool(state.truncated.all()) is (number == 5)
    assert not bool(state.terminated.any())


def test_pins_hold_through_the_episode():
    env = core("env.task.command.resample_s=[0.04,0.04]", "env.task.command.standing_share=0")
    command = jnp.array([0.2, 0.0, 0.1])
    pinned = env.reset(jax.random.PRNGKey(0), command=command, start=jnp.int32(3), variant=jnp.int32(1))
    free = env.reset(jax.random.PRNGKey(0))
    assert int(pinned.physics.variant) == 1
    np.testing.assert_array_equal(pinned.physics.qpos, env.starts.qpos[3])
    commands = []
    for _ in range(6):
        pinned, free = env.step(pinned, jnp.zeros(17)), env.step(free, jnp.zeros(17))
        np.testing.assert_array_equal(pinned.task.command, command)
        commands.append(tuple(np.asarray(free.task.command).tolist()))
    assert len(set(commands)) >= 3, "a command is drawn anew every two steps"


def test_the_observation_layout_is_what_it_says(env):
    state = env.reset(jax.random.PRNGKey(0), command=jnp.array([0.2, 0.05, 0.0]), start=jnp.int32(0))
    parts, at = {}, 0
    for name, size in env.observation_layout:
        parts[name] = np.asarray(state.obs["state"][at : at + size])
        at += size
    assert at == state.obs["state"].size
    np.testing.assert_allclose(parts["gravity"], [0, 0, -1], atol=1e-2)
    np.testing.assert_allclose(parts["gyro"], 0, atol=1e-6)
    np.testing.assert_allclose(parts["joint_angle"], 0, atol=1e-6)
    np.testing.assert_allclose(parts["command"], [0.2, 0.05, 0.0], atol=1e-6)
    assert np.linalg.norm(parts["gait_clock"]) == pytest.approx(1.0)


def test_bounds_of_the_observation(env):
    """As near as the configuration gives them: noise, ranges of commands (with 0, and the heading correction)."""
    bounds = env.observation.bounds()
    at = {}
    start = 0
    for name, size in env.observation_layout:
        at[name], start = slice(start, start + size), start + size
    low, high = bounds["state"]
    np.testing.assert_allclose(high[at["gravity"]], 1.0 + env.config.task.observation.noise.gravity, rtol=1e-5)
    np.testing.assert_allclose(high[at["last_action"]], 1.0, rtol=1e-5)
    np.testing.assert_allclose(low[at["command"]], [-0.12, -0.08, -0.6], rtol=1e-4)
    np.testing.assert_allclose(high[at["command"]], [0.42, 0.08, 0.6], rtol=1e-4)
    states = env.reset_batch(jax.random.split(jax.random.PRNGKey(2), 64))
    for name, value in states.obs.items():
        low, high = bounds[name]
        assert low.shape == high.shape == value.shape[1:]
        assert low.dtype == high.dtype == np.float32
        assert np.isfinite([low, high]).all()
        assert (value >= low).all(), name
        assert (value <= high).all(), name


def test_the_last_action_is_in_the_next_observation(env):
    state = env.step(env.reset(jax.random.PRNGKey(0)), jnp.linspace(-0.5, 0.5, 17))
    np.testing.assert_allclose(state.obs["state"][40:57], jnp.linspace(-0.5, 0.5, 17), atol=1e-6)


def test_the_command_is_delayed_by_one_control_step(env):
    state = env.reset(jax.random.PRNGKey(0))
    first = env.step(state, jnp.full(17, 0.5))
    np.testing.assert_allclose(first.physics.ctrl, env.robot.home_targets_rad, atol=1e-6)
    second = env.step(first, jnp.zeros(17))
    np.testing.assert_allclose(second.physics.ctrl, env.action_map.targets_rad(jnp.full(17, 0.5)), atol=1e-6)


def test_pushes_change_the_velocity_at_their_time(env):
    windy = core("env.task.push={interval_s: [0.06, 0.06], velocity_m_per_s: 0.5}")
    pushed, still = windy.reset(jax.random.PRNGKey(1)), env.reset(jax.random.PRNGKey(1))
    gaps = []
    for _ in range(5):
        pushed, still = windy.step(pushed, jnp.zeros(17)), env.step(still, jnp.zeros(17))
        gaps.append(float(jnp.linalg.norm(pushed.physics.qvel[:2] - still.physics.qvel[:2])))
    # due when three steps have passed, that is in the fourth
    assert max(gaps[:3]) == 0.0
    assert gaps[3] > 0.01


@pytest.mark.slow  # the fast suite compiles without the engine's options
def test_the_engines_compiler_options_change_no_bit(env):
    assert env.physics.compiler_options
    plain, ours = jax.jit(jax.vmap(env.step)), env.step_batch
    expected = state = env.reset_batch(keys())
    for _ in range(20):
        expected, state = plain(expected, jnp.full((BATCH, 17), 0.1)), ours(state, jnp.full((BATCH, 17), 0.1))
    jax.tree.map(np.testing.assert_array_equal, state, expected)


class TestDivergence:
    """A robot whose numbers are not finite ends its own episode and touches nobody else."""

    def poisoned(self, env):
        state = env.reset_batch(keys())
        action = jnp.zeros((BATCH, 17)).at[1, 4].set(jnp.nan)
        return env.step_batch(state, action), env.step_batch(state, jnp.zeros((BATCH, 17)))

    def broken_state(self, env):
        state = env.reset_batch(keys())
        qvel = state.physics.qvel.at[1, 10].set(jnp.inf)
        return state._replace(physics=state.physics._replace(qvel=qvel))

    def test_a_nan_action(self, env):
        bad, good = self.poisoned(env)
        np.testing.assert_array_equal(bad.terminated, [False, True, False, False])
        np.testing.assert_array_equal(bad.metrics["diverged"], [0, 1, 0, 0])
        assert float(bad.reward[1]) == 0.0
        for (path, a), (_, b) in zip(leaves(bad), leaves(good), strict=True):
            assert np.isfinite(np.asarray(a, np.float64)).all(), path
            np.testing.assert_array_equal(np.asarray(a)[[0, 2, 3]], np.asarray(b)[[0, 2, 3]], err_msg=str(path))

    @pytest.mark.parametrize("sign", [-1.0, 1.0])
    def test_the_limits_of_a_sound_simulation(self, env, sign):
        """Just inside and just outside, for each kind of what is looked at."""
        physics = env.reset(jax.random.PRNGKey(0)).physics
        is_sound = jax.jit(lambda physics: termination.is_sound(physics, env.robot))
        joint, height, speed = env.robot.qpos_index[4], 2, 9
        for field, index, limit in (("qpos", joint, 2 * np.pi), ("qpos", height, 1e4), ("qvel", speed, 1e4)):
            for factor, sound in ((0.999, True), (1.001, False), (np.nan, False)):
                changed = getattr(physics, field).at[index].set(sign * factor * limit)
                moved = physics._replace(**{field: changed})
                assert bool(is_sound(moved)) is sound, (field, factor)
        assert not is_sound(physics._replace(sensordata=physics.sensordata.at[-1].set(2e4)))

    def test_a_simulation_that_diverges(self, env):
        after = env.step_batch(self.broken_state(env), jnp.zeros((BATCH, 17)))
        np.testing.assert_array_equal(after.terminated, [False, True, False, False])
        assert float(after.reward[1]) == 0.0
        assert np.isfinite(after.reward).all()
        assert float(after.metrics["diverged"].sum()) == 1.0
        assert all(np.isfinite(value).all() for value in after.metrics.values())
