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
    changes = target_changes_rad(env, batch)[:, :, None]
    controls = np.repeat(env.robot.home_targets_rad + changes, substeps, axis=2)

    def play() -> None:
        state = start
        for control in controls:
            states, _ = pool.rollout(model, data, state, control)
            state = np.ascontiguousarray(states[:, -1])

    return play


def steps_per_second(play: Callable[[], None], batch: int) -> float:
    """Environment steps per second of a `play` of that many robots, the median of five."""
    return batch * CONTROL_STEPS / median_s(play, 5)


def median_s(play: Callable[[], None], repeats: int) -> float:
    """Seconds that a `play` takes."""
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        play()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def target_changes_rad(env: WildRobotEnv, batch: int) -> np.ndarray:
    """From home, for each control step, robot and joint."""
    shape = CONTROL_STEPS, batch, env.action_size
    return np.random.default_rng(0).uniform(-1.0, 1.0, shape) * TARGET_CHANGE_RAD


def core(env: WildRobotEnv, batch: int) -> Callable[[], None]:
    """The vmapped core under `jit` and `scan`."""
    state = env.reset_batch(jax.random.split(jax.random.PRNGKey(0), batch))
    return scanned(jax.vmap(env.step), state, _actions(env, batch))


def brax_adapter(env: WildRobotEnv, batch: int) -> Callable[[], None]:
    """The same through the Brax adapter, with its auto-reset."""
    wrapped = wrap_for_training(BraxEnv(env), episode_length=env.config.episode_steps)
    state = jax.jit(wrapped.reset)(jax.random.split(jax.random.PRNGKey(0), batch))
    return scanned(wrapped.step, state, _actions(env, batch))


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


def scanned(step: Callable, state: object, inputs: np.ndarray) -> Callable[[], None]:
    """Steps a batch from a state, one row of the inputs after the other, under `jit` and `scan`."""
    on_device = jnp.asarray(inputs, jnp.float32)
    run = jax.jit(lambda state, inputs: jax.lax.scan(lambda s, each: (step(s, each), None), state, inputs)[0])

    def play() -> None:
        jax.block_until_ready(run(state, on_device))

    return play


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


def _stepped(step: Callable, env: WildRobotEnv, batch: int) -> Callable[[], None]:
    actions = _actions(env, batch)

    def play() -> None:
        for action in actions:
            step(action)

    return play


def _actions(env: WildRobotEnv, batch: int) -> np.ndarray:
    return (target_changes_rad(env, batch) / env.action_map.scale_rad).astype(np.float32)


if __name__ == "__main__":
    main()
