"""Any Gymnasium vector environment as a Stable-Baselines3 `VecEnv`.

The two differ in what they give when an episode ends. Gymnasium batches everything, infos too; Stable-Baselines3
wants a dictionary per robot, which holds what only the end of an episode has:

    infos[i]["terminal_observation"]   the last observation of the episode that ended; `obs[i]` starts the next
    infos[i]["TimeLimit.truncated"]    whether it was truncated and not terminated
    infos[i][...]                      its `final_info`, and what vector wrappers add at an end, such as "episode"
    reset_infos[i]                     what the reset of the next episode said

On a step in which no episode ends no Python runs per robot, so a batch may hold thousands. Hence two differences
from `DummyVecEnv`. "TimeLimit.truncated" is set for ended robots only: Stable-Baselines3 itself reads it by
`.get("TimeLimit.truncated", False)`. And what an environment says at every step is not split: see `vector_info`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from typing import Any, cast

import numpy as np
from gymnasium import Space, Wrapper, spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv, VectorWrapper
from jaxtyping import Bool, Float32, Shaped
from stable_baselines3.common.env_util import is_wrapped
from stable_baselines3.common.vec_env.base_vec_env import VecEnv, VecEnvIndices, VecEnvObs

Info = dict[str, Any]
FINAL = ("final_obs", "final_info")


class Sb3VecEnv(VecEnv):
    """A Gymnasium vector environment, in the mode SAME_STEP, for Stable-Baselines3.

    Observations, rewards, dones and infos of every step are the caller's own: fresh, writable, not used again.

    Attributes:
      env: the Gymnasium environment.
      vector_info: the newest info, batched and as the environment gave it, of a reset or a step.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any]):
        """Wraps a vector environment.

        Args:
          env: made with `autoreset_mode=AutoresetMode.SAME_STEP`.

        Raises:
          ValueError: where the environment is of another mode, or does not say of which.
        """
        _refuse_other_modes(env)
        self.env = env
        self.vector_info: Info = {}
        self._layers = list(_layers(env))
        base = self._layers[-1]
        self._robots: list[Any] | None = base.envs if isinstance(base, SyncVectorEnv) else None
        self._remote: Any = next((layer for layer in self._layers if _reaches_robots(layer)), None)
        self._reset_names: set[str] = set()
        self._actions: Any = None
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)  # reads render_mode
        self.metadata = dict(env.metadata)
        self._no_infos: list[Info] = [{}] * self.num_envs

    def reset(self) -> VecEnvObs:
        """Starts an episode of every robot; a seed and options that were set are used once."""
        self._actions = None  # a step that was asked for and not waited for is cancelled
        seed, options = self._seeds[0], self._options[0]
        obs, info = self.env.reset(seed=None if seed is None else int(seed), options=deepcopy(options) or None)
        self.vector_info = _batched(info)
        self._reset_names |= {_name(key) for key in info}
        self.reset_infos = _split(info, range(self.num_envs), self.num_envs)
        self._reset_seeds()
        self._reset_options()
        return _copied(self.observation_space, obs)

    def step_async(self, actions: Shaped[np.ndarray, "batch ..."]) -> None:
        """Keeps the actions until `step_wait`, which does the work."""
        self._actions = actions

    def step_wait(self) -> tuple[VecEnvObs, Float32[np.ndarray, " batch"], Bool[np.ndarray, " batch"], list[Info]]:
        """One step of every robot; where an episode ended, the observation is the first of the next."""
        if self._actions is None:
            raise RuntimeError("no actions to step with: call step(actions), or step_async(actions) before step_wait()")
        actions, self._actions = self._actions, None  # at once, so that a step that fails leaves nothing behind
        obs, rewards, terminations, truncations, info = self.env.step(actions)
        self.vector_info = _batched(info)
        terminated = np.array(terminations, dtype=bool)
        dones = terminated | np.asarray(truncations, dtype=bool)
        # New dictionaries at every step, since callers write into them and keep them; Stable-Baselines3 visits each
        # of them anyway, so making them later or sharing them would save little. `map` makes them without Python.
        infos = list(map(dict.copy, self._no_infos))
        ended = np.flatnonzero(dones).tolist()
        if ended:
            self._describe_ends(infos, ended, terminated, info)
        return _copied(self.observation_space, obs), np.array(rewards, dtype=np.float32), dones, infos

    def _describe_ends(self, infos: list[Info], ended: list[int], terminated: np.ndarray, info: Info) -> None:
        """Fills in the infos of the robots whose episode ended, and the reset infos of their next."""
        final_obs, told = info.get("final_obs"), info.get("_final_obs")
        if final_obs is None or (told is not None and not np.asarray(told)[ended].all()):
            raise ValueError(
                "an episode ended, but the environment gave no info['final_obs'] for it, which SAME_STEP promises: "
                "have its step() put the last observations there, and the mask of the ended robots in '_final_obs'"
            )
        # What a reset says is said of the next episode; everything else is about the one that ended.
        others = {key: value for key, value in info.items() if _name(key) not in FINAL}
        starts = {key: value for key, value in others.items() if _name(key) in self._reset_names}
        # Without a mask it is an ordinary entry, given for all robots at every step.
        extras = {key: value for key, value in others.items() if key not in starts and _has_mask(key, others)}
        finals = {key: info[key] for key in ("final_info", "_final_info") if key in info}
        parts = zip(*(_split(entries, ended, self.num_envs) for entries in (finals, extras, starts)), strict=True)
        for robot, (final, extra, start) in zip(ended, parts, strict=True):
            infos[robot] = {
                **extra,
                **final.get("final_info", {}),
                "TimeLimit.truncated": not terminated[robot],
                "terminal_observation": _row(self.observation_space, final_obs, robot),
            }
            self.reset_infos[robot] = start

    def set_options(self, options: list[dict] | dict | None = None) -> None:
        """Sets options for the next reset, which are the same for all robots: they are reset by one call."""
        if isinstance(options, list) and options != options[:1] * self.num_envs:
            raise ValueError(f"one reset serves all {self.num_envs} robots, so they share options: give one dictionary")
        super().set_options(options or None)

    def close(self) -> None:
        """Closes the environment."""
        self.env.close()

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """The attribute of each robot; where one object serves all robots, its own, once for each."""
        chosen = self._chosen(indices)
        if self._robots is not None:
            return [self._robots[robot].get_wrapper_attr(attr_name) for robot in chosen]
        if self._remote is not None:
            values = self._remote.get_attr(attr_name)
            return [values[robot] for robot in chosen]
        return [getattr(self._holder(attr_name), attr_name)] * len(chosen)

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Sets the attribute of each robot; where one object serves all robots, of all or of none."""
        chosen = self._chosen(indices)
        if self._robots is not None:
            for robot in chosen:
                self._robots[robot].set_wrapper_attr(attr_name, value)
        elif self._remote is not None:
            # As a list with a value for each robot: a value that is itself a list would be taken for one.
            all_of_them = len(set(chosen)) == self.num_envs
            values = [value] * self.num_envs if all_of_them else list(self._remote.get_attr(attr_name))
            for robot in chosen:
                values[robot] = value
            self._remote.set_attr(attr_name, values)
        elif self._concerns_all(chosen, f"set {attr_name!r}"):
            holders = (layer for layer in self._layers if hasattr(layer, attr_name))
            setattr(next(holders, self.env), attr_name, value)

    def env_method(self, method_name: str, *method_args, indices: VecEnvIndices = None, **method_kwargs) -> list[Any]:
        """Calls a method of each robot; where one object serves all robots, once, for all or for none."""
        chosen = self._chosen(indices)
        if self._robots is not None:
            methods = [self._robots[robot].get_wrapper_attr(method_name) for robot in chosen]
            return [method(*method_args, **method_kwargs) for method in methods]
        if not self._concerns_all(chosen, f"call {method_name!r}"):
            return []
        if self._remote is not None:
            values = self._remote.call(method_name, *method_args, **method_kwargs)
            return [values[robot] for robot in chosen]
        return [getattr(self._holder(method_name), method_name)(*method_args, **method_kwargs)] * len(chosen)

    def env_is_wrapped(
        self, wrapper_class: type[Wrapper] | type[VectorWrapper], indices: VecEnvIndices = None
    ) -> list[bool]:
        """Whether a robot's own environment, where it has one, or the vector environment has such a wrapper."""
        around_all = any(isinstance(layer, wrapper_class) for layer in self._layers[:-1])
        robots = self._robots
        return [
            around_all or (robots is not None and is_wrapped(robots[robot], cast("type[Wrapper]", wrapper_class)))
            for robot in self._chosen(indices)
        ]

    def get_images(self) -> Sequence[np.ndarray | None]:
        """A picture of each robot that the environment draws, where its render mode is `rgb_array`."""
        frames: Any = self.env.render() if self.render_mode == "rgb_array" else None
        return [None] * self.num_envs if frames is None else list(frames)

    def _chosen(self, indices: VecEnvIndices) -> list[int]:
        """The robots that `indices` names, from 0."""
        every = range(self.num_envs)
        if indices is None:
            return list(every)
        return [every[index] for index in (indices if isinstance(indices, Iterable) else [indices])]

    def _concerns_all(self, chosen: list[int], what: str) -> bool:
        """Whether there is anything to do; refuses what can be done only for all, but was asked for some."""
        if 0 < len(set(chosen)) < self.num_envs:
            raise ValueError(
                f"cannot {what} for robots {chosen} only: {type(self.env).__name__} is one object that serves all "
                f"{self.num_envs} robots; leave out `indices` to do it for all of them"
            )
        return bool(chosen)

    def _holder(self, name: str) -> Any:
        """The outermost layer that has this attribute."""
        for layer in self._layers:
            if hasattr(layer, name):
                return layer
        raise AttributeError(f"neither {type(self.env).__name__} nor what it wraps has an attribute {name!r}")


