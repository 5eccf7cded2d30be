"""What a rollout begins from besides the networks: robots, random numbers, and figures that are not yet logged.

A checkpoint holds it, so that a run goes on to the bit as if it had never stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from jaxtyping import Bool, Shaped
from stable_baselines3 import PPO
from stable_baselines3.common.running_mean_std import RunningMeanStd
from stable_baselines3.common.vec_env import VecNormalize

from adapters.gymnasium_env import VectorWalkEnv
from adapters.gymnasium_env.vector import Episodes
from trainers import rollouts


class RolloutStart(NamedTuple):
    """Arrays, all of them.

    Attributes:
      environment_steps: before the rollout, shape ().
      robots: their episodes.
      observations: the newest ones, normalised, by name.
      episode_starts: whether they are the first of their episodes.
      moments: of the normaliser, by name of the observation: mean, variance, count.
      torch_state, numpy_keys, numpy_rest: of the random numbers of PyTorch and NumPy.
      learning_rate: that the newest update had.
      figures: of the newest episodes, by name, shape (episodes,).
      logged: what the newest update has recorded, by name.
    """

    environment_steps: np.ndarray
    robots: Episodes
    observations: dict[str, np.ndarray]
    episode_starts: Bool[np.ndarray, " batch"]
    moments: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]
    torch_state: np.ndarray
    numpy_keys: np.ndarray
    numpy_rest: np.ndarray
    learning_rate: np.ndarray
    figures: dict[str, Shaped[np.ndarray, " episodes"]]
    logged: dict[str, np.ndarray]

    @staticmethod
    def of(model: PPO, learning_rate: float, figures: Mapping[str, np.ndarray]) -> RolloutStart:
        """Of a model that is about to collect a rollout.

        Args:
          model: its robots are a `VectorWalkEnv`, bridged and normalised.
          learning_rate: of its schedule.
          figures: of the newest episodes.
        """
        # SB3 shuffles its minibatches by NumPy's global generator.
        _, keys, *rest = cast(tuple[Any, ...], np.random.get_state())  # noqa: NPY002
        observations, starts = cast(Any, model)._last_obs, cast(Any, model)._last_episode_starts
        return RolloutStart(
            environment_steps=np.asarray(model.num_timesteps),
            robots=_walk(model).episodes,
            observations=dict(observations),
            episode_starts=np.asarray(starts),
            moments={name: (one.mean, one.var, np.asarray(one.count)) for name, one in _moments(model).items()},
            torch_state=torch.get_rng_state().numpy(),
            numpy_keys=keys,
            numpy_rest=np.asarray(rest, np.float64),
            learning_rate=np.asarray(learning_rate),
            figures=dict(figures),
            logged={
                name: np.asarray(value, np.float64)
                for name, value in model.logger.name_to_value.items()
                if isinstance(value, int | float | np.number)
            },
        )

    def rewind(self, model: PPO) -> None:
        """Takes back what a rollout that is not complete has changed, but for the robots."""
        model.num_timesteps = int(self.environment_steps)
        for name, one in _moments(model).items():
            one.mean, one.var, count = self.moments[name]
            one.count = float(count)

    def install(self, model: PPO) -> None:
        """Makes a model that was loaded from a checkpoint begin the rollout; its logger is in place."""
        self.rewind(model)
        _walk(model).episodes = self.robots
        mutable = cast(Any, model)
        mutable._last_obs, mutable._last_episode_starts = dict(self.observations), self.episode_starts
        torch.set_rng_state(torch.from_numpy(self.torch_state.copy()))
        position, has_gauss, cached = self.numpy_rest.tolist()
        np.random.set_state(("MT19937", self.numpy_keys, int(position), int(has_gauss), cached))  # noqa: NPY002
        for name, value in self.logged.items():
            model.logger.record(name, float(value))

    @staticmethod
    def read(folder: Path, model: PPO) -> RolloutStart | None:
        """What was written for a model as this one, by `rollouts.read`."""

        def made(robots: Episodes, arrays: rollouts.Arrays) -> RolloutStart:
            moments: Any = {
                name: tuple(arrays.pop(f"moments/{name}/{i}") for i in range(3)) for name in _moments(model)
            }
            groups: Any = {name: rollouts.group(arrays, name) for name in ("observations", "figures", "logged")}
            rest: Any = arrays
            return RolloutStart(robots=robots, moments=moments, **groups, **rest)

        return rollouts.read(folder, _walk(model), made)


def _walk(model: PPO) -> VectorWalkEnv:
    return cast(Any, model.get_env()).unwrapped.env


def _moments(model: PPO) -> dict[str, RunningMeanStd]:
    return cast(Any, cast(VecNormalize, model.get_vec_normalize_env()).obs_rms)
