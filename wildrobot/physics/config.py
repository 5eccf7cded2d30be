"""Settings of the physics engine and of the bank of randomised robots."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from wildrobot.config import Ordered, Section, Seed, SmallCount, Threads

_Scale = Annotated[float, Field(ge=0.01, le=100)]
_Friction = Annotated[float, Field(ge=0.001, le=10)]
_Offset = Annotated[float, Field(ge=-1, le=1)]


class PhysicsConfig(Section):
    """The engine, and what one control step is."""

    engine: Literal["auto", "native", "mjx"]
    implementation: Literal["jax", "warp"]
    collision: Literal["feet", "full"]
    timestep_s: Annotated[float, Field(ge=1e-4, le=0.01)]
    substeps: SmallCount
    threads: Threads
    torque_speed_line: bool = False

    @property
    def control_period_s(self) -> float:
        return self.substeps * self.timestep_s


class VariantsConfig(Section):
    """The bank of randomised robots."""

    count: Annotated[int, Field(ge=1, le=2**14)]
    seed: Seed
    friction: Annotated[tuple[_Friction, _Friction], Ordered]
    mass_scale: Annotated[tuple[_Scale, _Scale], Ordered]
    link_mass_scale: Annotated[tuple[_Scale, _Scale], Ordered]
    com_offset_m: Annotated[tuple[_Offset, _Offset], Ordered]
    gain_scale: Annotated[tuple[_Scale, _Scale], Ordered]
    frictionloss_scale: Annotated[tuple[_Scale, _Scale], Ordered]
    armature_scale: Annotated[tuple[_Scale, _Scale], Ordered]
    tilt_rad: Annotated[float, Field(ge=0, le=0.2)] = 0.0
