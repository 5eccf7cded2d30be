"""The section `sweep` of a study's file: which settings are searched, between which ends, and what judges them."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, model_validator

from wildrobot.config import Section, Seed, SmallCount, Steps

End = Annotated[float, Field(ge=-1e12, le=1e12)]


class Swept(Section):
    """What one setting may be: a number between two ends, or one of some choices; the words are Optuna's."""

    low: End | None = None
    high: End | None = None
    log: bool = Field(default=False, description="draw its logarithm uniformly")
    integer: bool = Field(default=False, description="whole numbers only")
    step: Annotated[float, Field(gt=0, le=1e12)] | None = Field(default=None, description="between two values")
    choices: Annotated[tuple[JsonValue, ...], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Swept:
        if self.choices is not None:
            self._check_choices(self.choices)
        elif self.low is None or self.high is None:
            raise ValueError("give low and high, or choices")
        else:
            self._check_ends(self.low, self.high)
        return self

    @property
    def ends(self) -> tuple[Any, ...]:
        """The values by which a range is checked: both ends, or every choice."""
        if self.choices is not None:
            return self.choices
        kind = int if self.integer else float
        return tuple(kind(end) for end in (self.low, self.high) if end is not None)

    def _check_choices(self, choices: tuple[JsonValue, ...]) -> None:
        if self.model_fields_set - {"choices"}:
            raise ValueError("choices stand alone; leave out low, high, log, integer and step")
        if any(choice in choices[:index] for index, choice in enumerate(choices)):
            raise ValueError("a choice is given twice; give each once")

    def _check_ends(self, low: float, high: float) -> None:
        if low >= high:
            raise ValueError(f"low = {low:g} is not below high = {high:g}; give the smaller one as low")
        if self.log and low <= 0:
            raise ValueError(f"log needs a low above 0, and it is {low:g}")
        if self.log and self.step is not None:
            raise ValueError("log and step exclude each other; leave one of them out")
        if self.integer and not all(end.is_integer() for end in (low, high, self.step or 1.0)):
            raise ValueError("integer needs whole numbers as low, high and step")
        if self.step is not None and (Decimal(str(high)) - Decimal(str(low))) % Decimal(str(self.step)):
            raise ValueError(f"high - low must be a multiple of step = {self.step:g}")


class Pruning(Section):
    """When a trial is looked at before its end, and who then goes on."""

    rungs: Annotated[tuple[Steps, ...], Field(min_length=1)] = Field(
        description="environment steps after which the policy is judged; the training's own end comes after them"
    )
    pruner: Literal["successive_halving", "hyperband", "median"] = "successive_halving"
    reduction_factor: Annotated[int, Field(ge=2, le=100)] = Field(
        default=3, description="of so many trials at a rung, about one goes on; median does not need it"
    )

    @model_validator(mode="after")
    def _rungs_increase(self) -> Pruning:
        for first, second in pairwise(self.rungs):
            if first >= second:
                raise ValueError(f"the rung {second} does not come after {first}; give them in increasing order")
        return self


class Sweep(Section):
    """A search for better settings of one group: Optuna chooses them, and the quick judge says what they bring."""

    group: str = Field(description="the group whose settings are searched")
    ranges: Annotated[dict[str, Swept], Field(min_length=1)] = Field(description="by dotted path")
    trials: Annotated[int, Field(ge=1, le=10_000)]
    objective: str = Field(description="a metric of the judge; its better way is the direction")
    suites: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        default=("walk",), description="of the quick judge; every case weighs the same in the objective"
    )
    episodes: SmallCount | None = Field(default=None, description="of each case; null: as many as the suite says")
    pruning: Pruning | None = Field(default=None, description="null: every trial is trained to its end")
    seed: Seed = Field(default=0, description="of Optuna's sampler")
