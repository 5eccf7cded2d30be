"""The section `brax_ppo` of an experiment."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from wildrobot.config import (
    Count,
    Layers,
    NonNegative,
    Ordered,
    Positive,
    Robots,
    Section,
    Seed,
    Share,
    SmallCount,
    Steps,
)

_NOT_KEYWORDS = {
    "policy_hidden_layer_sizes",
    "value_hidden_layer_sizes",
    "activation",
    "symmetric",
    "stagger_episodes",
    "final_entropy_share",
    "entropy_falls_steps",
}


class BraxPpo(Section):
    """Settings of `brax.training.agents.ppo.train`, under its own names."""

    seed: Seed = 0
    num_timesteps: Steps = Field(default=9_000_000, description="environment steps")
    num_evals: Annotated[int, Field(ge=2, le=10_000)] = Field(
        default=16, description="1 + number of times that parameters are saved during training"
    )
    run_evals: bool = Field(
        default=False, description="stock ppo.train only: also play Brax's own evaluation episodes (slow)"
    )
    num_eval_envs: Robots = Field(default=64, description="robots in those")
    num_envs: Robots = Field(default=512, description="robots in training")
    action_repeat: SmallCount = 1
    unroll_length: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=20, description="control steps per robot and batch"
    )
    batch_size: Count = Field(default=128, description="unrolls per minibatch")
    num_minibatches: Count = 4
    num_updates_per_batch: SmallCount = Field(default=2, description="passes over each batch")
    discounting: Annotated[float, Field(ge=0.01, le=1)] = 0.97
    gae_lambda: Share = 0.95
    clipping_epsilon: Positive = 0.2
    entropy_cost: NonNegative = 0.005
    final_entropy_share: Share = Field(default=1.0, description="brax-amp only: of entropy_cost, to which it falls")
    entropy_falls_steps: Annotated[tuple[Steps, Steps], Ordered] = Field(
        default=(4_500_000, 7_000_000), description="environment steps between which it falls, linearly"
    )
    learning_rate: Annotated[float, Field(ge=1e-9, le=1)] = Field(
        default=0.0003, description="the first one, with ADAPTIVE_KL"
    )
    learning_rate_schedule: Literal["NONE", "ADAPTIVE_KL"] = Field(
        default="ADAPTIVE_KL", description="NONE | ADAPTIVE_KL"
    )
    desired_kl: Positive = Field(default=0.01, description="[nat] that ADAPTIVE_KL aims for")
    max_grad_norm: Positive = 1.0
    reward_scaling: Positive = 1.0
    normalize_observations: bool = True
    policy_hidden_layer_sizes: Layers = (128, 128, 128)
    value_hidden_layer_sizes: Layers = (128, 128, 128)
    activation: Literal["swish", "elu", "relu", "tanh"] = Field(
        default="swish", description="swish | elu | relu | tanh"
    )
    symmetric: bool = Field(default=True, description="brax-amp only: treat the robot's mirror image as the robot")
    stagger_episodes: bool = Field(
        default=True, description="first episodes of different length, so that time limits do not coincide"
    )

    def keywords(self) -> dict[str, Any]:
        """The settings that `ppo.train` takes as keywords: not our own, nor those of the networks."""
        return self.model_dump(exclude=_NOT_KEYWORDS)

    @property
    def steps_per_update(self) -> int:
        """Environment steps in the batch of one update."""
        return self.batch_size * self.num_minibatches * self.unroll_length * self.action_repeat

    @model_validator(mode="after")
    def _batch_fits(self) -> BraxPpo:
        if (self.batch_size * self.num_minibatches) % self.num_envs:
            raise ValueError(
                f"batch_size x num_minibatches = {self.batch_size * self.num_minibatches} must be a multiple of "
                f"num_envs = {self.num_envs}: Brax collects whole unrolls of all robots"
            )
        samples = self.batch_size * self.num_minibatches * self.unroll_length
        if samples > 2**28:
            raise ValueError(
                f"batch_size x num_minibatches x unroll_length = {samples} samples are more than the 2^28 that fit any "
                "memory; make one of them smaller"
            )
        updates = self.num_timesteps // (self.steps_per_update * (self.num_evals - 1))
        if updates > 2**30:
            raise ValueError(
                f"num_timesteps = {self.num_timesteps} are {updates} updates between two evaluations, and 2^30 can be "
                "counted; take larger batches, or more of num_evals"
            )
        return self
