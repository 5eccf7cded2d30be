"""A small vector environment that does everything right, and on request one thing wrong."""

from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import error, spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space


class FaultyVectorEnv(VectorEnv):
    """Robots that walk along a line; robot i falls at its step 3 + i, and all stop at step 5."""

    def __init__(self, mode: AutoresetMode, fault: str | None = None, *, num_envs: int = 4, dict_obs: bool = False):
        self.mode, self.fault, self.num_envs = mode, fault, num_envs
        box = spaces.Box(-1e3, 1e3, (2,), np.float64 if fault == "float64" else np.float32)
        self.single_observation_space = spaces.Dict({"a": box}) if dict_obs else box
        self.single_action_space = spaces.Box(-1, 1, (1,), np.float32)
        self.observation_space = batch_space(self.single_observation_space, num_envs + (fault == "batch space"))
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.metadata = {"autoreset_mode": "SameStep" if fault == "mode" else mode}
        self.place, self.count = np.zeros(num_envs, np.float32), np.zeros(num_envs, int)
        self.ended, self.closings = np.zeros(num_envs, bool), 0
        self.buffer = np.zeros((num_envs, 2), np.float32)

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        if self.fault == "deaf to seeds" and seed is not None:
            seed = 3
        super().reset(seed=seed)
        mask = np.ones(self.num_envs, bool)
        if options:
            mask = options.pop("reset_mask") if self.fault == "pops_reset_mask" else options["reset_mask"]
            shape_is_wrong = mask.shape != (self.num_envs,)
            if shape_is_wrong and self.fault == "mask length":
                mask = mask[: self.num_envs]
            elif mask.dtype != bool and self.fault == "mask dtype":
                mask = mask.astype(bool)
            elif not mask.any() and self.fault == "mask empty":
                pass
            elif shape_is_wrong or mask.dtype != bool or not mask.any():
                raise ValueError("reset_mask")
        starts = np.ones(self.num_envs, bool) if self.fault == "mask resets all" else mask
        self.start(np.zeros_like(mask) if self.fault == "mask resets none" and options else starts)
        if self.fault == "repeats" and seed is None:
            self.place[:] = 0.5
        if self.fault == "noise at reset":
            self.place += np.random.default_rng().random(self.num_envs, np.float32)
        info = [] if self.fault == "info list" else {}
        return self.observe() if self.fault == "reset alone" else (self.observe(), info)

    def start(self, which: np.ndarray) -> None:
        if which.any():
            self.place = np.where(which, self.np_random.random(self.num_envs, np.float32), self.place)
            self.count = np.where(which, 0, self.count)
        self.ended = self.ended & ~which

    def observe(self) -> Any:
        obs = np.stack([self.place, self.count], axis=1).astype(np.float32)
        if self.fault == "nan":
            obs[0] = np.nan
        if self.fault == "dtype":
            obs = obs.astype(np.float64)
        if self.fault == "shape":
            obs = obs[:, :1]
        if self.fault == "read-only":
            obs.flags.writeable = False
        if self.fault == "buffer":
            self.buffer[:] = obs
            obs = self.buffer
        return {"a": obs} if isinstance(self.single_observation_space, spaces.Dict) else obs

    def step(self, actions: Any) -> Any:
        if self.closed and self.fault != "steps_after_close":
            raise error.ClosedEnvironmentError
        if self.mode is AutoresetMode.DISABLED and self.ended.any() and self.fault != "steps the ended":
            raise error.ResetNeeded
        resets = self.ended & (self.mode is AutoresetMode.NEXT_STEP)
        self.place = self.place + 0.1 * actions[:, 0]
        if self.fault == "noise at step":
            self.place += np.random.default_rng().random(self.num_envs, np.float32)
        self.count = self.count + 1
        self.start(resets)
        if self.fault == "resets heed actions":
            self.place = self.place + 0.1 * actions[:, 0] * resets
        terminated = (self.count == 3 + np.arange(self.num_envs)) & ~resets
        truncated = (self.count >= 5) & ~terminated & ~resets
        if self.fault == "endless":
            terminated = truncated = np.zeros(self.num_envs, bool)
        rewards = np.where(resets, 0.0, self.place)
        if self.fault == "reward of a reset":
            rewards += 1.0
        if self.fault == "end of a reset":
            truncated = truncated | resets
        if self.fault == "inner array":
            rewards = self.place
        self.ended = terminated | truncated
        info = {"power": np.ones(self.num_envs), "_power": np.ones(self.num_envs, bool)}
        if self.mode is AutoresetMode.SAME_STEP:
            info |= self.finals(self.ended.copy())
            self.start(self.ended & (self.fault != "stale"))
        obs: Any = self.observe()
        parts = [obs, rewards, terminated.copy(), truncated.copy(), info]
        broken: dict[str, Callable[[], Any]] = {
            "four": lambda: parts.pop(3),
            "integer rewards": lambda: parts.__setitem__(1, rewards.astype(int)),
            "rewards shape": lambda: parts.__setitem__(1, rewards[:, None]),
            "nan reward": lambda: parts.__setitem__(1, rewards * np.nan),
            "integer flags": lambda: parts.__setitem__(2, terminated.astype(int)),
            "no mask": lambda: info.pop("_power"),
            "mask alone": lambda: info.pop("power"),
            "integer mask": lambda: info.update(_power=np.ones(self.num_envs, int)),
            "short value": lambda: info.update(power=np.ones(2)),
            "list value": lambda: info.update(power=[1.0] * self.num_envs),
        }
        broken.get(self.fault or "", lambda: None)()
        return tuple(parts)

    def finals(self, ended: np.ndarray) -> dict[str, Any]:
        if self.fault == "final always":
            ended = np.ones_like(ended)
        if not ended.any() or self.fault == "no finals":
            return {}
        marked = ended & (np.arange(self.num_envs) > 0) if self.fault == "final mask" else ended
        length = {"length": self.count.copy(), "_length": ended.copy()}
        if self.fault == "final_info mask":
            del length["_length"]
        final: Any = self.observe()
        if self.fault == "object_final_obs":
            rows, final = list(final), np.full(self.num_envs, None, object)
            for robot in np.flatnonzero(ended):
                final[robot] = rows[robot]
        if self.fault == "final outside":
            final[:] = 1e6
        return {"final_obs": final, "_final_obs": marked, "final_info": length, "_final_info": ended.copy()}

    def close(self, **kwargs: Any) -> None:
        self.closings += 1
        if self.fault == "closes once" and self.closings > 1:
            raise RuntimeError("closed already")
        self.closed = self.fault != "never closed"
