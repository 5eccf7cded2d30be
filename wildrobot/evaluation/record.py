"""What every part of the result shares: immutable, strict about keys, types and ranges, and as JSON takes it."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import ConfigDict, Field

from wildrobot.config import Strict

LONGEST_S = 3600.0
"""[s] of an episode that is judged: all of it is kept."""
Count = Annotated[int, Field(ge=0)]
Number = float | None
"""A number that may not exist: None, and null in JSON, never NaN."""


class Record(Strict):
    """A part of the result. The text below a field describes it, here and in the JSON Schema."""

    model_config = ConfigDict(use_attribute_docstrings=True)


def number(value: float) -> Number:
    """A number as a record holds it: None instead of NaN."""
    return float(value) if math.isfinite(value) else None
