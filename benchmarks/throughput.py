"""Environment steps per second of the core and of every adapter, against bare `mujoco.rollout`.

All play the same: robots from the start bank of the walk experiment around home, joint targets changing by up to
0.05 rad at random every control step. Nobody falls, so that all step robots that stand on their feet.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from gymnasium.vector import AutoresetMode
from mujoco import rollout

from adapters.brax_env import BraxEnv, wrap_for_training
from adapters.gymnasium_env import VectorWalkEnv
from adapters.sb3_vec_env import Sb3VecEnv
from wildrobot.env import WildRobotEnv, make_env
from wildrobot.experiment import load_experiment
from wildrobot.processors import available_threads

BATCHES, CONTROL_STEPS, REPEATS = (256, 1024), 50, 7
TARGET_CHANGE_RAD = 0.05
# What would make the environment's robots move otherwise than the bare ones.
SAME_MODEL = [
    "env.physics.engine=native",
    "env.variants.count=1",
    "env.task.push.velocity_m_per_s=0",
    "env.task.sensing={}",
]


def bare_rollout(env: WildRobotEnv, batch: int) -> Callable[[], None]:
    """`mujoco.rollout` alone: one call per control step, nothing between."""
    model = env.robot.model
    threads = available_threads()
    pool, data = rollout.Rollout(nthread=threads), [mujoco.MjData(model) for _ in range(threads)]
    substeps = round(env.control_period_s / model.opt.timestep)
    index = np.arange(batch) % env.starts.count
    start = np.zeros((batch, 1 + model.nq + model.nv))
    start[:, 1:] = np.hstack([np.asarray(env.starts.qpos)[index], np.asarray(env.starts.qvel)[index]])
    change = np.random.default_rng(0).uniform(-1.0, 1.0, (CONTROL_STEPS, batch, 1, model.nu)) * TARGET_CHANGE_RAD
    controls = np.repeat(env.robot.home_targets_rad + change, substeps, axis=2)

    def play() -> None:
        state = start
        for control in controls:
            states, _ = pool.rollout(model, data, state, control)
            state = np.ascontiguousarray(states[:, -1])

    return play


def steps_per_second(play: Callable[[], None], batch: int) -> float:
    """Environment steps per second of a `play` of that many robots, the median of five."""
    seconds = []
    for _ in range(5):
        begin = time.perf_counter()
        play()
        seconds.append(time.perf_counter() - begin)
    return batch * CONTROL_STEPS / statistics.median(seconds)


def core(env: WildRobotEnv, batch: int) -> Callable[[], None]:
    """The vmapped core under `jit` and `scan`."""
    state = env.reset_batch(jax.random.split(jax.random.PRNGKey(0), batch))
    return _scanned(lambda s, action: jax.vmap(env.step)(s, action), state, env, batch)


def brax_adapter(env: WildRobotEnv, batch: int) -> Callable[[], None]:
    """The same through the Brax adapter, with its auto-reset."""
    wrapped = wrap_for_training(BraxEnv(env), episode_length=env.config.episode_steps)
    state = jax.jit(wrapped.reset)(jax.random.split(jax.random.PRNGKey(0), batch))
    return _scanned(wrapped.step, state, env, batch)


def gymnasium_adapter(env: WildRobotEnv, batch: int) -> Callable[[], None]:
    """Step by step through the Gymnasium adapter, from NumPy actions to NumPy observations."""
    robots = VectorWalkEnv(env, batch)
    robots.reset(seed=0)
    return _stepped(robots.step, env, batch)


def sb3_adapter(env: WildRobotEnv, batch: int) -> Callable[[], None]:
    """The same through the bridge to Stable-Baselines3."""
    robots = Sb3VecEnv(VectorWalkEnv(env, batch, autoreset_mode=AutoresetMode.SAME_STEP))
    robots.reset()
    return _stepped(robots.step, env, batch)


def rates(env: WildRobotEnv, batch: int) -> dict[str, float]:
    """Median environment steps per second of each, measured in turn so that all see the same machine."""
    made = {
        "bare": bare_rollout,
        "core": core,
        "Brax": brax_adapter,
        "Gymnasium": gymnasium_adapter,
        "SB3": sb3_adapter,
    }
    plays = {name: make(env, batch) for name, make in made.items()}
    seconds: dict[str, list[float]] = {name: [] for name in plays}
    for play in plays.values():
        play()
    for _ in range(REPEATS):
        for name, play in plays.items():
            begin = time.perf_counter()
            play()
            seconds[name].append(time.perf_counter() - begin)
    return {name: batch * CONTROL_STEPS / statistics.median(each) for name, each in seconds.items()}


def main() -> None:
    """Prints a table."""
    env = make_env(load_experiment("ideal", SAME_MODEL).env)
    print("| robots | bare `mujoco.rollout` | core / bare | Brax / bare | Gymnasium / bare | SB3 / bare |")
    print("|--:|--:|--:|--:|--:|--:|")
    for batch in BATCHES:
        rate = rates(env, batch)
        bare = rate.pop("bare")
        shares = " | ".join(f"{value / bare:.2f}" for value in rate.values())
        print(f"| {batch} | {bare:,.0f} | {shares} |", flush=True)
    print()


def _scanned(step: Callable, state: object, env: WildRobotEnv, batch: int) -> Callable[[], None]:
    actions = jnp.asarray(_actions(env, batch))
    run = jax.jit(lambda state, actions: jax.lax.scan(lambda s, a: (step(s, a), None), state, actions)[0])

    def play() -> None:
        jax.block_until_ready(run(state, actions))

    return play


def _stepped(step: Callable, env: WildRobotEnv, batch: int) -> Callable[[], None]:
    actions = _actions(env, batch)

    def play() -> None:
        for action in actions:
            step(action)

    return play


def _actions(env: WildRobotEnv, batch: int) -> np.ndarray:
    change = np.random.default_rng(0).uniform(-1.0, 1.0, (CONTROL_STEPS, batch, env.action_size))
    return (change * TARGET_CHANGE_RAD / env.action_map.scale_rad).astype(np.float32)


if __name__ == "__main__":
    main()
