"""The section `sb3_ppo` of an experiment."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from wildrobot.config import Count, NonNegative, NonNegativeInt, Positive, Section, Share

_Layers = Annotated[tuple[Count, ...], Field(min_length=1)]


class Sb3Ppo(Section):
    """Settings of `stable_baselines3.PPO`, under its own names."""

    seed: NonNegativeInt = 0
    total_timesteps: Count = Field(default=8_000_000, description="environment steps")
    num_checkpoints: Count = Field(default=15, description="saved during training, evenly spaced")
    num_envs: Count = Field(default=512, description="robots in training")
    n_steps: Count = Field(default=20, description="control steps per robot and batch")
    batch_size: Annotated[int, Field(ge=2)] = Field(default=2560, description="samples per minibatch")
    n_epochs: Count = Field(default=4, description="passes over each batch")
    gamma: Annotated[float, Field(gt=0, le=1)] = 0.97
    gae_lambda: Share = 0.95
    clip_range: Positive = 0.2
    ent_coef: NonNegative = 0.0
    vf_coef: NonNegative = 0.5
    learning_rate: Annotated[float, Field(ge=1e-5, le=1e-2)] = Field(default=0.0003, description="the first one")
    learning_rate_schedule: Literal["NONE", "LINEAR", "ADAPTIVE_KL"] = Field(
        default="ADAPTIVE_KL", description="NONE | LINEAR (to 0) | ADAPTIVE_KL"
    )
    desired_kl: Positive = Field(
        default=0.02, description="[nat] that ADAPTIVE_KL aims for, in the last pass over a batch"
    )
    target_kl: Positive | None = Field(
        default=None, description="[nat] at 1.5 times this the passes over a batch stop early; null: never"
    )
    max_grad_norm: Positive = 1.0
    log_std_init: float = Field(default=-1.0, description="logarithm of the first standard deviation of the actions")
    observation_clip: Positive | None = Field(
        default=10.0, description="[-] bound of the normalised observations; null: none"
    )
    policy_hidden_layer_sizes: _Layers = (128, 128, 128)
    value_hidden_layer_sizes: _Layers = (128, 128, 128)
    activation: Literal["swish", "elu", "relu", "tanh"] = Field(default="elu", description="swish | elu | relu | tanh")

    @model_validator(mode="after")
    def _batch_fits(self) -> Sb3Ppo:
        if (self.n_steps * self.num_envs) % self.batch_size:
            raise ValueError(
                f"n_steps x num_envs = {self.n_steps * self.num_envs} must be a multiple of batch_size = "
                f"{self.batch_size}: a smaller last minibatch would weigh its samples more"
            )
        return self
