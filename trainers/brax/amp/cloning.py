"""A new actor that begins with the clips: before training it learns their joint targets by phase and command.

Behaviour cloning. Robots play the clips open loop, with some noise, until they fall, and the actor learns to give the
clip's targets for what their sensors gave meanwhile. It cannot balance then, but it steps forward when it is asked to:
an actor that begins with noise spends the first half of a training on standing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from brax.envs.base import Env, State
from jaxtyping import Array, Float

from trainers.amp.reference import Reference
from wildrobot.env import WildRobotEnv
from wildrobot.motion import gait_phase
from wildrobot.motion.library import Library
from wildrobot.task.command import is_standing

_PHASES = 128
_STEPS = 100
"""Control steps that the robots play: two strides."""
_NOISE = 0.1
"""Largest noise of the actions that are played, so that the robots leave the clips."""
_SERVO_LAG_STEPS = 1.0


class Teacher(NamedTuple):
    """The action that a clip asks for.

    Attributes:
      reference: the clips, by command.
      actions: of each clip by phase, 0 where the left foot lifts.
      lead: by how much of a stride actions come before they show.
    """

    reference: Reference
    actions: Float[Array, "C phases joints"]
    lead: float

    @classmethod
    def load(cls, core: WildRobotEnv, clips: tuple[str, ...]) -> Teacher | None:
        """Reads the clips that repeat a stride; None if there are none."""
        robot, tables, names = core.robot, [], []
        for name, clip in zip(clips, Library.load(robot, clips).clips, strict=True):
            if (stride := gait_phase.stride_of_clip(clip)) is None:
                continue
            at = stride.first_frame + np.arange(_PHASES) / _PHASES * stride.frames
            targets = clip.qpos[np.round(at).astype(int) % stride.frames][:, robot.qpos_index]
            tables.append(jax.vmap(core.action_map.action)(jnp.asarray(targets, jnp.float32)))
            names.append(name)
        if not names:
            return None
        late_steps = np.mean(core.action_map.latency_steps) + _SERVO_LAG_STEPS
        lead = float(late_steps * core.control_period_s * core.config.task.gait.frequency_hz)
        return cls(Reference.load(robot, names), jnp.stack(tables), lead)

    def action(self, command: Float[Array, "N 3"], phase: Float[Array, " N"]) -> Float[Array, "N joints"]:
        """Of the clip whose command is nearest; home where the robot is asked to stand."""
        clip, _ = self.reference.nearest(command)
        index = jnp.round((phase + self.lead) * _PHASES).astype(jnp.int32) % _PHASES
        return jnp.where(jax.vmap(is_standing)(command)[:, None], 0.0, self.actions[clip, index])

    def play(self, env: Env, state: State, key: Array) -> tuple[Any, Float[Array, "samples joints"]]:
        """Observations of robots that play the clips, and the actions that they should take at them."""

        def step(state: State, key: Array) -> tuple[State, tuple[Any, Array]]:
            robots: Any = state.pipeline_state
            action = self.action(robots.task.command, robots.task.phase)
            noise = jax.random.uniform(key, action.shape, minval=-_NOISE, maxval=_NOISE)
            return env.step(state, jnp.clip(action + noise, -1.0, 1.0)), (state.obs, action)

        _, samples = jax.lax.scan(step, state, jax.random.split(key, _STEPS))
        observations, actions = jax.tree.map(lambda each: each.reshape(-1, *each.shape[2:]), samples)
        return observations, actions
