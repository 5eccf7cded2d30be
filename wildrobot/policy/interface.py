"""What a policy needs to be played: what it sees, what its actions mean, and the facts that its clock follows.

It is a part of the policy file, complete by itself: nothing here depends on rewards or on settings of a training.
Tuples per joint are in actuator order.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import model_validator

from wildrobot.config import Count, CountRange, NonNegative, NonNegativeInt, Ordered, Positive, Range, Strict
from wildrobot.task.observation import HISTORY


class History(Strict):
    """What of the past the policy sees in the entry `history`, newest first.

    At tick t it holds, for k = 1, ..., `steps`, the `entries` one after the other as they were observed at tick t - k;
    before the first tick, what was observed at the first tick. Without steps it has no entries.
    """

    steps: NonNegativeInt
    entries: tuple[str, ...]

    @model_validator(mode="after")
    def _is_consistent(self) -> History:
        if bool(self.steps) != bool(self.entries):
            raise ValueError(f"{self.steps} steps of {len(self.entries)} entries; give both or neither")
        return self

    def __str__(self) -> str:
        return f"{self.steps} steps of {', '.join(self.entries)}" if self.steps else "no history"


class ActionMapping(Strict):
    """How an action in [-1, 1] becomes joint targets [rad]: clip(home + scale * action, lower, upper).

    The targets take effect some control steps later; `latency_steps` is the range that the policy was trained with.
    """

    joint_names: tuple[str, ...]
    home_rad: tuple[float, ...]
    scale_rad: tuple[Positive, ...]
    lower_rad: tuple[float, ...]
    upper_rad: tuple[float, ...]
    latency_steps: Annotated[tuple[NonNegativeInt, NonNegativeInt], Ordered]
    control_period_s: Positive

    @model_validator(mode="after")
    def _is_consistent(self) -> ActionMapping:
        for name in ("home_rad", "scale_rad", "lower_rad", "upper_rad"):
            if len(getattr(self, name)) != len(self.joint_names):
                raise ValueError(f"{name} has {len(getattr(self, name))} values for {len(self.joint_names)} joints")
        return self


class CommandInterface(Strict):
    """The commands that the policy was trained on, and how the yaw rate that it sees follows from them.

    A command whose components are all below `standing_below` asks to stand. With heading hold, the yaw rate asked for
    is corrected by the gain times the heading error, by no more than the limit.
    """

    vx_m_per_s: Range
    vy_m_per_s: Range
    yaw_rate_rad_per_s: Range
    standing_below: Positive
    heading_hold: bool
    heading_gain_per_s: NonNegative
    heading_limit_rad_per_s: NonNegative


class GaitClock(Strict):
    """The clock of the gait that the policy sees."""

    frequency_hz: Positive


class Sensing(Strict):
    """How old joint readings were in training: each joint was read once in some control steps, and held in between."""

    joint_period_steps: tuple[CountRange, ...]


class Interface(Strict):
    """All that playing a policy takes, besides its network.

    Attributes:
      robot: name of the robot, or path of its description.
      robot_digest: SHA-256 of the robot's MJCF, `Robot.digest`.
      observation_layout: names and sizes of the actor's observation, in order.
    """

    robot: str
    robot_digest: str
    observation_layout: tuple[tuple[str, Count], ...]
    history: History
    action: ActionMapping
    command: CommandInterface
    gait_clock: GaitClock
    sensing: Sensing

    @property
    def observation_size(self) -> int:
        """Number of values in the observation."""
        return sum(size for _, size in self.observation_layout)

    @property
    def action_size(self) -> int:
        """Number of joints."""
        return len(self.action.joint_names)

    @model_validator(mode="after")
    def _is_consistent(self) -> Interface:
        sizes = dict(self.observation_layout)
        unknown = [name for name in self.history.entries if name not in sizes or name == HISTORY]
        if unknown:
            raise ValueError(f"history has entries that are not observed: {', '.join(unknown)}")
        expected = self.history.steps * sum(sizes[name] for name in self.history.entries)
        if sizes.get(HISTORY, 0) != expected:
            raise ValueError(
                f"{self.history} are {expected} values, but the observation has {sizes.get(HISTORY, 0)} for them"
            )
        periods = self.sensing.joint_period_steps
        if len(periods) != self.action_size:
            raise ValueError(f"joint_period_steps has {len(periods)} values for {self.action_size} joints")
        return self
