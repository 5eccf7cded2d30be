"""The section `amp` of an experiment."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from wildrobot.config import Count, Layers, NonNegative, NonNegativeInt, Positive, Section, SmallCount


class Amp(Section):
    """Style: what pays for moving like reference motions, besides the task."""

    method: Literal["ADVERSARIAL", "IMITATION"] = Field(
        default="ADVERSARIAL",
        description="ADVERSARIAL (AMP: a discriminator) | IMITATION (being where the clip is at the gait's phase)",
    )
    clips: tuple[str, ...] = Field(
        default=(), description="names of shipped clips, or .npz files; style needs at least one"
    )
    task_weight: NonNegative = Field(default=1.0, description="[-] of the task's reward")
    style_weight: NonNegative = Field(
        default=1.0, description="[1/s] reward per second and unit of style reward; 0: no style, plain PPO"
    )
    style_rises_over_steps: NonNegativeInt = Field(
        default=0, description="environment steps over which the style weight rises from 0"
    )
    command_tolerance_m_per_s: Positive = Field(
        default=0.06, description="[m/s] style is asked for where a clip's command is as near as this"
    )
    loss: Literal["BCE", "LEAST_SQUARES"] = Field(default="BCE", description="BCE (cross-entropy) | LEAST_SQUARES")
    reward: Literal["STANDARDIZED", "BOUNDED"] = Field(
        default="STANDARDIZED",
        description="STANDARDIZED (logits within the batch) | BOUNDED (by the loss, as in the papers)",
    )
    hidden_layer_sizes: Layers = (128, 64)
    learning_rate: Annotated[float, Field(ge=1e-9, le=1)] = 0.0003
    batch_size: Annotated[int, Field(ge=2, le=2**20)] = Field(
        default=512, description="windows per update, half of them of past policies; and as many of references"
    )
    updates_per_batch: SmallCount = 2
    gradient_penalty: NonNegative = Field(default=5.0, description="[-] weight of the squared slope of the logits")
    logit_regularization: NonNegative = Field(default=0.01, description="[-] weight of the squared logits")
    replay_size: Count = Field(default=200_000, description="windows of past policies")
