"""How smooth, upright and quiet a motion is."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from wildrobot.evaluation.measure.metrics.per_episode import mean_over_time, percentile_over_time, settled
from wildrobot.evaluation.measure.metrics.registry import PerEpisode, metric
from wildrobot.evaluation.play.episodes import Episodes

JERK_DURATION_S = 1.0
"""The duration D of the dimensionless jerk, about one gait cycle."""


@metric("action rate", better="lower")
def action_rate(e: Episodes) -> PerEpisode:
    """Mean |change of the action| per control step, over all joints."""
    # Sample 0 holds no action.
    return mean_over_time(np.abs(e.action[2:] - e.action[1:-1]).mean(axis=-1), e.alive[2:])


@metric("log jerk", better="lower")
def jerk(e: Episodes) -> PerEpisode:
    """ln((1 s)^4 mean(jerk^2) / mean(velocity^2)) of the joints.

    The log dimensionless jerk: Hogan and Sternad (2009), J. Motor Behav. 41, 529-534, divide the integral of jerk^2
    over a movement of duration D by velocity^2 / D^3. Walking has no end, so D is 1 s, and both squares are means:
    episodes of any length compare. The jerk is the second difference of the velocity. A joint that swings with w
    [rad/s] has 4 ln(w D). NaN at rest.
    """
    velocity = e.joint_velocity_rad_per_s
    squared_jerk = (velocity[2:] - 2.0 * velocity[1:-1] + velocity[:-2]) ** 2
    jerks = mean_over_time(squared_jerk.mean(axis=-1), e.alive[2:]) / e.control_period_s**4
    speeds = mean_over_time((velocity[1:-1] ** 2).mean(axis=-1), e.alive[2:])
    moving = (jerks > 0.0) & (speeds > 0.0)
    ratio = np.divide(jerks, speeds, out=np.full_like(jerks, np.nan), where=moving)
    return np.log(ratio * JERK_DURATION_S**4)


@metric("tilt", unit="rad", better="lower")
def tilt_rad(e: Episodes) -> PerEpisode:
    """Mean angle of the base from upright."""
    return mean_over_time(_tilt_rad(e), e.alive)


@metric("tilt 95 %", unit="rad", better="lower")
def tilt_p95_rad(e: Episodes) -> PerEpisode:
    """95th percentile over time of the angle of the base from upright."""
    return percentile_over_time(_tilt_rad(e), e, 95.0)


@metric("joint speed", unit="rad/s")
def joint_speed_rad_per_s(e: Episodes) -> PerEpisode:
    """Mean |joint velocity| after 2 s: how quiet a standing robot is."""
    return mean_over_time(np.abs(e.joint_velocity_rad_per_s).mean(axis=-1), settled(e))


@metric("load / weight")
def load_over_weight(e: Episodes) -> PerEpisode:
    """Mean total foot load after 2 s / body weight: 1, or the recording is wrong.

    By Newton's second law the mean of (load - weight) is mass x (vertical velocity gained) / time: near 0 for a robot
    that neither jumps nor falls.
    """
    return mean_over_time(e.foot_load_N.sum(axis=-1), settled(e)) / e.robot.weight_N


def _tilt_rad(e: Episodes) -> Float[np.ndarray, "T E"]:
    """Angle of the direction of gravity from (0, 0, -1): atan2(|g_xy|, -g_z)."""
    return np.arctan2(np.hypot(e.gravity[..., 0], e.gravity[..., 1]), -e.gravity[..., 2])
