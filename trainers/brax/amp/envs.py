"""What the training loop adds around the Brax environment: what style is judged by, and a mesh of devices."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
from brax.envs.base import Env, State, Wrapper
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Float

from adapters.brax_env import BraxEnv
from wildrobot.motion import features

ROBOTS = "robots"
"""The one axis of the mesh: each device has its part of the robots."""


STYLE_FIELDS = ("features", "command", "phase")


class WithStyle(Wrapper):
    """One robot whose `info` holds what style is judged by in each step.

    info["features"]   of the robot after the step and before any reset, see `wildrobot.motion.features`
    info["command"]    that was followed in the step
    info["phase"]      of the gait clock that the step was to reach
    """

    def __init__(self, env: BraxEnv):
        super().__init__(env)
        self._robot = env.core.robot

    def reset(self, rng: Array) -> State:
        state = self.env.reset(rng)
        return self._with_info(state, state)

    def step(self, state: State, action: Float[Array, " joints"]) -> State:
        return self._with_info(state, self.env.step(state, action))

    def _with_info(self, before: State, now: State) -> State:
        # The state after the step may hold the next step's command already.
        followed: Any = before.pipeline_state
        reached: Any = now.pipeline_state
        style = {
            "features": features.features(self._robot, reached.physics),
            "command": followed.task.command,
            "phase": followed.task.phase,
        }
        return dataclasses.replace(now, info={**now.info, **style})


class OverDevices(Wrapper):
    """A batch of robots, each device stepping its own part; a robot does the same whatever the number of devices."""

    def __init__(self, env: Env, mesh: Mesh):
        super().__init__(env)
        by_robot = PartitionSpec(ROBOTS)
        # Physics on the host is called once per device, with that device's robots.
        self._reset = jax.shard_map(env.reset, mesh=mesh, in_specs=by_robot, out_specs=by_robot, check_vma=False)
        self._step = jax.shard_map(env.step, mesh=mesh, in_specs=by_robot, out_specs=by_robot, check_vma=False)

    def reset(self, rng: Array) -> State:
        return self._reset(rng)

    def step(self, state: State, action: Float[Array, "batch joints"]) -> State:
        return self._step(state, action)
