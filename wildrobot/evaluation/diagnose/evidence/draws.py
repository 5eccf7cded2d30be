"""What resets really draw: thousands of starts of the experiment's own environment."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Bool, Float, Int

from wildrobot.env import WildRobotEnv
from wildrobot.experiment import EnvConfig

COUNT = 4096


@dataclass(frozen=True)
class Draws:
    """Episodes as they begin.

    Attributes:
      config: of the environment.
      command: vx, vy [m/s], yaw rate [rad/s].
      on_clip: whether the start lies on a clip, whose command it keeps.
      latency_steps: of each episode.
      joints_rad: joint angles at the start, in the model's order.
      repeats: whether the same keys gave the same starts once more.
    """

    config: EnvConfig
    command: Float[np.ndarray, "N 3"]
    on_clip: Bool[np.ndarray, " N"]
    latency_steps: Int[np.ndarray, " N"]
    joints_rad: Float[np.ndarray, "N hinges"]
    repeats: bool


def draws(env: WildRobotEnv, seed: int = 0) -> Draws:
    """Resets robots with keys of their own, twice."""
    keys = jax.random.split(jax.random.key(seed, impl="threefry2x32"), COUNT)
    first, second = (jax.device_get(env.reset_batch(keys)) for _ in range(2))
    bank = np.asarray(env.starts.qpos)
    known = {row.tobytes(): index for index, row in enumerate(bank)}
    start = np.array([known.get(row.tobytes(), 0) for row in np.asarray(first.physics.qpos)])
    return Draws(
        config=env.config,
        command=np.asarray(first.task.command),
        on_clip=np.asarray(env.starts.moving)[start],
        latency_steps=np.asarray(first.task.latency_steps),
        joints_rad=np.asarray(first.physics.qpos[:, 7:]),
        repeats=bool(np.array_equal(first.physics.qpos, second.physics.qpos))
        and bool(np.array_equal(first.task.command, second.task.command)),
    )
