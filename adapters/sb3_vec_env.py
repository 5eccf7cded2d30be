"""`VectorWalkEnv`, a Gymnasium vector environment, as a Stable-Baselines3 `VecEnv`.

Gymnasium batches everything, infos too; Stable-Baselines3 wants a dictionary per robot. It holds what only the end of
an episode has, so that on other steps no Python runs per robot, and a batch may hold thousands:

    infos[i]["terminal_observation"]   the last observation of the episode that ended; `obs[i]` starts the next
    infos[i]["TimeLimit.truncated"]    whether it was truncated and not terminated
    infos[i][...]                      its `final_info`, such as "episode_metrics"

This is what training needs, and no general bridge. Refused by name are: other autoreset modes than SAME_STEP, spaces
other than a Box of observations or a Dict of Boxes and a Box of actions, vector wrappers and batches of single
environments, options of a reset, and setting attributes or calling methods of single robots. Infos of other steps and
of resets are not passed on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv, VectorEnv, VectorWrapper
from jaxtyping import Bool, Float32, Shaped
from stable_baselines3.common.vec_env.base_vec_env import VecEnv, VecEnvIndices, VecEnvObs

Info = dict[str, Any]


class Sb3VecEnv(VecEnv):
    """A Gymnasium vector environment for Stable-Baselines3.

    Observations, rewards, dones and infos of every step are the caller's own: fresh, writable, not used again.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any]):
        """Adapts a vector environment, made with `autoreset_mode=AutoresetMode.SAME_STEP`.

        Raises:
          TypeError: for a vector wrapper, or Gymnasium's batches of single environments.
          ValueError: for another autoreset mode, or other spaces.
        """
        _refuse_others(env)
        self.env = env
        self._actions: Any = None
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)  # reads render_mode
        self.metadata = dict(env.metadata)
        self._no_infos: list[Info] = [{}] * self.num_envs

    def reset(self) -> VecEnvObs:
        """Starts an episode of every robot; a seed that was set is used once."""
        self._actions = None  # a step that was asked for and not waited for is cancelled
        seed = self._seeds[0]
        obs, _ = self.env.reset(seed=None if seed is None else int(seed))
        self._reset_seeds()
        return _copied(obs)

    def step_async(self, actions: Shaped[np.ndarray, "batch ..."]) -> None:
        """Keeps the actions until `step_wait`, which does the work."""
        self._actions = actions

    def step_wait(self) -> tuple[VecEnvObs, Float32[np.ndarray, " batch"], Bool[np.ndarray, " batch"], list[Info]]:
        """One step of every robot; where an episode ended, the observation is the first of the next."""
        if self._actions is None:
            raise RuntimeError("no actions to step with: call step(actions), or step_async(actions) before step_wait()")
        actions, self._actions = self._actions, None  # at once, so that a step that fails leaves nothing behind
        obs, rewards, terminations, truncations, info = self.env.step(actions)
        terminated = np.array(terminations, dtype=bool)
        dones = terminated | np.asarray(truncations, dtype=bool)
        # New dictionaries at every step, since callers write into them and keep them. `map` makes them without Python.
        infos = list(map(dict.copy, self._no_infos))
        for robot in np.flatnonzero(dones).tolist():
            infos[robot] = _row(info.get("final_info", {}), robot)
            infos[robot]["terminal_observation"] = _row(info["final_obs"], robot)
            infos[robot]["TimeLimit.truncated"] = not terminated[robot]
        return _copied(obs), np.array(rewards, dtype=np.float32), dones, infos

    def close(self) -> None:
        """Closes the environment."""
        self.env.close()

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """The environment's attribute, once for each robot: one object serves them all."""
        return [getattr(self.env, attr_name)] * self._count(indices)

    def env_is_wrapped(self, wrapper_class: type[Any], indices: VecEnvIndices = None) -> list[bool]:
        """Never: a robot of a batch has no environment of its own that could be wrapped."""
        return [False] * self._count(indices)

    def get_images(self) -> Sequence[np.ndarray | None]:
        """A picture of each robot, where the render mode is `rgb_array`."""
        frames: Any = self.env.render() if self.render_mode == "rgb_array" else None
        return [None] * self.num_envs if frames is None else list(frames)

    def set_options(self, options: list[dict] | dict | None = None) -> None:
        """Refuses options: a reset of all robots has none."""
        if options:
            self._refuse("set_options()")

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> NoReturn:
        """Refuses."""
        self._refuse(f"set_attr({attr_name!r})")

    def env_method(self, method_name: str, *method_args, indices: VecEnvIndices = None, **method_kwargs) -> NoReturn:
        """Refuses."""
        self._refuse(f"env_method({method_name!r})")

    def _refuse(self, what: str) -> NoReturn:
        raise NotImplementedError(
            f"Sb3VecEnv has no {what}: {type(self.env).__name__} is one object that serves all {self.num_envs} robots; "
            "use its own attributes and methods, as `.env` of this object"
        )

    def _count(self, indices: VecEnvIndices) -> int:
        """How many robots `indices` names; IndexError for one that does not exist."""
        if indices is None:
            return self.num_envs
        return len([range(self.num_envs)[i] for i in (indices if isinstance(indices, Iterable) else [indices])])


def _refuse_others(env: VectorEnv[Any, Any, Any]) -> None:
    if not isinstance(env, VectorEnv):
        raise TypeError(f"Sb3VecEnv takes a Gymnasium vector environment, not {type(env).__name__}")
    if isinstance(env, SyncVectorEnv | AsyncVectorEnv):
        raise TypeError(
            f"Sb3VecEnv does not take {type(env).__name__}, a batch of single environments: give their makers to "
            "Stable-Baselines3's own DummyVecEnv or SubprocVecEnv"
        )
    if isinstance(env, VectorWrapper):
        raise TypeError(
            f"Sb3VecEnv does not take the wrapper {type(env).__name__}: give it the environment itself, and put one "
            "of Stable-Baselines3's wrappers, such as VecMonitor or VecNormalize, around Sb3VecEnv"
        )
    mode = env.metadata.get("autoreset_mode")
    if mode != AutoresetMode.SAME_STEP:
        raise ValueError(
            f"{env} has the autoreset mode {mode}; Stable-Baselines3 expects the first observation of the next episode "
            "together with `done`: make it with autoreset_mode=gymnasium.vector.AutoresetMode.SAME_STEP"
        )
    observation, action = env.single_observation_space, env.single_action_space
    boxes = observation.spaces.values() if isinstance(observation, spaces.Dict) else [observation]
    for what, space, parts in (("observations", observation, boxes), ("actions", action, [action])):
        if not all(isinstance(part, spaces.Box) for part in parts):
            kinds = "a Box or a Dict of Boxes" if what == "observations" else "a Box"
            raise ValueError(f"Sb3VecEnv takes {what} in {kinds}, not in {space}")


def _copied(obs: Any) -> Any:
    """A batch of observations, copied."""
    return {key: np.array(part) for key, part in obs.items()} if isinstance(obs, dict) else np.array(obs)


def _row(batch: Any, robot: int) -> Any:
    """One robot's values of a batch, copied, without the masks that say whose values there are."""
    if isinstance(batch, dict):
        masks = {f"_{key}" for key in batch}
        return {key: _row(part, robot) for key, part in batch.items() if key not in masks}
    return batch[robot].copy()
