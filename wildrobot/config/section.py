"""What every section of a configuration shares: strict keys and types, immutability, and the types of its fields.

A section is a class beside the code that reads it (`wildrobot/task/config.py`, `wildrobot/physics/config.py`, ...).
Units are in the names or comments.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
NonNegativeInt = Annotated[int, Field(ge=0)]
Range = tuple[float, float]
PositiveRange = tuple[Positive, Positive]


class Strict(BaseModel):
    """Immutable, and strict about keys and types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Section(Strict):
    """A part of the configuration; pairs of floats are ranges."""

    @model_validator(mode="after")
    def _ranges_are_ordered(self) -> Section:
        for name in type(self).model_fields:
            value = getattr(self, name)
            pair = isinstance(value, tuple) and len(value) == 2 and all(isinstance(bound, float) for bound in value)
            if pair and value[0] > value[1]:
                raise ValueError(f"{name}: the lower bound {value[0]} is above the upper bound {value[1]}")
        return self
