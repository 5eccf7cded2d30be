"""One robot: the environment core as a `gymnasium.Env`."""

from __future__ import annotations

from typing import Any

import gymnasium
from gymnasium import error
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode

from adapters.gymnasium_env.spaces import checked_actions
from adapters.gymnasium_env.vector import Observation, VectorWalkEnv, with_time_limit
from wildrobot.env import WildRobotEnv


class WalkEnv(gymnasium.Env):
    """One robot that walks on command: a `VectorWalkEnv` of one, without a batch axis."""

    _spec: EnvSpec | None = None

    def __init__(self, core: WildRobotEnv, *, privileged: bool = False, render_mode: str | None = None):
        """Adapts a core; see `VectorWalkEnv`."""
        self._robots = VectorWalkEnv(
            core, autoreset_mode=AutoresetMode.DISABLED, privileged=privileged, render_mode=render_mode
        )
        self.metadata = {name: self._robots.metadata[name] for name in ("render_modes", "render_fps")}
        self.render_mode = render_mode
        self.action_space: Any = self._robots.single_action_space
        self.observation_space: Any = self._robots.single_observation_space

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Starts an episode; the same seed gives the same one. There are no options."""
        if options:
            raise ValueError(f"unknown options {sorted(options)}; one robot has none")
        super().reset(seed=seed)
        observation, _ = self._robots.reset(seed=seed)
        return _only(observation), {}

    def step(self, action: Any) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Moves the robot by one control step of 20 ms; see `VectorWalkEnv.step`."""
        if self._robots.has_ended:
            raise error.ResetNeeded("the episode has ended; call reset() before the next step()")
        usable = checked_actions(action, self.action_space)
        observation, reward, terminated, truncated, info = self._robots.step(usable[None])
        if info:
            info = {"episode_metrics": {name: float(value[0]) for name, value in info["episode_metrics"].items()}}
        return _only(observation), float(reward[0]), bool(terminated[0]), bool(truncated[0]), info

    def render(self) -> Any:
        """An RGB picture, uint8 of shape (360, 480, 3); None without `render_mode`."""
        frames = self._robots.render()
        return None if frames is None else frames[0]

    @property
    def spec(self) -> EnvSpec | None:
        """What `gymnasium.make` made this environment of, with its time limit."""
        return self._spec

    @spec.setter
    def spec(self, spec: EnvSpec | None) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        self._spec = with_time_limit(spec, self._robots.core)

    def close(self) -> None:
        """Frees what pictures needed."""
        self._robots.close()


def _only(observation: Observation) -> Observation:
    if isinstance(observation, dict):
        return {name: value[0] for name, value in observation.items()}
    return observation[0]
