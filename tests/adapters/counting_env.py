"""Vector environments for the tests of the bridge: one whose every number is known beforehand, and Gymnasium's."""

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from gymnasium.vector.utils import batch_space
from stable_baselines3.common.monitor import Monitor


class Counting(VectorEnv):
    """Robots that count their steps; robot i falls at its step 3 + i, all stop at step 6. Reuses its own arrays."""

    def __init__(self, num_envs: int = 5, *, dict_obs: bool = False, dtype: Any = np.float32, render: bool = False):
        self.num_envs = num_envs
        box = spaces.Box(-1e6, 1e6, (2,), dtype)
        self.single_observation_space = spaces.Dict({"a": box, "b": spaces.Discrete(100)}) if dict_obs else box
        self.single_action_space = spaces.Box(-1, 1, (1,), np.float32)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.metadata = {"autoreset_mode": AutoresetMode.SAME_STEP, "render_fps": 50}
        self.render_mode = "rgb_array" if render else None
        self.count, self.episode = np.zeros(num_envs, int), np.zeros(num_envs, int)
        self.seen: list[tuple[Any, Any]] = []
        self.gain, self.broken, self.calls = 1.0, False, 0
        self._obs = np.zeros((num_envs, 2), dtype)
        self._rewards = np.zeros(num_envs)

    def observe(self) -> Any:
        self._obs[:] = np.stack([self.episode, self.count], axis=1)
        self._obs.flags.writeable = True
        return (
            {"a": self._obs, "b": self.count} if isinstance(self.single_observation_space, spaces.Dict) else self._obs
        )

    def whole(self, value: Any) -> Any:
        return {key: one.copy() for key, one in value.items()} if isinstance(value, dict) else value.copy()

    def start_info(self) -> dict[str, Any]:
        return {"start": self.episode.copy(), "_start": np.ones(self.num_envs, bool)}

    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        self.seen.append((seed, options))
        self.count[:], self.episode[:] = 0, 0 if seed is None else seed
        return self.observe(), self.start_info()

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        if self.broken:
            raise FloatingPointError("the simulation diverged")
        self.count += 1
        terminated = self.count == 3 + np.arange(self.num_envs)
        truncated = self.count >= 6
        done = terminated | truncated
        self._rewards[:] = self.gain * self.count
        info: dict[str, Any] = {"power": self._rewards.copy()}
        if done.any():
            final_obs = self.whole(self.observe())
            for leaf in final_obs.values() if isinstance(final_obs, dict) else [final_obs]:
                leaf.flags.writeable = False
            inner = {
                "x": self.count * 0.5,
                "_x": done.copy(),
                "odd": self.count.copy(),
                "_odd": done & (self.count == 3),
            }
            final_info = {
                "length": self.count.copy(),
                "_length": done.copy(),
                "pair": np.stack([self.count, -self.count], 1),
                "inner": inner,
                "_inner": done.copy(),
                "engine": "toy",
            }
            info |= {"final_obs": final_obs, "_final_obs": done, "final_info": final_info, "_final_info": done}
            self.count[done], self.episode[done] = 0, self.episode[done] + 1
            info |= self.start_info()
        return self.observe(), self._rewards, terminated, truncated, info

    def render(self) -> Any:
        self.calls += 1
        return tuple(np.full((4, 6, 3), robot, np.uint8) for robot in range(self.num_envs))

    def double(self, value: int, *, plus: int = 0) -> int:
        self.calls += 1
        return 2 * value + plus


def still(env: Any) -> np.ndarray:
    return np.zeros((env.num_envs, 1), np.float32)


def to_step(bridge: Any, number: int) -> Any:
    """Resets and makes this many steps; what the last returned."""
    bridge.reset()
    return [bridge.step(still(bridge)) for _ in range(number)][-1]


def monitored(name: str, count: int, **kwargs: Any) -> SyncVectorEnv:
    """Gymnasium's robots in a batch, each of them in a Monitor."""
    makers = [lambda: Monitor(gym.make(name, **kwargs))] * count
    return SyncVectorEnv(makers, autoreset_mode=AutoresetMode.SAME_STEP)
