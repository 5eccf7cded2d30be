"""Settings of the physics engine and of the bank of randomised robots."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from wildrobot.config import Count, PositiveRange, Range, Section


class PhysicsConfig(Section):
    """The engine, and what one control step is."""

    engine: Literal["auto", "native", "mjx"]
    implementation: Literal["jax", "warp"]
    collision: Literal["feet", "full"]
    timestep_s: Annotated[float, Field(gt=0, le=0.01)]
    substeps: Count
    threads: Annotated[int, Field(ge=0)]
    torque_speed_line: bool = False

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
    tilt_rad: Annotated[float, Field(ge=0, le=0.2)] = 0.0
