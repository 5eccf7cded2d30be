"""What a person sets while the robot walks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from wildrobot.errors import UsageError
from wildrobot.policy.interface import CommandInterface

Command = tuple[float, float, float]
"""vx forward [m/s], vy to the left [m/s], yaw rate counter-clockwise [rad/s], in the heading frame."""

LONGEST_PERIOD_STEPS, LARGEST_PLAY_RAD, LONGEST_LATENCY_STEPS = 25, 0.15, 5
SLOWEST, FASTEST = 0.05, 2.0
"""Range of the simulation's speed, as multiples of real time."""


@dataclass(frozen=True)
class Controls:
    """The state of all controls.

    Attributes:
      command: what the robot is asked to do.
      policy: its place among the policies that are played.
      robot: the robot's place among `bank.ROBOTS`.
      tilt_deg: of the floor, down ahead and down to the left; the nearest of `bank.TILTS_DEG` is taken.
      period_steps: control steps between two readings of a joint, by group of joints; 1 for a group that is not named.
      play_rad: of every gear, from end to end.
      latency_steps: control steps until a target reaches the servos.
      speed: of the simulation, 1 for real time.
      paused: whether time stands still.
      gets_up: whether a robot that has fallen starts again by itself.
    """

    command: Command = (0.0, 0.0, 0.0)
    policy: int = 0
    robot: int = 0
    tilt_deg: tuple[float, float] = (0.0, 0.0)
    period_steps: Mapping[str, int] = field(default_factory=dict)
    play_rad: float = 0.0
    latency_steps: int = 1
    speed: float = 1.0
    paused: bool = False
    gets_up: bool = True

    def __post_init__(self) -> None:
        values = [*self.command, *self.tilt_deg, self.play_rad, self.speed]
        if not all(math.isfinite(value) for value in values):
            raise UsageError(f"a control is not finite: {self}")
        limits = {
            "play_rad": (self.play_rad, 0.0, LARGEST_PLAY_RAD),
            "latency_steps": (self.latency_steps, 0, LONGEST_LATENCY_STEPS),
            "speed": (self.speed, SLOWEST, FASTEST),
        } | {f"period_steps.{group}": (steps, 1, LONGEST_PERIOD_STEPS) for group, steps in self.period_steps.items()}
        for name, (value, low, high) in limits.items():
            if not low <= value <= high:
                raise UsageError(f"{name} must be from {low:g} to {high:g}, not {value:g}")


def within(command: Command, ranges: CommandInterface) -> Command:
    """The command that is nearest to the one that is asked for among those that a policy was trained on."""
    low, high = np.array([ranges.vx_m_per_s, ranges.vy_m_per_s, ranges.yaw_rate_rad_per_s]).T
    vx, vy, yaw_rate = np.clip(command, np.minimum(low, 0.0), np.maximum(high, 0.0)).tolist()
    return vx, vy, yaw_rate


def from_stick(forward: float, left: float, turn_left: float, ranges: CommandInterface) -> Command:
    """The command of a stick, whose axes are in [-1, 1]: its end is the end of the policy's range on that side."""

    def scaled(axis: float, bounds: tuple[float, float]) -> float:
        return axis * max(bounds[1], 0.0) if axis >= 0.0 else -axis * min(bounds[0], 0.0)

    axes = [min(max(axis, -1.0), 1.0) for axis in (forward, left, turn_left)]
    bounds = (ranges.vx_m_per_s, ranges.vy_m_per_s, ranges.yaw_rate_rad_per_s)
    vx, vy, yaw_rate = (scaled(axis, each) for axis, each in zip(axes, bounds, strict=True))
    return vx, vy, yaw_rate
