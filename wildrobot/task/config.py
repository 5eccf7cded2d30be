"""Settings of the task."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from wildrobot.config import NonNegative, Positive, PositiveRange, Range, Section, Share


class ActionConfig(Section):
    """How an action becomes joint targets."""

    scale_rad: dict[str, Positive]
    delay_steps: Annotated[int, Field(ge=0, le=3)]


class CommandConfig(Section):
    """What the robot is asked to do."""

    vx_m_per_s: Range
    vy_m_per_s: Range
    yaw_rate_rad_per_s: Range
    standing_share: Share
    straight_share: Share
    resample_s: PositiveRange
    heading_hold: bool
    heading_gain_per_s: NonNegative

    @model_validator(mode="after")
    def _shares_fit(self) -> CommandConfig:
        if self.standing_share + self.straight_share > 1:
            raise ValueError("standing_share + straight_share must not exceed 1")
        return self


class ObservationConfig(Section):
    """Sensor noise (uniform, half widths) and the errors that stay through an episode."""

    gyro_noise_rad_per_s: NonNegative
    gravity_noise: NonNegative
    joint_angle_noise_rad: NonNegative
    joint_velocity_noise_rad_per_s: NonNegative
    joint_zero_error_rad: NonNegative
    tilt_error_rad: NonNegative


class GaitConfig(Section):
    """The rhythm that the feet are asked to follow while walking."""

    frequency_hz: Positive
    swing_share: Annotated[float, Field(gt=0, lt=1)]
    swing_height_m: Positive


class RewardConfig(Section):
    """Weight of each term by name, and the widths of the terms that have one."""

    weights: dict[str, float]
    velocity_width_m_per_s: Positive
    yaw_rate_width_rad_per_s: Positive
    heading_width_rad: Positive
    foot_height_width_m: Positive
    least_foot_gap_m: Positive
    velocity_filter_s: NonNegative
    pose_weights: dict[str, NonNegative]


class TerminationConfig(Section):
    """When a robot counts as fallen."""

    min_base_height_m: Positive
    max_tilt_rad: Positive


class PushConfig(Section):
    """Kicks: sudden changes of the base's horizontal velocity."""

    interval_s: PositiveRange
    velocity_m_per_s: NonNegative


class TaskConfig(Section):
    """Walk on command."""

    episode_length_s: Positive
    action: ActionConfig
    command: CommandConfig
    observation: ObservationConfig
    gait: GaitConfig
    reward: RewardConfig
    termination: TerminationConfig
    push: PushConfig
