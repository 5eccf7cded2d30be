"""The section `sb3_ppo` of an experiment."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from wildrobot.config import Layers, NonNegative, Positive, Robots, Section, Seed, Share, SmallCount, Steps


class Sb3Ppo(Section):
    """Settings of `stable_baselines3.PPO`, under its own names."""

    seed: Seed = 0
    total_timesteps: Steps = Field(default=8_000_000, description="environment steps")
    num_checkpoints: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=15, description="saved during training, evenly spaced"
    )
    num_envs: Robots = Field(default=512, description="robots in training")
    n_steps: Annotated[int, Field(ge=1, le=10_000)] = Field(default=20, description="control steps per robot and batch")
    batch_size: Annotated[int, Field(ge=2, le=2**28)] = Field(default=2560, description="samples per minibatch")
    n_epochs: SmallCount = Field(default=4, description="passes over each batch")
    gamma: Annotated[float, Field(ge=0.01, le=1)] = 0.97
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
    log_std_init: Annotated[float, Field(ge=-10, le=5)] = Field(
        default=-1.0, description="logarithm of the first standard deviation of the actions"
    )
    observation_clip: Positive | None = Field(
        default=10.0, description="[-] bound of the normalised observations; null: none"
    )
    policy_hidden_layer_sizes: Layers = (128, 128, 128)
    value_hidden_layer_sizes: Layers = (128, 128, 128)
    activation: Literal["swish", "elu", "relu", "tanh"] = Field(default="elu", description="swish | elu | relu | tanh")

    @model_validator(mode="after")
    def _batch_fits(self) -> Sb3Ppo:
        if (self.n_steps * self.num_envs) % self.batch_size:
            raise ValueError(
                f"n_steps x num_envs = {self.n_steps * self.num_envs} must be a multiple of batch_size = "
                f"{self.batch_size}: a smaller last minibatch would weigh its samples more"
            )
        if self.n_steps * self.num_envs > 2**28:
            raise ValueError(
                f"n_steps x num_envs = {self.n_steps * self.num_envs} samples are more than the 2^28 that fit any "
                "memory; make one of them smaller"
            )
        return self
