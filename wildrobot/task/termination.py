"""When an episode has failed, and when its simulation has."""

from __future__ import annotations

from typing import Annotated

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float
from pydantic import Field

from wildrobot.config import Section
from wildrobot.robot import Robot
from wildrobot.task.view import RobotView


class TerminationConfig(Section):
    """When a robot counts as fallen."""

    min_base_height_m: Annotated[float, Field(ge=1e-3, le=100)]
    max_tilt_rad: Annotated[float, Field(ge=0.01, le=np.pi)]


def has_fallen(
    base_height_m: Float[Array, ""], gravity: Float[Array, " 3"], config: TerminationConfig
) -> Bool[Array, ""]:
    """Too low, or tilted too far: the gravity direction (0, 0, -1 when upright) leaves its cone."""
    return (base_height_m < config.min_base_height_m) | (-gravity[2] < jnp.cos(config.max_tilt_rad))


SOUND_LIMIT, SOUND_ANGLE_RAD = 1e4, 2 * np.pi
"""Divergence limits: of any sensor reading or speed (SI units), and of any joint angle; observations without a nearer
bound have this one."""


def is_sound(view: RobotView, robot: Robot) -> Bool[Array, ""]:
    """Whether the simulation has not diverged; NaN and infinity are within no limit."""
    measured = jnp.concatenate([view.qpos[2:3], view.qvel, view.sensordata])
    turned = view.qpos[robot.qpos_index]
    return (jnp.abs(measured) <= SOUND_LIMIT).all() & (jnp.abs(turned) <= SOUND_ANGLE_RAD).all()