def _refuse_other_modes(env: VectorEnv[Any, Any, Any]) -> None:
    mode = env.metadata.get("autoreset_mode")
    reasons = {
        None: "does not say what it does when an episode ends (no metadata['autoreset_mode'])",
        AutoresetMode.NEXT_STEP: "resets a robot in the step after its episode ended, which would be learned from as "
        "if it were a transition",
        AutoresetMode.DISABLED: "leaves it to its caller to reset a robot, which Stable-Baselines3 never does",
    }
    if mode != AutoresetMode.SAME_STEP:
        raise ValueError(
            f"{env} {reasons.get(mode, f'has the unknown autoreset mode {mode!r}')}; Stable-Baselines3 expects the "
            "first observation of the next episode together with `done`: "
            "make the environment with autoreset_mode=gymnasium.vector.AutoresetMode.SAME_STEP"
        )


def _layers(env: VectorEnv[Any, Any, Any]) -> Iterator[VectorEnv[Any, Any, Any]]:
    """The environment and what it wraps, outermost first."""
    yield env
    while isinstance(env, VectorWrapper):
        env = env.env
        yield env


def _reaches_robots(layer: Any) -> bool:
    """Whether a vector environment can ask each robot, as Gymnasium's own can."""
    return all(callable(getattr(layer, name, None)) for name in ("get_attr", "set_attr", "call"))


