"""Steps per second of Stable-Baselines3's PPO: one environment per process, the usual way, against all in one.

The same task, networks and settings; only how robots are stepped differs, and how many share a batch of 6,144 steps.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv, VecEnv

from benchmarks.usual_way import UsualWalkEnv, pinned_config

BATCH_STEPS, REPEATS = 6144, 5
SETTINGS = {"batch_size": 1536, "n_epochs": 5, "policy_kwargs": {"net_arch": [128, 128]}, "device": "cpu", "seed": 0}
ROBOTS = 256
SUBPROCESSES, SERIAL = (2, 4, 8), 8


def ours() -> VecEnv:
    """256 robots through the Gymnasium adapter and its bridge."""
    from gymnasium.vector import AutoresetMode

    from adapters.gymnasium_env import VectorWalkEnv
    from adapters.sb3_vec_env import Sb3VecEnv
    from wildrobot.env import make_env

    core = make_env(pinned_config("env.physics.engine=native"))
    return Sb3VecEnv(VectorWalkEnv(core, num_envs=ROBOTS, autoreset_mode=AutoresetMode.SAME_STEP))


def usual(processes: int | None) -> VecEnv:
    """One environment per process, or eight of them in this process."""
    if processes is None:
        return make_vec_env(UsualWalkEnv, SERIAL, vec_env_cls=DummyVecEnv)
    return make_vec_env(
        UsualWalkEnv, processes, vec_env_cls=SubprocVecEnv, vec_env_kwargs={"start_method": "forkserver"}
    )


def rates(make: dict[str, Callable[[], VecEnv]]) -> dict[str, tuple[int, float]]:
    """Robots, and median steps per second of `learn`, of each.

    Measured in turn, so that all see the same machine, one whole iteration of PPO (a batch and its updates) at a time;
    the first one, in which ours compiles, does not count.
    """
    # More threads than free cores wait for each other at every small product: with another process on one of two
    # cores, the updates took thirty times as long as with one thread.
    torch.set_num_threads(1)
    envs = {name: make_env() for name, make_env in make.items()}
    learners = {
        name: PPO("MlpPolicy", env, n_steps=BATCH_STEPS // env.num_envs, **SETTINGS) for name, env in envs.items()
    }
    seconds: dict[str, list[float]] = {name: [] for name in learners}
    for _ in range(1 + REPEATS):
        for name, learner in learners.items():
            begin = time.perf_counter()
            learner.learn(BATCH_STEPS, reset_num_timesteps=False)
            seconds[name].append(time.perf_counter() - begin)
    found = {}
    for name, env in envs.items():
        found[name] = env.num_envs, BATCH_STEPS / statistics.median(seconds[name][1:])
        env.close()
    return found


def main(make_ours: Callable[[], VecEnv] = ours) -> None:
    """Prints a table."""
    serial = {"`DummyVecEnv`": lambda: usual(None)}
    processes = {f"`SubprocVecEnv` {n}": lambda n=n: usual(n) for n in SUBPROCESSES}
    found = rates(serial | processes | {"ours": make_ours})
    best = max(rate for name, (_, rate) in found.items() if name != "ours")
    print("| environment | robots | learn, steps/s | of the best usual way |")
    print("|---|--:|--:|--:|")
    for name, (robots, rate) in found.items():
        print(f"| {name} | {robots} | {rate:,.0f} | {rate / best:.2f} |", flush=True)
    print()


if __name__ == "__main__":
    main()
