"""How long a robot stays up, and how well it goes where it is told."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Bool, Float

from wildrobot.evaluation.measure.metrics.per_episode import SETTLE_S, last_alive, mean_over_time, settled


def survival(alive: Bool[np.ndarray, "T E"]) -> Float[np.ndarray, " E"]:
    """1 for an episode that ends on its feet, 0 for one that fell."""
    return alive[-1].astype(np.float64)


def time_to_fall_s(alive: Bool[np.ndarray, "T E"], period_s: float) -> Float[np.ndarray, " E"]:
    """Time [s] of the fall; the length of the episode if there was none."""
    return np.minimum(alive.sum(axis=0), len(alive) - 1) * period_s


def path_from_start(
    position_m: Float[np.ndarray, "T E 2"], heading_rad: Float[np.ndarray, "T E"], command: Float[np.ndarray, " 3"]
) -> Float[np.ndarray, "T E 2"]:
    """Way [m] from the start: along the commanded direction, and to the left of it.

    Both axes stay as they were at the start: x is the first heading turned by atan2(vy, vx) of the command.
    """
    return _turned(position_m.astype(np.float64) - position_m[0], heading_rad[0] + math.atan2(command[1], command[0]))


def turned_rad(heading_rad: Float[np.ndarray, "T E"], alive: Bool[np.ndarray, "T E"]) -> Float[np.ndarray, "T E"]:
    """Angle [rad] turned since the start, to the left, without a limit: the heading is within +-pi, this counts turns.

    Between two samples the robot is taken to turn the shorter way. After a fall it stays as it was.
    """
    change = np.diff(np.where(alive, heading_rad, 0.0).astype(np.float64), axis=0, prepend=heading_rad[:1])
    return np.cumsum(np.where(alive, _wrapped(change), 0.0), axis=0)


def mean_velocity(
    position_m: Float[np.ndarray, "T E 2"],
    velocity_m_per_s: Float[np.ndarray, "T E 2"],
    heading_rad: Float[np.ndarray, "T E"],
    command: Float[np.ndarray, " 3"],
    alive: Bool[np.ndarray, "T E"],
    period_s: float,
    settle_s: float = SETTLE_S,
) -> Float[np.ndarray, "E 3"]:
    """Mean vx, vy [m/s] and yaw rate [rad/s] from `settle_s` to the end, with their signs.

    (vx, vy) = R(-heading at the start) (p_end - p_settle) / (t_end - t_settle): from the displacement, in the world
    frame of the start, so that neither swaying nor walking off askew counts as progress.
    Where a turn is commanded, the displacement goes in a circle and says nothing; there they are the mean of the
    velocity in the heading frame. The yaw rate is (angle turned) / time, of the unwrapped heading.
    """
    first, end = round(settle_s / period_s), last_alive(alive)
    episodes = np.arange(alive.shape[1])
    if first >= len(alive):
        return np.full((len(episodes), 3), np.nan)
    time = np.where(end > first, (end - first) * period_s, np.nan)
    if command[2] == 0.0:
        way = _turned(position_m[end, episodes].astype(np.float64) - position_m[first], heading_rad[0]) / time[:, None]
    else:
        counted = settled(alive, period_s, settle_s)
        way = np.stack([mean_over_time(velocity_m_per_s[..., axis], counted) for axis in (0, 1)], axis=-1)
    turned = turned_rad(heading_rad, alive)
    return np.column_stack([way, (turned[end, episodes] - turned[first]) / time])


def speed_along(mean_velocity: Float[np.ndarray, "E 3"], command: Float[np.ndarray, " 3"]) -> Float[np.ndarray, " E"]:
    """Mean speed [m/s] along the commanded direction: (vx, vy) . (command_x, command_y) / |command|.

    Forward, if no direction is commanded.
    """
    angle = math.atan2(command[1], command[0])
    return mean_velocity[:, 0] * math.cos(angle) + mean_velocity[:, 1] * math.sin(angle)


def ratio(achieved: Float[np.ndarray, " E"], commanded: float) -> Float[np.ndarray, " E"]:
    """Achieved / commanded: 1 is followed, below 0 is the wrong way. NaN if 0 is commanded."""
    return achieved / commanded if commanded else np.full_like(achieved, np.nan)


def lateral_drift_m(
    path_m: Float[np.ndarray, "T E 2"], alive: Bool[np.ndarray, "T E"], command: Float[np.ndarray, " 3"]
) -> Float[np.ndarray, " E"]:
    """Distance [m] at the end, to either side, from the path that the command asks for; `path_m` is from the start.

    The path is a line, |y|; under a yaw rate w a circle of radius r = v / w about the point r to the left,
    | hypot(x, y - r) - |r| |; and for v = 0 the starting point, hypot(x, y). A robot that is merely slow stays on its
    path: how far it came is the matter of the speed error.
    """
    x, y = path_m[last_alive(alive), np.arange(path_m.shape[1])].T
    speed = math.hypot(command[0], command[1])
    if speed and command[2] == 0.0:
        return np.abs(y)
    radius = speed / float(command[2]) if speed else 0.0
    return np.abs(np.hypot(x, y - radius) - abs(radius))


def heading_drift_rad(
    heading_rad: Float[np.ndarray, "T E"],
    alive: Bool[np.ndarray, "T E"],
    command: Float[np.ndarray, " 3"],
    period_s: float,
) -> Float[np.ndarray, " E"]:
    """|angle turned from the start to the end - commanded yaw rate x time| [rad], whole turns included."""
    end = last_alive(alive)
    turned = turned_rad(heading_rad, alive)[end, np.arange(heading_rad.shape[1])]
    return np.abs(turned - command[2] * period_s * end)


def _turned(way_m: Float[np.ndarray, "*T E 2"], angle_rad: Float[np.ndarray, " E"]) -> Float[np.ndarray, "*T E 2"]:
    """Vectors in axes that are turned by the angle to the left."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    return np.stack([c * way_m[..., 0] + s * way_m[..., 1], c * way_m[..., 1] - s * way_m[..., 0]], axis=-1)


def _wrapped(angle_rad: Float[np.ndarray, "T E"]) -> Float[np.ndarray, "T E"]:
    return (angle_rad + math.pi) % (2.0 * math.pi) - math.pi
