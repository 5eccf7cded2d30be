"""Everything that is measured, by name: what tables, gates and the report choose from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from wildrobot.errors import UsageError
from wildrobot.evaluation.measure import metrics
from wildrobot.evaluation.play.episodes import Episodes


@dataclass(frozen=True)
class Measure:
    """One number per episode, as it is told.

    Attributes:
      name: its key in the result document, in gates and in tables.
      label: for a table.
      unit: "" for a rate, a share or a ratio.
      kind: "rate" is 0 or 1 in each episode and has a Wilson interval; "share" lies between 0 and 1, "mean" anywhere,
        and both are averaged and bootstrapped.
      better: which way is better, None if neither is.
      description: its formula in words; the exact one and its source are with the function that computes it.
    """

    name: str
    label: str
    unit: str
    kind: Literal["rate", "share", "mean"]
    better: Literal["higher", "lower"] | None
    description: str


@dataclass(frozen=True)
class Figure(Measure):
    """A measure of any recording.

    Attributes:
      of: from a recording to float64, shape (E,), NaN where an episode has none.
    """

    of: Callable[[Episodes], Float[np.ndarray, " E"]]


def _velocity(e: Episodes) -> Float[np.ndarray, "E 3"]:
    return metrics.mean_velocity(
        e.position_m, e.velocity_m_per_s, e.heading_rad, e.command, e.alive, e.control_period_s
    )


def _speed(e: Episodes) -> Float[np.ndarray, " E"]:
    return metrics.speed_along(_velocity(e), e.command)


def _speed_error(e: Episodes) -> Float[np.ndarray, " E"]:
    return np.abs(_speed(e) - float(np.hypot(e.command[0], e.command[1])))


def _lateral_drift(e: Episodes) -> Float[np.ndarray, " E"]:
    path = metrics.path_from_start(e.position_m, e.heading_rad, e.command)
    return metrics.lateral_drift_m(path, e.alive, e.command)


def _component(axis: int, name: str, label: str, unit: str) -> tuple[Figure, Figure, Figure]:
    """Achieved, |error| and ratio of one component of the command."""
    words = f"mean {label} after 2 s in the frame of the start (in the heading frame if a turn is commanded)"
    if axis == 2:
        words = "angle turned after 2 s / time"
    suffix = unit.replace("/", "_per_")
    return (
        Figure(
            f"{name}_{suffix}", label, unit, "mean", None, f"{words}, with its sign",
            lambda e: _velocity(e)[:, axis],
        ),
        Figure(
            f"{name}_error_{suffix}", f"{label} error", unit, "mean", "lower", f"|{words} - commanded|",
            lambda e: np.abs(_velocity(e)[:, axis] - float(e.command[axis])),
        ),
        Figure(
            f"{name}_ratio", f"{label} / commanded", "", "mean", None, f"{words} / commanded; none if 0 is commanded",
            lambda e: metrics.ratio(_velocity(e)[:, axis], float(e.command[axis])),
        ),
    )  # fmt: skip


FIGURES: tuple[Figure, ...] = (
    Figure(
        "survival", "survival", "", "rate", "higher", "share of episodes that end on their feet",
        lambda e: metrics.survival(e.alive),
    ),
    Figure(
        "time_to_fall_s", "time to fall", "s", "mean", "higher", "time of the fall; the episode's length if none",
        lambda e: metrics.time_to_fall_s(e.alive, e.control_period_s),
    ),
    Figure(
        "speed_m_per_s", "speed", "m/s", "mean", None, "mean speed along the command after 2 s", _speed,
    ),
    Figure(
        "speed_error_m_per_s", "speed error", "m/s", "mean", "lower", "|speed along the command - commanded speed|",
        _speed_error,
    ),
    *_component(0, "vx", "vx", "m/s"),
    *_component(1, "vy", "vy", "m/s"),
    *_component(2, "yaw_rate", "yaw rate", "rad/s"),
    Figure(
        "horizontal_speed_m_per_s", "horizontal speed", "m/s", "mean", None, "mean |v_xy| of the base after 2 s",
        lambda e: metrics.horizontal_speed_m_per_s(e.velocity_m_per_s, e.alive, e.control_period_s),
    ),
    Figure(
        "lateral_drift_m", "lateral drift", "m", "mean", "lower",
        "distance at the end from the commanded line, circle (if a turn is commanded) or spot (if no speed is)",
        _lateral_drift,
    ),
    Figure(
        "heading_drift_rad", "heading drift", "rad", "mean", "lower",
        "|angle turned - commanded yaw rate x time| at the end",
        lambda e: metrics.heading_drift_rad(e.heading_rad, e.alive, e.command, e.control_period_s),
    ),
    Figure(
        "step_length_m", "step length", "m", "mean", None,
        "mean distance along the heading from foot to foot at landing",
        lambda e: metrics.step_length_m(
            e.foot_load_N, e.foot_position_m, e.heading_rad, e.alive, e.control_period_s
        ),
    ),
    Figure(
        "step_frequency_hz", "step frequency", "Hz", "mean", None, "touch-downs of both feet per second after 2 s",
        lambda e: metrics.step_frequency_hz(e.foot_load_N, e.alive, e.control_period_s),
    ),
    Figure(
        "duty_factor", "duty factor", "", "share", None, "share of time after 2 s that a foot is on the ground",
        lambda e: metrics.duty_factor(e.foot_load_N, e.alive, e.control_period_s),
    ),
    Figure(
        "double_support", "double support", "", "share", None,
        "share of time after 2 s that both feet are on the ground",
        lambda e: metrics.double_support(e.foot_load_N, e.alive, e.control_period_s),
    ),
    Figure(
        "asymmetry", "asymmetry", "", "mean", "lower",
        "|left - right| step time / their mean; 0 is symmetric, 2 the most",
        lambda e: metrics.asymmetry(e.foot_load_N, e.alive, e.control_period_s),
    ),
    Figure(
        "foot_clearance_m", "foot clearance", "m", "mean", "higher",
        "median over swings of the largest height of the sole's lowest corner",
        lambda e: metrics.foot_clearance_m(e.foot_load_N, e.foot_clearance_m, e.alive, e.control_period_s),
    ),
    Figure(
        "stance_slip_m_per_s", "stance slip", "m/s", "mean", "lower",
        "mean horizontal speed of the soles on the ground after 2 s",
        lambda e: metrics.stance_slip_m_per_s(e.foot_load_N, e.foot_velocity_m_per_s, e.alive, e.control_period_s),
    ),
    Figure(
        "torque_mean_Nm", "torque", "N m", "mean", "lower", "mean |torque| over joints",
        lambda e: metrics.torque_mean_Nm(e.torque_Nm, e.alive),
    ),
    Figure(
        "torque_p95_Nm", "torque 95 %", "N m", "mean", "lower", "95th percentile of |torque| over joints and time",
        lambda e: metrics.torque_p95_Nm(e.torque_Nm, e.alive),
    ),
    Figure(
        "torque_saturation", "torque saturation", "", "share", "lower",
        "share of joint samples with |torque| > 95 % of the limit",
        lambda e: metrics.torque_saturation(e.torque_Nm, e.alive, e.robot.torque_limit_Nm),
    ),
    Figure(
        "overspeed", "overspeed", "", "share", "lower", "share of joint samples above the servo's no-load speed",
        lambda e: metrics.overspeed(e.joint_velocity_rad_per_s, e.alive, e.robot.no_load_speed_rad_per_s),
    ),
    Figure(
        "action_saturation", "action saturation", "", "share", "lower", "share of actions with |action| > 0.95",
        lambda e: metrics.action_saturation(e.action, e.alive),
    ),
    Figure(
        "cost_of_transport", "cost of transport", "", "mean", "lower",
        "mean positive joint power after 2 s / (weight x mean speed); none if no speed is commanded or reached",
        lambda e: metrics.cost_of_transport(
            e.torque_Nm, e.joint_velocity_rad_per_s, _velocity(e), e.command, e.robot.weight_N, e.alive,
            e.control_period_s,
        ),
    ),
    Figure(
        "action_rate", "action rate", "", "mean", "lower", "mean |change of the action| per control step",
        lambda e: metrics.action_rate(e.action, e.alive),
    ),
    Figure(
        "jerk", "log jerk", "", "mean", "lower", "ln((1 s)^4 mean(jerk^2) / mean(velocity^2)) of the joints",
        lambda e: metrics.jerk(e.joint_velocity_rad_per_s, e.alive, e.control_period_s),
    ),
    Figure(
        "tilt_rad", "tilt", "rad", "mean", "lower", "mean angle of the base from upright",
        lambda e: metrics.tilt_rad(e.gravity, e.alive),
    ),
    Figure(
        "tilt_p95_rad", "tilt 95 %", "rad", "mean", "lower", "95th percentile over time of the angle from upright",
        lambda e: metrics.tilt_p95_rad(e.gravity, e.alive),
    ),
    Figure(
        "joint_speed_rad_per_s", "joint speed", "rad/s", "mean", None, "mean |joint velocity| after 2 s",
        lambda e: metrics.joint_speed_rad_per_s(e.joint_velocity_rad_per_s, e.alive, e.control_period_s),
    ),
    Figure(
        "load_over_weight", "load / weight", "", "mean", None,
        "mean total foot load after 2 s / body weight: 1, or the recording is wrong",
        lambda e: metrics.load_over_weight(e.foot_load_N, e.robot.weight_N, e.alive, e.control_period_s),
    ),
)  # fmt: skip

_BY_NAME = {entry.name: entry for entry in FIGURES}
FIGURE_NAMES = tuple(_BY_NAME)


def figure(name: str) -> Figure:
    """The figure of that name.

    Raises:
      UsageError: if there is none; the message lists the names.
    """
    if name not in _BY_NAME:
        raise UsageError(f"no figure is called {name!r}; choose one of: {', '.join(FIGURE_NAMES)}")
    return _BY_NAME[name]
