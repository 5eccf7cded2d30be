"""The section `rsl_rl_ppo` of an experiment."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from wildrobot.config import Count, Layers, NonNegative, Positive, Robots, Section, Seed, Share, SmallCount


class RslRlPpo(Section):
    """Settings of RSL-RL's `OnPolicyRunner` and `PPO`, under its own names; `actor_` and `critic_` are models."""

    seed: Seed = 0
    max_iterations: Count = Field(default=800, description="updates, of num_envs x num_steps_per_env steps each")
    save_interval: Count = Field(default=50, description="updates between checkpoints")
    num_envs: Robots = Field(default=512, description="robots in training")
    num_steps_per_env: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=20, description="control steps per robot and batch"
    )
    num_learning_epochs: SmallCount = Field(default=4, description="passes over each batch")
    num_mini_batches: Count = Field(default=4, description="of each pass")
    gamma: Annotated[float, Field(ge=0.01, le=1)] = 0.97
    lam: Share = Field(default=0.95, description="[-] of generalised advantage estimation")
    clip_param: Positive = 0.2
    entropy_coef: NonNegative = 0.0
    value_loss_coef: NonNegative = 1.0
    use_clipped_value_loss: bool = True
    learning_rate: Annotated[float, Field(ge=1e-5, le=1e-2)] = Field(default=0.0003, description="the first one")
    schedule: Literal["fixed", "adaptive"] = Field(default="adaptive", description="fixed | adaptive (by desired_kl)")
    desired_kl: Positive = Field(default=0.01, description="[nat] that adaptive aims for, in each minibatch")
    max_grad_norm: Positive = 1.0
    normalize_advantage_per_mini_batch: bool = False
    init_std: Annotated[float, Field(ge=1e-4, le=100)] = Field(
        default=0.4, description="first standard deviation of the actions"
    )
    std_type: Literal["scalar", "log"] = Field(default="log", description="scalar | log: how it is a parameter")
    actor_hidden_dims: Layers = (128, 128, 128)
    critic_hidden_dims: Layers = (128, 128, 128)
    activation: Literal["swish", "elu", "relu", "tanh"] = Field(default="elu", description="swish | elu | relu | tanh")

    @property
    def steps_per_iteration(self) -> int:
        """Environment steps of an update."""
        return self.num_envs * self.num_steps_per_env

    @model_validator(mode="after")
    def _batch_fits(self) -> RslRlPpo:
        if self.steps_per_iteration % self.num_mini_batches:
            raise ValueError(
                f"num_steps_per_env x num_envs = {self.steps_per_iteration} must be a multiple of num_mini_batches = "
                f"{self.num_mini_batches}: RSL-RL leaves out what remains"
            )
        if self.steps_per_iteration > 2**28:
            raise ValueError(
                f"num_steps_per_env x num_envs = {self.steps_per_iteration} samples are more than the 2^28 that fit "
                "any memory; make one of them smaller"
            )
        return self