def _batched(info: Any) -> Info:
    if not isinstance(info, dict):
        raise TypeError(
            f"expected the info of a vector environment as a dictionary of arrays, got {type(info).__name__}: "
            "remove DictInfoToList, since infos are split here"
        )
    return info


def _name(key: str) -> str:
    """What an entry of an info is about: `_key` is the mask of `key`."""
    return key.removeprefix("_")


def _has_mask(key: str, info: Info) -> bool:
    """Whether an entry is masked, or is a mask."""
    return f"_{key}" in info or (key.startswith("_") and key[1:] in info)


def _split(info: Info, robots: Sequence[int], num_envs: int) -> list[Info]:
    """A dictionary, of copies, for each of these robots; an entry with a mask is given to those it marks.

    Arrays with a row for each robot are split, dictionaries within too; anything else is said of all of them.
    """
    split: list[Info] = [{} for _ in robots]
    for key, value in info.items():
        if key.startswith("_") and key[1:] in info:
            continue
        mask = info.get(f"_{key}")
        marked = [number for number, robot in enumerate(robots) if mask is None or mask[robot]]
        if isinstance(value, dict):
            parts = _split(value, [robots[number] for number in marked], num_envs)
        elif tuple(getattr(value, "shape", ()))[:1] == (num_envs,):
            rows = np.asarray(value)
            parts = [deepcopy(rows[robots[number]]) for number in marked]
        else:
            parts = [deepcopy(value) for _ in marked]
        for number, part in zip(marked, parts, strict=True):
            split[number][key] = part
    return split


def _copied(space: Space[Any], obs: Any) -> Any:
    """A batch of observations as arrays of the space's type that nobody else holds."""
    if isinstance(space, spaces.Dict):
        return {key: _copied(part, obs[key]) for key, part in space.spaces.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(_copied(part, one) for part, one in zip(space.spaces, obs, strict=True))
    return np.array(obs, dtype=space.dtype)


def _row(space: Space[Any], obs: Any, robot: int) -> Any:
    """One robot's observation, copied from a batch or from Gymnasium's array of one object per robot."""
    if isinstance(obs, np.ndarray) and obs.dtype == object:
        return deepcopy(obs[robot])
    if isinstance(space, spaces.Dict):
        return {key: _row(part, obs[key], robot) for key, part in space.spaces.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(_row(part, one, robot) for part, one in zip(space.spaces, obs, strict=True))
    return np.array(obs[robot], dtype=space.dtype)
