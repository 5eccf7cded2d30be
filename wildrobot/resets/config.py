"""Settings of the banks of start states."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field

from wildrobot.config import Ordered, Section, Seed

_Lean = Annotated[float, Field(ge=-math.pi / 2, le=math.pi / 2)]


class StartsConfig(Section):
    """The bank of start states."""

    count: Annotated[int, Field(ge=1, le=2**16)]
    seed: Seed
    joint_angle_rad: Annotated[float, Field(ge=0, le=math.pi)]
    tilt_rad: Annotated[float, Field(ge=0, le=math.pi)]
    base_velocity_m_per_s: Annotated[float, Field(ge=0, le=100)]
    base_angular_velocity_rad_per_s: Annotated[float, Field(ge=0, le=100)]
    joint_velocity_rad_per_s: Annotated[float, Field(ge=0, le=100)]
    lean_rad: Annotated[tuple[_Lean, _Lean], Ordered]


class ReferenceStartsConfig(Section):
    """Start states on frames of reference motions, besides those at home."""

    share: Annotated[float, Field(ge=0, le=0.95)]
    clips: tuple[str, ...]
    seed: Seed
