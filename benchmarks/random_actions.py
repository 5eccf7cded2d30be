"""Random actions through the Gymnasium and Stable-Baselines3 adapters, falls and restarts included.

Beside them bare `mujoco.rollout` doing the same physics: every control step from the state that the adapter's robots
were in, under the joint targets that they were given; but without pushes, and under home targets at an episode's end.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import jax
import mujoco
import numpy as np
from gymnasium.vector import AutoresetMode
from mujoco import rollout

from adapters.gymnasium_env import VectorWalkEnv
from adapters.sb3_vec_env import Sb3VecEnv
from wildrobot.env import WildRobotEnv, make_env
from wildrobot.experiment import load_experiment
from wildrobot.processors import available_threads

BATCHES, STEPS, REPEATS, SEED = (64, 256), 100, 5, 0


def main() -> None:
    """Prints a table."""
    core = make_env(load_experiment("ideal", ["env.physics.engine=native"]).env)
    substeps = core.config.physics.substeps
    print("| robots | episodes ended | bare `mujoco.rollout` | Gymnasium | SB3 | Gymnasium / bare | SB3 / bare |")
    print("|--:|--:|--:|--:|--:|--:|--:|")
    for batch in BATCHES:
        rate, ended = rates(core, batch)
        cells = " | ".join(f"{each:,.0f} ({substeps * each:,.0f})" for each in rate.values())
        shares = " | ".join(f"{rate[name] / rate['bare']:.2f}" for name in ("Gymnasium", "SB3"))
        print(f"| {batch} | {ended} | {cells} | {shares} |", flush=True)
    print("\nEnvironment steps/s (physics steps/s).\n")


def rates(core: WildRobotEnv, batch: int) -> tuple[dict[str, float], int]:
    """Median environment steps per second of each, measured in turn, and how many episodes ended in a play."""
    robots = VectorWalkEnv(core, batch, autoreset_mode=AutoresetMode.SAME_STEP)
    bridge = Sb3VecEnv(VectorWalkEnv(core, batch, autoreset_mode=AutoresetMode.SAME_STEP))
    robots.action_space.seed(SEED)
    actions = [robots.action_space.sample() for _ in range(STEPS)]
    bare, ended = recorded(robots, actions)
    seconds: dict[str, list[float]] = {"bare": [], "Gymnasium": [], "SB3": []}
    for repeat in range(1 + REPEATS):
        robots.reset(seed=SEED)
        bridge.seed(SEED)
        bridge.reset()
        for name, step in (("bare", bare), ("Gymnasium", robots.step), ("SB3", bridge.step)):
            begin = time.perf_counter()
            for action in actions:
                step(action)
            if repeat:  # the first one compiles
                seconds[name].append(time.perf_counter() - begin)
    return {name: batch * STEPS / statistics.median(each) for name, each in seconds.items()}, ended


def recorded(robots: VectorWalkEnv, actions: list[np.ndarray]) -> tuple[Callable[[np.ndarray], None], int]:
    """A step of bare `mujoco.rollout` that repeats, one after the other, what physics the actions led to."""
    physics, model = robots.core.physics, robots.core.robot.model
    threads, substeps = available_threads(), robots.core.config.physics.substeps
    pool, data = rollout.Rollout(nthread=threads), [mujoco.MjData(model) for _ in range(threads)]
    work, ended = [], 0
    robots.reset(seed=SEED)
    for action in actions:
        before = jax.device_get(robots.state.physics)
        _, _, terminated, truncated, _ = robots.step(action)
        ended += int((terminated | truncated).sum())
        # Where an episode ended, the state is already the next one's.
        targets = np.asarray(robots.state.physics.ctrl, np.float64)
        start = np.zeros((robots.num_envs, 1 + model.nq + model.nv))
        start[:, 1:] = np.hstack([before.qpos, before.qvel])
        models = [physics.variants.models[index] for index in before.variant]
        work.append((models, start, np.repeat(targets[:, None], substeps, axis=1)))
    turns = iter(())

    def step(action: np.ndarray) -> None:
        nonlocal turns
        if (turn := next(turns, None)) is None:
            turns = iter(work)
            turn = next(turns)
        pool.rollout(turn[0], data, turn[1], turn[2], skip_checks=True, nstep=substeps)

    return step, ended


if __name__ == "__main__":
    main()
