"""What every section of a configuration shares: strict keys and types, immutability, and the types of its fields.

A section is a class beside the code that reads it (`wildrobot/task/config.py`, `wildrobot/physics/config.py`, ...).
Units are in the names or comments. Every number has a lower and an upper bound: the field's own where one follows from
what it is, and otherwise those here, which no quantity of a robot reaches and whose squares are far within float32.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

LONGEST_S = 86_400.0
"""[s] of an episode or an interval: a day. At the shortest control period that is 0.9 of 2.1 thousand million steps."""

Number = Annotated[float, Field(ge=-1e6, le=1e6)]
Positive = Annotated[float, Field(ge=1e-6, le=1e6)]
NonNegative = Annotated[float, Field(ge=0, le=1e6)]
Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=1e-4, le=LONGEST_S)]
Count = Annotated[int, Field(ge=1, le=2**24)]
SmallCount = Annotated[int, Field(ge=1, le=1000)]
NonNegativeInt = Annotated[int, Field(ge=0, le=2**53)]
Robots = Annotated[int, Field(ge=1, le=2**20)]
Steps = Annotated[int, Field(ge=1, le=10**12)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Threads = Annotated[int, Field(ge=0, le=1024)]
Layers = Annotated[tuple[Annotated[int, Field(ge=1, le=2**14)], ...], Field(min_length=1, max_length=16)]

NumberT = TypeVar("NumberT", int, float)


def _ordered(bounds: tuple[NumberT, NumberT]) -> tuple[NumberT, NumberT]:
    low, high = bounds
    if low > high:
        raise ValueError(f"the lower bound {low} is above the upper bound {high}")
    return bounds


Ordered = AfterValidator(_ordered)
"""Validator of a pair that is a range."""
Range = Annotated[tuple[Number, Number], Ordered]
SecondsRange = Annotated[tuple[Seconds, Seconds], Ordered]
CountRange = Annotated[tuple[SmallCount, SmallCount], Ordered]


class Strict(BaseModel):
    """Immutable, and strict about keys and types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Section(Strict):
    """A part of the configuration."""
