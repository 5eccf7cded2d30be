"""The environment that the benchmarks compare with plays the same task as ours."""

import gymnasium.utils.env_checker
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.usual_way import UsualWalkEnv, pinned_config
from wildrobot.env import WildRobotEnv, make_env

SMALL_BANKS = ["env.physics.engine=native", "env.variants.count=2", "env.starts.count=4"]
QUIET = [
    *SMALL_BANKS,
    "env.task.push.velocity_m_per_s=0",
    "env.task.observation={noise: {gyro: 0, gravity: 0, joint_angle: 0, joint_velocity: 0}}",
    "env.task.sensing={}",
]
STEPS, START = 50, 3


@pytest.fixture(scope="module")
def ours() -> WildRobotEnv:
    env = make_env(pinned_config(*QUIET))
    env.reset, env.step = jax.jit(env.reset), jax.jit(env.step)
    return env


# Small actions keep the robot on its feet, large ones make it fall.
@pytest.mark.parametrize("largest_action", [0.2, 1.0])
@pytest.mark.parametrize("command", [(0.2, 0.05, 0.2), (0.0, 0.0, 0.0)])
@pytest.mark.parametrize("variant", [0, 1])
def test_it_is_the_same_task(ours, largest_action: float, command: tuple[float, float, float], variant: int) -> None:
    usual = UsualWalkEnv(ours.config)
    state = ours.reset(
        jax.random.PRNGKey(0), command=jnp.array(command), start=jnp.int32(START), variant=jnp.int32(variant)
    )
    options = {"command": command, "start": START, "variant": variant, "phase": float(state.task.phase)}
    observation, _ = usual.reset(seed=0, options=options)
    np.testing.assert_allclose(observation, state.obs["state"], atol=1e-6)
    rng = np.random.default_rng(0)
    terminated = False
    for _ in range(STEPS):
        action = rng.uniform(-largest_action, largest_action, 17).astype(np.float32)
        # `mj_step` starts its solver from the last solution, ours afresh in each control step.
        usual.data.qacc_warmstart[:] = 0.0
        state = ours.step(state, jnp.asarray(action))
        observation, reward, terminated, truncated, _ = usual.step(action)
        # Ours rounds the state to float32 in each step: 5e-7 of the fastest joints (10 rad/s), and it adds up.
        np.testing.assert_allclose(observation, state.obs["state"], atol=2e-5)
        assert reward == pytest.approx(float(state.reward), abs=1e-6)
        assert (terminated, truncated) == (bool(state.terminated), bool(state.truncated))
        if terminated:
            break
    assert terminated is (largest_action == 1.0)


@pytest.mark.filterwarnings("ignore:.*A Box observation space (minimum|maximum) value is -?infinity:UserWarning")
def test_it_is_a_sound_gymnasium_environment() -> None:
    env = UsualWalkEnv(pinned_config(*SMALL_BANKS))
    assert env.observation_space.shape == (62,)
    gymnasium.utils.env_checker.check_env(env, skip_render_check=True)
