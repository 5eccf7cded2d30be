"""How long a robot stays up, and how well it follows its command."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

from wildrobot.evaluation.measure.metrics.per_episode import SETTLE_S, last_alive, mean_over_time, settled
from wildrobot.evaluation.measure.metrics.registry import PerEpisode, metric
from wildrobot.evaluation.play.episodes import Episodes


@metric("survival", kind="rate", better="higher")
def survival(e: Episodes) -> PerEpisode:
    """1 for an episode that ends on its feet, 0 for one that fell."""
    return e.alive[-1].astype(np.float64)


@metric("time to fall", unit="s", better="higher")
def time_to_fall_s(e: Episodes) -> PerEpisode:
    """Time of the fall; the length of the episode if there was none."""
    return np.minimum(e.alive.sum(axis=0), len(e.alive) - 1) * e.control_period_s


@metric("speed", unit="m/s")
def speed_m_per_s(e: Episodes) -> PerEpisode:
    """Mean speed along the commanded direction after 2 s; forward, if no direction is commanded.

    (vx, vy) . (command_x, command_y) / |command|
    """
    velocity, angle = mean_velocity(e), math.atan2(e.command[1], e.command[0])
    return velocity[:, 0] * math.cos(angle) + velocity[:, 1] * math.sin(angle)


@metric("speed error", unit="m/s", better="lower")
def speed_error_m_per_s(e: Episodes) -> PerEpisode:
    """|speed along the command - commanded speed|."""
    return np.abs(speed_m_per_s(e) - float(np.hypot(e.command[0], e.command[1])))


def _register_component(axis: int, name: str, label: str, unit: str, achieved: str) -> None:
    """Registers the value, the error and the ratio of one component of the command."""
    suffix = unit.replace("/", "_per_")

    @metric(label, unit=unit, name=f"{name}_{suffix}", description=f"{achieved}, with its sign")
    def value(e: Episodes) -> PerEpisode:
        return mean_velocity(e)[:, axis]

    @metric(
        f"{label} error", unit=unit, better="lower", name=f"{name}_error_{suffix}",
        description=f"|{achieved} - commanded|",
    )  # fmt: skip
    def error(e: Episodes) -> PerEpisode:
        return np.abs(mean_velocity(e)[:, axis] - float(e.command[axis]))

    @metric(
        f"{label} / commanded", name=f"{name}_ratio",
        description=f"{achieved} / commanded: 1 is followed, below 0 is the wrong way; none if 0 is commanded",
    )  # fmt: skip
    def ratio(e: Episodes) -> PerEpisode:
        commanded = float(e.command[axis])
        return mean_velocity(e)[:, axis] / commanded if commanded else np.full(e.alive.shape[1], np.nan)


_FRAME = "after 2 s in the frame of the start (in the heading frame if a turn is commanded)"
_register_component(0, "vx", "vx", "m/s", f"mean vx {_FRAME}")
_register_component(1, "vy", "vy", "m/s", f"mean vy {_FRAME}")
_register_component(2, "yaw_rate", "yaw rate", "rad/s", "angle turned after 2 s / time")


@metric("horizontal speed", unit="m/s")
def horizontal_speed_m_per_s(e: Episodes) -> PerEpisode:
    """Mean of |v_xy| of the base after 2 s: swaying on the spot counts, too."""
    return mean_over_time(np.hypot(e.velocity_m_per_s[..., 0], e.velocity_m_per_s[..., 1]), settled(e))


@metric("lateral drift", unit="m", better="lower")
def lateral_drift_m(e: Episodes) -> PerEpisode:
    """Distance at the end from the commanded line, circle (if a turn is commanded) or spot (if no speed is).

    In the frame of `path_from_start`, the path is a line, |y|; under a yaw rate w a circle of radius r = v / w about
    the point r to the left, | hypot(x, y - r) - |r| |; and for v = 0 the starting point, hypot(x, y). A robot that is
    merely slow stays on its path: the speed error says how far it came.
    """
    x, y = path_from_start(e)[last_alive(e), np.arange(e.alive.shape[1])].T
    speed = math.hypot(e.command[0], e.command[1])
    if speed and e.command[2] == 0.0:
        return np.abs(y)
    radius = speed / float(e.command[2]) if speed else 0.0
    return np.abs(np.hypot(x, y - radius) - abs(radius))


@metric("heading drift", unit="rad", better="lower")
def heading_drift_rad(e: Episodes) -> PerEpisode:
    """|angle turned from the start to the end - commanded yaw rate x time|, whole turns included."""
    end = last_alive(e)
    turned = turned_rad(e)[end, np.arange(e.alive.shape[1])]
    return np.abs(turned - e.command[2] * e.control_period_s * end)


def path_from_start(e: Episodes) -> Float[np.ndarray, "T E 2"]:
    """Displacement [m] from the start: along the commanded direction, and to the left of it.

    Both axes stay as they were at the start: x is the first heading turned by atan2(vy, vx) of the command.
    """
    direction = e.heading_rad[0] + math.atan2(e.command[1], e.command[0])
    return _rotated(e.position_m.astype(np.float64) - e.position_m[0], direction)


def turned_rad(e: Episodes) -> Float[np.ndarray, "T E"]:
    """Angle [rad] turned to the left since the start, whole turns included.

    Between two samples the robot is taken to turn the shorter way. After a fall the angle stays as it was.
    """
    heading = np.where(e.alive, e.heading_rad, 0.0).astype(np.float64)
    change = np.diff(heading, axis=0, prepend=e.heading_rad[:1])
    return np.cumsum(np.where(e.alive, _wrapped(change), 0.0), axis=0)


def mean_velocity(e: Episodes) -> Float[np.ndarray, "E 3"]:
    """Mean vx, vy [m/s] and yaw rate [rad/s] from 2 s to the end, with their signs.

    (vx, vy) = R(-heading at the start) (p_end - p_settle) / (t_end - t_settle): from the displacement, in the world
    frame of the start, so that neither swaying nor walking off askew counts as progress.
    Where a turn is commanded, the displacement goes in a circle and says nothing; there they are the mean of the
    velocity in the heading frame. The yaw rate is (angle turned) / time, of the unwrapped heading.
    """
    first, end, episodes = round(SETTLE_S / e.control_period_s), last_alive(e), np.arange(e.alive.shape[1])
    if first >= len(e.alive):
        return np.full((len(episodes), 3), np.nan)
    time = np.where(end > first, (end - first) * e.control_period_s, np.nan)
    if e.command[2] == 0.0:
        moved = e.position_m[end, episodes].astype(np.float64) - e.position_m[first]
        velocity = _rotated(moved, e.heading_rad[0]) / time[:, None]
    else:
        counted = settled(e)
        velocity = np.stack([mean_over_time(e.velocity_m_per_s[..., axis], counted) for axis in (0, 1)], axis=-1)
    turned = turned_rad(e)
    return np.column_stack([velocity, (turned[end, episodes] - turned[first]) / time])


def _rotated(vector_m: Float[np.ndarray, "*T E 2"], angle_rad: Float[np.ndarray, " E"]) -> Float[np.ndarray, "*T E 2"]:
    """Vectors in axes that are turned by the angle to the left."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    return np.stack([c * vector_m[..., 0] + s * vector_m[..., 1], c * vector_m[..., 1] - s * vector_m[..., 0]], axis=-1)


def _wrapped(angle_rad: Float[np.ndarray, "T E"]) -> Float[np.ndarray, "T E"]:
    return (angle_rad + math.pi) % (2.0 * math.pi) - math.pi
