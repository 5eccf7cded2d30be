"""What the robot is asked to do: a velocity in the heading frame and a yaw rate.

Randomness is passed in, as numbers uniform in [0, 1); see `wildrobot.draws`.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from wildrobot.task import frames
from wildrobot.task.config import CommandConfig

Scalar = float | Float[Array, "*n"]

STANDING_BELOW = 0.02
"""A command whose components [m/s, m/s, rad/s] are all below this asks the robot to stand still."""


DRAWS = 4
"""Uniform numbers that `sample` takes."""


def sample(draws: Float[Array, " 4"], config: CommandConfig) -> Float[Array, " 3"]:
    """A command (vx, vy, yaw rate): standing, with vx, vy or the yaw rate alone, or anything in the ranges.

    Args:
      draws: uniform in [0, 1): which of the five, then where in each range.
      config: shares and ranges.
    """
    ranges = jnp.array([config.vx_m_per_s, config.vy_m_per_s, config.yaw_rate_rad_per_s])
    anything = within(draws[1:], ranges[:, 0], ranges[:, 1])
    shares = [config.standing_share, config.straight_share, config.sideways_share, config.turning_share]
    kind = jnp.sum(draws[0] >= np.cumsum(shares))
    asked = jnp.concatenate([jnp.zeros((1, 3), bool), jnp.eye(3, dtype=bool), jnp.ones((1, 3), bool)])
    return jnp.where(asked[kind], anything, 0.0)


def within(draw: Float[Array, "*n"], lower: Scalar, upper: Scalar) -> Float[Array, "*n"]:
    """A number uniform in [0, 1) carried over to [lower, upper)."""
    return lower + draw * (upper - lower)


def is_standing(command: Float[Array, " 3"]) -> Bool[Array, ""]:
    """Whether the command asks the robot to stand still."""
    return jnp.all(jnp.abs(command) < STANDING_BELOW)


def steps_until(draw: Float[Array, ""], interval_s: tuple[float, float], control_period_s: float) -> Int[Array, ""]:
    """Control steps, at least one, until an interval [s] has passed; the draw says where in its range it lies."""
    seconds = within(draw, *interval_s)
    return jnp.maximum(1, jnp.round(seconds / control_period_s)).astype(jnp.int32)


def held_yaw_rate(
    command: Float[Array, " 3"], heading_error_rad: Float[Array, ""], config: CommandConfig
) -> Float[Array, ""]:
    """The yaw rate [rad/s] asked for now.

    With heading hold, the commanded rate plus the gain times the error between the heading that the
    commanded rates would have led to and the IMU's; the correction is at most the range of yaw rates.
    """
    if not config.heading_hold:
        return command[2]
    limit = max(abs(bound) for bound in config.yaw_rate_rad_per_s)
    correction = jnp.clip(config.heading_gain_per_s * heading_error_rad, -limit, limit)
    return jnp.where(is_standing(command), 0.0, command[2] + correction)


def held(
    command: Float[Array, " 3"],
    heading_goal_rad: Float[Array, ""],
    heading_rad: Float[Array, ""],
    config: CommandConfig,
) -> Float[Array, " 3"]:
    """The command as it is seen and tracked: with the yaw rate that heading hold asks for at this heading."""
    error_rad = frames.wrapped_rad(heading_goal_rad - heading_rad)
    return command.at[2].set(held_yaw_rate(command, error_rad, config))


def bounds(config: CommandConfig) -> Float[np.ndarray, "2 3"]:
    """The least and the greatest command that a robot may be asked for, heading hold included."""
    ranges = np.array([config.vx_m_per_s, config.vy_m_per_s, config.yaw_rate_rad_per_s])
    low_high = np.stack([np.minimum(ranges[:, 0], 0.0), np.maximum(ranges[:, 1], 0.0)])
    if config.heading_hold:  # corrects by no more than the widest yaw rate
        low_high[:, 2] += np.array([-1.0, 1.0]) * np.abs(ranges[2]).max()
    return low_high
