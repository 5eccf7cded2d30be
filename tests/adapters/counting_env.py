"""Vector environments for the tests of the bridge: one whose every number is known beforehand, and a swinging one."""

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from gymnasium.vector.utils import batch_space
from stable_baselines3.common.monitor import Monitor

SAME_STEP = AutoresetMode.SAME_STEP


class Counting(VectorEnv):
    """Robots that count their steps; robot i falls at its step 3 + i, all stop at step 6. Reuses its own arrays."""

    def __init__(self, num_envs: int = 5, *, dict_obs: bool = False, dtype: Any = np.float32, render: bool = False):
        self.num_envs = num_envs
        box = spaces.Box(-1e6, 1e6, (2,), dtype)
        count = spaces.Box(0, 100, (1,), np.int64)
        self.single_observation_space = spaces.Dict({"a": box, "b": count}) if dict_obs else box
        self.single_action_space = spaces.Box(-1, 1, (1,), np.float32)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.metadata = {"autoreset_mode": SAME_STEP, "render_fps": 50}
        self.render_mode = "rgb_array" if render else None
        self.count, self.episode = np.zeros(num_envs, int), np.zeros(num_envs, int)
        self.seeds: list[Any] = []
        self.gain, self.broken = 1.0, False
        self._obs = np.zeros((num_envs, 2), dtype)
        self._counted = np.zeros((num_envs, 1), np.int64)
        self._rewards = np.zeros(num_envs)

    def observe(self) -> Any:
        self._obs[:] = np.stack([self.episode, self.count], axis=1)
        self._counted[:, 0] = self.count
        in_parts = isinstance(self.single_observation_space, spaces.Dict)
        return {"a": self._obs, "b": self._counted} if in_parts else self._obs

    def whole(self, value: Any) -> Any:
        return {key: one.copy() for key, one in value.items()} if isinstance(value, dict) else value.copy()

    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        assert options is None
        self.seeds.append(seed)
        self.count[:], self.episode[:] = 0, 0 if seed is None else seed
        return self.observe(), {}

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
            inner = {"x": self.count * 0.5, "_x": done.copy()}
            pair = np.stack([self.count, -self.count], 1)
            final_info = {"length": self.count.copy(), "_length": done.copy(), "pair": pair, "inner": inner}
            info |= {"final_obs": final_obs, "_final_obs": done, "final_info": final_info, "_final_info": done}
            self.count[done], self.episode[done] = 0, self.episode[done] + 1
        return self.observe(), self._rewards, terminated, truncated, info

    def render(self) -> Any:
        return tuple(np.full((4, 6, 3), robot, np.uint8) for robot in range(self.num_envs))


class Falling(gym.Wrapper):
    """Pendulum, whose episode ends where it turns fast."""

    def step(self, action: Any) -> Any:
        obs, reward, _, truncated, info = self.env.step(action)
        return obs, reward, bool(abs(obs[2]) > 3.0), truncated, info


def pendulum(limit: int) -> gym.Env:
    """One that falls or reaches its time limit."""
    return Monitor(gym.wrappers.TimeLimit(Falling(gym.make("Pendulum-v1", max_episode_steps=-1)), limit))


class Pendulums(VectorEnv):
    """Pendulums behind one object."""

    def __init__(self, count: int, limit: int):
        inside = SyncVectorEnv([lambda: pendulum(limit)] * count, autoreset_mode=SAME_STEP)
        self.inside, self.num_envs, self.metadata, self.render_mode = inside, count, inside.metadata, None
        self.single_observation_space, self.single_action_space = (
            inside.single_observation_space,
            inside.single_action_space,
        )
        self.reset, self.step = inside.reset, inside.step


def still(env: Any) -> np.ndarray:
    return np.zeros((env.num_envs, 1), np.float32)


def to_step(bridge: Any, number: int) -> Any:
    """Resets and makes this many steps; what the last returned."""
    bridge.reset()
    return [bridge.step(still(bridge)) for _ in range(number)][-1]
