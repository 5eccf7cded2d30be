"""What a gait asks of the servos."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from wildrobot.evaluation.measure.metrics.per_episode import mean_over_time, percentile_over_time, settled

SATURATED_SHARE = 0.95
"""A torque, or an action, above this share of its limit counts as saturated."""
SLOWEST_M_PER_S = 0.02
"""Slower looks like standing still: the cost of a transport that does not happen has no meaning."""


class Actuators(NamedTuple):
    """What each servo does over all samples of all episodes."""

    torque_mean_Nm: Float[np.ndarray, " joints"]
    torque_p95_Nm: Float[np.ndarray, " joints"]
    saturated_share: Float[np.ndarray, " joints"]
    speed_p95_rad_per_s: Float[np.ndarray, " joints"]
    overspeed_share: Float[np.ndarray, " joints"]


def torque_mean_Nm(
    torque_Nm: Float[np.ndarray, "T E joints"], alive: Bool[np.ndarray, "T E"]
) -> Float[np.ndarray, " E"]:
    """Mean |torque| [N m] over time and joints."""
    return mean_over_time(np.abs(torque_Nm).mean(axis=-1), alive)


def torque_p95_Nm(
    torque_Nm: Float[np.ndarray, "T E joints"], alive: Bool[np.ndarray, "T E"]
) -> Float[np.ndarray, " E"]:
    """95th percentile of |torque| [N m] over time and joints."""
    return percentile_over_time(np.abs(torque_Nm), alive, 95.0)


def torque_saturation(
    torque_Nm: Float[np.ndarray, "T E joints"],
    alive: Bool[np.ndarray, "T E"],
    limit_Nm: Float[np.ndarray, " joints"],
) -> Float[np.ndarray, " E"]:
    """Share of samples of all joints with |torque| > 95 % of the servo's limit."""
    return mean_over_time(_share_above(torque_Nm, SATURATED_SHARE * limit_Nm), alive)


def overspeed(
    joint_velocity_rad_per_s: Float[np.ndarray, "T E joints"], alive: Bool[np.ndarray, "T E"], no_load_rad_per_s: float
) -> Float[np.ndarray, " E"]:
    """Share of samples of all joints faster than the servo's no-load speed, which the real one cannot drive."""
    return mean_over_time(_share_above(joint_velocity_rad_per_s, no_load_rad_per_s), alive)


def action_saturation(
    action: Float[np.ndarray, "T E joints"], alive: Bool[np.ndarray, "T E"]
) -> Float[np.ndarray, " E"]:
    """Share of all actions with |action| > 0.95, where 1 is the limit. Sample 0 holds no action."""
    return mean_over_time(_share_above(action[1:], SATURATED_SHARE), alive[1:])


def cost_of_transport(
    torque_Nm: Float[np.ndarray, "T E joints"],
    joint_velocity_rad_per_s: Float[np.ndarray, "T E joints"],
    mean_velocity: Float[np.ndarray, "E 3"],
    command: Float[np.ndarray, " 3"],
    weight_N: float,
    alive: Bool[np.ndarray, "T E"],
    period_s: float,
) -> Float[np.ndarray, " E"]:
    """Mechanical cost of transport: mean of sum_j max(torque_j speed_j, 0) / (weight x |mean (vx, vy)|), after 2 s.

    The c_mt of Collins, Ruina, Tedrake and Wisse (2005), Science 307, 1082-1085: positive work alone, as no servo
    feeds energy back. NaN if the robot is told to stand or to turn on the spot, and below 0.02 m/s.
    """
    if not command[:2].any():
        return np.full(alive.shape[1], np.nan)
    power = np.maximum(torque_Nm * joint_velocity_rad_per_s, 0.0).sum(axis=-1)
    speed = np.hypot(mean_velocity[:, 0], mean_velocity[:, 1])
    moving = np.where(speed >= SLOWEST_M_PER_S, speed, np.nan)
    return mean_over_time(power, settled(alive, period_s)) / (weight_N * moving)


def actuators(
    torque_Nm: Float[np.ndarray, "T E joints"],
    joint_velocity_rad_per_s: Float[np.ndarray, "T E joints"],
    alive: Bool[np.ndarray, "T E"],
    limit_Nm: Float[np.ndarray, " joints"],
    no_load_rad_per_s: float,
) -> Actuators:
    """Mean and 95th percentile of |torque| [N m], 95th percentile of |speed| [rad/s], and shares above the limits."""
    torque, speed = np.abs(torque_Nm[alive]).T, np.abs(joint_velocity_rad_per_s[alive]).T
    return Actuators(
        torque_mean_Nm=torque.mean(axis=1, dtype=np.float64),
        torque_p95_Nm=np.percentile(torque, 95.0, axis=1),
        saturated_share=(torque > SATURATED_SHARE * limit_Nm[:, None]).mean(axis=1),
        speed_p95_rad_per_s=np.percentile(speed, 95.0, axis=1),
        overspeed_share=(speed > no_load_rad_per_s).mean(axis=1),
    )


def _share_above(
    values: Float[np.ndarray, "T E joints"], limit: float | Float[np.ndarray, " joints"]
) -> Float[np.ndarray, "T E"]:
    return (np.abs(values) > limit).mean(axis=-1)
