"""Settings of the banks of start states."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from wildrobot.config import Count, NonNegative, Range, Section


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
