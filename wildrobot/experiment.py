"""An experiment: one file in `configs/`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from wildrobot.config import Count, NonNegative, NonNegativeInt, Positive, Section, Share
from wildrobot.config.load import load
from wildrobot.physics.config import PhysicsConfig, VariantsConfig
from wildrobot.resets.config import ReferenceStartsConfig, StartsConfig
from wildrobot.task.config import TaskConfig


class EnvConfig(Section):
    """All that the environment core needs: the robot by its name or the path of its description, physics, task, ...

    Paths are relative to the working directory.
    """

    robot: str = "wildrobot"
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


def load_experiment(name_or_path: str | Path, overrides: Sequence[str] = ()) -> Experiment:
    """Reads an experiment.

    Args:
      name_or_path: the name of a file that comes with the package (`walk`), or the path of a YAML file.
      overrides: `dotted.path=value`, the value in YAML.

    Raises:
      ConfigError: for a file that cannot be read, or a field that is unknown, missing, of the wrong type or out
        of range.
    """
    return load(Experiment, name_or_path, overrides)
