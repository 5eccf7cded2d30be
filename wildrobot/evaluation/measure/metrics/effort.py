"""What a gait asks of the servos."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from wildrobot.evaluation.measure.metrics.per_episode import mean_over_time, percentile_over_time, settled
from wildrobot.evaluation.measure.metrics.registry import PerEpisode, metric
from wildrobot.evaluation.measure.metrics.tracking import mean_velocity
from wildrobot.evaluation.play.episodes import Episodes

SATURATED = 0.95
"""A torque, or an action, above this fraction of its limit counts as saturated."""
SLOWEST_M_PER_S = 0.02
"""Slower looks like standing still, where a cost of transport has no meaning."""


@metric("torque", unit="N m", better="lower")
def torque_mean_Nm(e: Episodes) -> PerEpisode:
    """Mean |torque| over time and joints."""
    return mean_over_time(np.abs(e.torque_Nm).mean(axis=-1), e.alive)


@metric("torque 95 %", unit="N m", better="lower")
def torque_p95_Nm(e: Episodes) -> PerEpisode:
    """95th percentile of |torque| over time and joints."""
    return percentile_over_time(np.abs(e.torque_Nm), e, 95.0)


@metric("torque saturation", kind="fraction", better="lower")
def torque_saturation(e: Episodes) -> PerEpisode:
    """Fraction of joint samples with |torque| > 95 % of the limit."""
    return mean_over_time(_fraction_above(e.torque_Nm, SATURATED * e.robot.torque_limit_Nm), e.alive)


@metric("overspeed", kind="fraction", better="lower")
def overspeed(e: Episodes) -> PerEpisode:
    """Fraction of joint samples above the servo's no-load speed, which the real one cannot drive."""
    return mean_over_time(_fraction_above(e.joint_velocity_rad_per_s, e.robot.no_load_speed_rad_per_s), e.alive)


@metric("action saturation", kind="fraction", better="lower")
def action_saturation(e: Episodes) -> PerEpisode:
    """Fraction of actions with |action| > 0.95, where 1 is the limit."""
    # Sample 0 holds no action.
    return mean_over_time(_fraction_above(e.action[1:], SATURATED), e.alive[1:])


@metric("cost of transport", better="lower")
def cost_of_transport(e: Episodes) -> PerEpisode:
    """Mean positive joint power after 2 s / (weight x mean speed); none if no speed is commanded or reached.

    mean of sum_j max(torque_j speed_j, 0) / (weight x |mean (vx, vy)|): the mechanical cost of transport c_mt of
    Collins, Ruina, Tedrake and Wisse (2005), Science 307, 1082-1085: positive work alone, as no servo feeds energy
    back. NaN if the robot is told to stand or to turn on the spot, and below 0.02 m/s.
    """
    if not e.command[:2].any():
        return np.full(e.alive.shape[1], np.nan)
    power = np.maximum(e.torque_Nm * e.joint_velocity_rad_per_s, 0.0).sum(axis=-1)
    velocity = mean_velocity(e)
    speed = np.hypot(velocity[:, 0], velocity[:, 1])
    moving = np.where(speed >= SLOWEST_M_PER_S, speed, np.nan)
    return mean_over_time(power, settled(e)) / (e.robot.weight_N * moving)


def _fraction_above(
    values: Float[np.ndarray, "T E joints"], limit: float | Float[np.ndarray, " joints"]
) -> Float[np.ndarray, "T E"]:
    return (np.abs(values) > limit).mean(axis=-1)
