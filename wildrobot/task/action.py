"""From an action in [-1, 1] to joint targets, late by the robot's latency."""

from __future__ import annotations

import dataclasses

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from wildrobot.draws import integers
from wildrobot.robot import Robot
from wildrobot.task.config import ActionConfig
from wildrobot.task.joints import per_joint


@dataclasses.dataclass(frozen=True)
class ActionMap:
    """target = clip(home + scale * action, joint range), applied some control steps later.

    Attributes:
      home_rad, lower_rad, upper_rad, scale_rad: per joint in actuator order, shape (joints,).
      latency_steps: least and most control steps between the choice of an action and its effect.
    """

    home_rad: np.ndarray
    lower_rad: np.ndarray
    upper_rad: np.ndarray
    scale_rad: np.ndarray
    latency_steps: tuple[int, int]

    @classmethod
    def from_robot(cls, robot: Robot, config: ActionConfig) -> ActionMap:
        return cls(
            home_rad=robot.home_targets_rad.astype(np.float32),
            lower_rad=robot.joint_range_rad[:, 0].astype(np.float32),
            upper_rad=robot.joint_range_rad[:, 1].astype(np.float32),
            scale_rad=per_joint(robot.joint_kinds, config.scale_rad, "env.task.action.scale_rad"),
            latency_steps=config.latency_steps,
        )

    def targets_rad(self, action: Float[Array, " joints"]) -> Float[Array, " joints"]:
        """The joint targets [rad] that an action asks for; actions outside [-1, 1] are clipped."""
        action = jnp.clip(action, -1.0, 1.0)
        return jnp.clip(self.home_rad + self.scale_rad * action, self.lower_rad, self.upper_rad)

    def action(self, targets_rad: Float[Array, " joints"]) -> Float[Array, " joints"]:
        """The action whose targets come nearest to these [rad]."""
        return jnp.clip((targets_rad - self.home_rad) / self.scale_rad, -1.0, 1.0)

    def latency(self, draw: Float[Array, " 1"]) -> Int[Array, ""]:
        """The latency [control steps] of an episode, from a number uniform in [0, 1)."""
        return integers(draw[0], *self.latency_steps)

    def queue(self, targets_rad: Float[Array, " joints"]) -> Float[Array, "latency joints"]:
        """What is still under way to the servos at the start of an episode: the same targets throughout."""
        return jnp.tile(targets_rad, (self.latency_steps[1], 1))

    def delayed(
        self, queue: Float[Array, "latency joints"], targets_rad: Float[Array, " joints"], latency: Int[Array, ""]
    ) -> tuple[Float[Array, " joints"], Float[Array, "latency joints"]]:
        """Takes the targets that are due now, and puts the new ones at the end of the queue."""
        longer = jnp.concatenate([queue, targets_rad[None]])
        return longer[self.latency_steps[1] - latency], longer[1:]
