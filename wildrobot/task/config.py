"""Settings of the task."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, field_validator, model_validator

from wildrobot.config import Ordered, Seconds, SecondsRange, Section, Share
from wildrobot.task import entries, reward
from wildrobot.task.sensing import SensingConfig
from wildrobot.task.termination import TerminationConfig

if TYPE_CHECKING:
    RewardConfig = NoiseConfig = Section
else:
    RewardConfig, NoiseConfig = reward.config_class(), entries.noise_class()

Latency = Annotated[int, Field(ge=0, le=5)]
_Speed = Annotated[float, Field(ge=-100, le=100)]
_SpeedRange = Annotated[tuple[_Speed, _Speed], Ordered]


class ActionConfig(Section):
    """How an action becomes joint targets, and how many control steps later; each episode draws its latency."""

    scale_rad: dict[str, Annotated[float, Field(ge=1e-3, le=2 * math.pi)]]
    latency_steps: Annotated[tuple[Latency, Latency], Ordered]


class CommandConfig(Section):
    """What the robot is asked to do. The shares are of commands to stand, and with vx, vy or the yaw rate alone."""

    vx_m_per_s: _SpeedRange
    vy_m_per_s: _SpeedRange
    yaw_rate_rad_per_s: _SpeedRange
    standing_share: Share
    straight_share: Share
    sideways_share: Share = 0.0
    turning_share: Share = 0.0
    resample_s: SecondsRange
    heading_hold: bool
    heading_gain_per_s: Annotated[float, Field(ge=0, le=1000)]

    @model_validator(mode="after")
    def _shares_fit(self) -> CommandConfig:
        if self.standing_share + self.straight_share + self.sideways_share + self.turning_share > 1:
            raise ValueError("standing_share + straight_share + sideways_share + turning_share must not exceed 1")
        return self


class HistoryConfig(Section):
    """What the actor saw before: how many control steps, and which entries."""

    steps: Annotated[int, Field(ge=0, le=50)] = 0
    entries: tuple[str, ...] = ("gyro", "gravity", "last_action")

    @field_validator("entries")
    @classmethod
    def _are_known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(names) - set(entries.ACTOR)):
            raise ValueError(f"the actor sees no {', '.join(unknown)}; choose of: {', '.join(entries.ACTOR)}")
        return names


class ObservationConfig(Section):
    """Noise of the actor's entries, and its history."""

    noise: NoiseConfig
    history: HistoryConfig = HistoryConfig()


class GaitConfig(Section):
    """The rhythm that the feet are asked to follow while walking."""

    frequency_hz: Annotated[float, Field(ge=0.01, le=100)]
    swing_share: Annotated[float, Field(ge=0.01, le=0.99)]
    swing_height_m: Annotated[float, Field(ge=1e-3, le=10)]


class PushConfig(Section):
    """Kicks: sudden changes of the base's horizontal velocity.

    The largest grows from `start_share` of `velocity_m_per_s` at the start of an episode to all of it at the end.
    """

    interval_s: SecondsRange
    velocity_m_per_s: Annotated[float, Field(ge=0, le=100)]
    start_share: Share = 1.0


class TaskConfig(Section):
    """Walk on command."""

    episode_length_s: Seconds
    action: ActionConfig
    command: CommandConfig
    sensing: SensingConfig = SensingConfig()
    observation: ObservationConfig
    gait: GaitConfig
    velocity_filter_s: Annotated[float, Field(ge=0, le=1000)]
    reward: RewardConfig
    termination: TerminationConfig
    push: PushConfig
