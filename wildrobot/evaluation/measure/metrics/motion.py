"""How smooth, upright and quiet a motion is."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from wildrobot.evaluation.measure.metrics.per_episode import mean_over_time, percentile_over_time, settled

JERK_DURATION_S = 1.0
"""The duration D of the dimensionless jerk, about one gait cycle."""


def action_rate(action: Float[np.ndarray, "T E joints"], alive: Bool[np.ndarray, "T E"]) -> Float[np.ndarray, " E"]:
    """Mean |a_k - a_(k-1)| per control step, over all joints. Sample 0 holds no action."""
    return mean_over_time(np.abs(action[2:] - action[1:-1]).mean(axis=-1), alive[2:])


def jerk(
    joint_velocity_rad_per_s: Float[np.ndarray, "T E joints"], alive: Bool[np.ndarray, "T E"], period_s: float
) -> Float[np.ndarray, " E"]:
    """Log dimensionless jerk of the joints: ln(D^4 mean(jerk^2) / mean(velocity^2)), over time and joints.

    Hogan and Sternad (2009), J. Motor Behav. 41, 529-534, divide the integral of jerk^2 over a movement of duration D
    by velocity^2 / D^3. Walking has no end, so D is 1 s, and both squares are means: episodes of any length compare.
    The jerk is the second difference of the velocity. A joint that swings with w [rad/s] has 4 ln(w D). NaN at rest.
    """
    velocity = joint_velocity_rad_per_s
    squared_jerk = (velocity[2:] - 2.0 * velocity[1:-1] + velocity[:-2]) ** 2
    jerks = mean_over_time(squared_jerk.mean(axis=-1), alive[2:]) / period_s**4
    speeds = mean_over_time((velocity[1:-1] ** 2).mean(axis=-1), alive[2:])
    moving = (jerks > 0.0) & (speeds > 0.0)
    ratio = np.divide(jerks, speeds, out=np.full_like(jerks, np.nan), where=moving)
    return np.log(ratio * JERK_DURATION_S**4)


def tilt_rad(gravity: Float[np.ndarray, "T E 3"], alive: Bool[np.ndarray, "T E"]) -> Float[np.ndarray, " E"]:
    """Mean angle [rad] of the base from upright."""
    return mean_over_time(_tilt_rad(gravity), alive)


def tilt_p95_rad(gravity: Float[np.ndarray, "T E 3"], alive: Bool[np.ndarray, "T E"]) -> Float[np.ndarray, " E"]:
    """95th percentile over time of the angle [rad] of the base from upright."""
    return percentile_over_time(_tilt_rad(gravity), alive, 95.0)


def horizontal_speed_m_per_s(
    velocity_m_per_s: Float[np.ndarray, "T E 2"], alive: Bool[np.ndarray, "T E"], period_s: float
) -> Float[np.ndarray, " E"]:
    """Mean of |v_xy| [m/s] of the base after 2 s: swaying on the spot counts, too."""
    return mean_over_time(np.hypot(velocity_m_per_s[..., 0], velocity_m_per_s[..., 1]), settled(alive, period_s))


def joint_speed_rad_per_s(
    joint_velocity_rad_per_s: Float[np.ndarray, "T E joints"], alive: Bool[np.ndarray, "T E"], period_s: float
) -> Float[np.ndarray, " E"]:
    """Mean |joint velocity| [rad/s] over joints, after 2 s: how quiet a standing robot is."""
    return mean_over_time(np.abs(joint_velocity_rad_per_s).mean(axis=-1), settled(alive, period_s))


def load_over_weight(
    load_N: Float[np.ndarray, "T E 2"], weight_N: float, alive: Bool[np.ndarray, "T E"], period_s: float
) -> Float[np.ndarray, " E"]:
    """Mean total foot load / body weight, after 2 s: 1, or the recording is wrong.

    By Newton's second law the mean of (load - weight) is mass x (vertical velocity gained) / time: near 0 for whoever
    neither jumps nor falls.
    """
    return mean_over_time(load_N.sum(axis=-1), settled(alive, period_s)) / weight_N


def _tilt_rad(gravity: Float[np.ndarray, "T E 3"]) -> Float[np.ndarray, "T E"]:
    """Angle of the direction of gravity from (0, 0, -1): atan2(|g_xy|, -g_z)."""
    return np.arctan2(np.hypot(gravity[..., 0], gravity[..., 1]), -gravity[..., 2])
