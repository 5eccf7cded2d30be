"""What Gymnasium calls to make the registered environments."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from adapters.gymnasium_env.cores import shared_core
from adapters.gymnasium_env.single import WalkEnv
from adapters.gymnasium_env.vector import VectorWalkEnv
from wildrobot.env import WildRobotEnv
from wildrobot.experiment import load_experiment


def vector_walk_env(
    num_envs: int = 1,
    *,
    config: str | Path = "walk",
    overrides: Sequence[str] = (),
    max_episode_steps: int | None = None,
    **options: Any,
) -> VectorWalkEnv:
    """What `gymnasium.make_vec("WildRobot/Walk-v0")` calls.

    Args:
      num_envs: robots.
      config: name or path of an experiment.
      overrides: settings by dotted path, as on the command line: `env.task.command.vx_m_per_s=[0,0.3]`.
      max_episode_steps: time limit in control steps; the experiment's if not given.
      options: of `VectorWalkEnv`.
    """
    return VectorWalkEnv(_core(config, overrides, max_episode_steps), num_envs, **options)


def walk_env(*, config: str | Path = "walk", overrides: Sequence[str] = (), **options: Any) -> WalkEnv:
    """What `gymnasium.make("WildRobot/Walk-v0")` calls; see `vector_walk_env`.

    `gymnasium.make` takes `max_episode_steps` itself, for a `TimeLimit` around this environment: that can shorten
    episodes, without their `episode_metrics`. To lengthen them, give `overrides=["env.task.episode_length_s=60"]`.
    """
    return WalkEnv(_core(config, overrides, None), **options)


def _core(config: str | Path, overrides: Sequence[str], max_episode_steps: int | None) -> WildRobotEnv:
    env = load_experiment(config, overrides).env
    if max_episode_steps is not None:
        if max_episode_steps < 1:
            raise ValueError(f"max_episode_steps must be at least 1, got {max_episode_steps}")
        seconds = max_episode_steps * env.physics.control_period_s
        env = env.model_copy(update={"task": env.task.model_copy(update={"episode_length_s": seconds})})
    return shared_core(env)
