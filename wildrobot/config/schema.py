"""The schema of an experiment: every field, its type and its range. Units are in the names or comments.

A field has no default here: the files in `configs/` are complete, so that a file says everything.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
NonNegativeInt = Annotated[int, Field(ge=0)]


class Strict(BaseModel):
    """Immutable, and strict about keys and types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Section(Strict):
    """A part of the configuration; pairs of floats are ranges."""

    @model_validator(mode="after")
    def _ranges_are_ordered(self) -> Section:
        for name in type(self).model_fields:
            value = getattr(self, name)
            pair = isinstance(value, tuple) and len(value) == 2 and all(isinstance(bound, float) for bound in value)
            if pair and value[0] > value[1]:
                raise ValueError(f"{name}: the lower bound {value[0]} is above the upper bound {value[1]}")
        return self


Range = tuple[float, float]
PositiveRange = tuple[Positive, Positive]


class PhysicsConfig(Section):
    """The engine, and what one control step is."""

    engine: Literal["auto", "native", "mjx"]
    implementation: Literal["jax", "warp"]
    collision: Literal["feet", "full"]
    timestep_s: Annotated[float, Field(gt=0, le=0.01)]
    substeps: Count
    threads: Annotated[int, Field(ge=0)]

    @property
    def control_period_s(self) -> float:
        return self.substeps * self.timestep_s


class VariantsConfig(Section):
    """The bank of randomised robots."""

    count: Count
    seed: int
    friction: PositiveRange
    mass_scale: PositiveRange
    link_mass_scale: PositiveRange
    com_offset_m: Range
    gain_scale: PositiveRange
    frictionloss_scale: PositiveRange
    armature_scale: PositiveRange


class StartsConfig(Section):
    """The bank of start states."""

    count: Count
    seed: int
    joint_angle_rad: NonNegative
    tilt_rad: NonNegative
    base_velocity_m_per_s: NonNegative
    base_angular_velocity_rad_per_s: NonNegative
    joint_velocity_rad_per_s: NonNegative
    lean_rad: Range


class ReferenceStartsConfig(Section):
    """Start states on frames of reference motions, besides those at home."""

    share: Annotated[float, Field(ge=0, lt=1)]
    clips: tuple[str, ...]
    seed: int


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


class EnvConfig(Section):
    """All that the environment core needs: physics, robots, start states, task."""

    physics: PhysicsConfig
    variants: VariantsConfig
    starts: StartsConfig
    reference_starts: ReferenceStartsConfig
    task: TaskConfig

    @property
    def episode_steps(self) -> int:
        """Control steps of a full episode."""
        return round(self.task.episode_length_s / self.physics.control_period_s)


class BraxPpoConfig(Section):
    """Settings of `brax.training.agents.ppo.train`, under its own names."""

    seed: int
    num_timesteps: Count
    num_evals: Annotated[int, Field(ge=2)]
    run_evals: bool
    num_eval_envs: Count
    num_envs: Count
    action_repeat: Count
    unroll_length: Count
    batch_size: Count
    num_minibatches: Count
    num_updates_per_batch: Count
    discounting: Annotated[float, Field(gt=0, le=1)]
    gae_lambda: Share
    clipping_epsilon: Positive
    entropy_cost: NonNegative
    learning_rate: Positive
    learning_rate_schedule: Literal["NONE", "ADAPTIVE_KL"]
    desired_kl: Positive
    max_grad_norm: Positive
    reward_scaling: Positive
    normalize_observations: bool
    policy_hidden_layer_sizes: Annotated[tuple[Count, ...], Field(min_length=1)]
    value_hidden_layer_sizes: Annotated[tuple[Count, ...], Field(min_length=1)]
    activation: Literal["swish", "elu", "relu", "tanh"]
    stagger_episodes: bool

    @model_validator(mode="after")
    def _batch_fits(self) -> BraxPpoConfig:
        if (self.batch_size * self.num_minibatches) % self.num_envs:
            raise ValueError(
                f"batch_size x num_minibatches = {self.batch_size * self.num_minibatches} must be a multiple of "
                f"num_envs = {self.num_envs}: Brax collects whole unrolls of all robots"
            )
        return self


class AmpConfig(Section):
    """What pays for moving like reference motions, besides the task."""

    method: Literal["ADVERSARIAL", "IMITATION"]
    clips: Annotated[tuple[str, ...], Field(min_length=1)]
    task_weight: NonNegative
    style_weight: NonNegative
    style_rises_over_steps: NonNegativeInt
    command_tolerance_m_per_s: Positive
    loss: Literal["BCE", "LEAST_SQUARES"]
    reward: Literal["STANDARDIZED", "BOUNDED"]
    hidden_layer_sizes: Annotated[tuple[Count, ...], Field(min_length=1)]
    learning_rate: Positive
    batch_size: Annotated[int, Field(ge=2)]
    updates_per_batch: Count
    gradient_penalty: NonNegative
    logit_regularization: NonNegative
    replay_size: Count


class Sb3PpoConfig(Section):
    """Settings of `stable_baselines3.PPO`, under its own names."""

    seed: NonNegativeInt
    total_timesteps: Count
    num_checkpoints: Count
    num_envs: Count
    n_steps: Count
    batch_size: Annotated[int, Field(ge=2)]
    n_epochs: Count
    gamma: Annotated[float, Field(gt=0, le=1)]
    gae_lambda: Share
    clip_range: Positive
    ent_coef: NonNegative
    vf_coef: NonNegative
    learning_rate: Annotated[float, Field(ge=1e-5, le=1e-2)]
    learning_rate_schedule: Literal["NONE", "LINEAR", "ADAPTIVE_KL"]
    desired_kl: Positive
    target_kl: Positive | None
    max_grad_norm: Positive
    log_std_init: float
    observation_clip: Positive | None
    policy_hidden_layer_sizes: Annotated[tuple[Count, ...], Field(min_length=1)]
    value_hidden_layer_sizes: Annotated[tuple[Count, ...], Field(min_length=1)]
    activation: Literal["swish", "elu", "relu", "tanh"]

    @model_validator(mode="after")
    def _batch_fits(self) -> Sb3PpoConfig:
        if (self.n_steps * self.num_envs) % self.batch_size:
            raise ValueError(
                f"n_steps x num_envs = {self.n_steps * self.num_envs} must be a multiple of batch_size = "
                f"{self.batch_size}: a smaller last minibatch would weigh its samples more"
            )
        return self


class Experiment(Section):
    """One file in `configs/`."""

    env: EnvConfig
    brax_ppo: BraxPpoConfig
    amp: AmpConfig
    sb3_ppo: Sb3PpoConfig
