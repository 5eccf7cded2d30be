"""What every section of a configuration shares: strict keys and types, immutability, and the types of its fields.

A section is a class beside the code that reads it (`wildrobot/task/config.py`, `wildrobot/physics/config.py`, ...).
Units are in the names or comments.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
NonNegativeInt = Annotated[int, Field(ge=0)]

NumberT = TypeVar("NumberT", int, float)


def _ordered(bounds: tuple[NumberT, NumberT]) -> tuple[NumberT, NumberT]:
    low, high = bounds
    if low > high:
        raise ValueError(f"the lower bound {low} is above the upper bound {high}")
    return bounds


Ordered = AfterValidator(_ordered)
"""For a pair that is a range."""
Range = Annotated[tuple[float, float], Ordered]
PositiveRange = Annotated[tuple[Positive, Positive], Ordered]
NonNegativeRange = Annotated[tuple[NonNegative, NonNegative], Ordered]
CountRange = Annotated[tuple[Count, Count], Ordered]


class Strict(BaseModel):
    """Immutable, and strict about keys and types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Section(Strict):
    """A part of the configuration."""
