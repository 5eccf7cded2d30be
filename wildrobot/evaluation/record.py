"""What all results share: records that are immutable and strict about keys, types and ranges, kept as JSON."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from wildrobot.config import Strict
from wildrobot.errors import UsageError

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


def read_json(path: Path, *, writer: str) -> Any:
    """Reads the JSON of a result that was saved; `writer` is what a message says writes such files.

    Raises:
      UsageError: for a file that cannot be read, or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: not readable as JSON ({error}); give a file that {writer} wrote") from None
