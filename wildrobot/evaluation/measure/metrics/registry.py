"""The registry of metrics: each function below this package registers itself by `@metric`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from wildrobot.errors import UsageError
from wildrobot.evaluation.play.episodes import Episodes
from wildrobot.evaluation.record import Record

PerEpisode = Float[np.ndarray, " E"]
"""One float64 per episode; NaN for an episode that has none."""
Function = Callable[[Episodes], PerEpisode]


class MetricInfo(Record):
    """What a metric means. A metric is a number per episode; what is reported is its mean over the episodes."""

    name: str
    label: str
    unit: str
    """Empty for what has none: fractions of one, ratios and logarithms."""
    kind: Literal["rate", "fraction", "mean"]
    """rate: 0 or 1 per episode, with a Wilson interval; fraction: between 0 and 1, mean: any number, with a bootstrap
    interval. People are shown rates and fractions in percent."""
    better: Literal["higher", "lower"] | None
    """Null where neither is."""
    description: str
    """The formula in words."""

    @property
    def in_percent(self) -> bool:
        """Whether people are shown percent. Ratios and logarithms have no unit either, but are shown as they are."""
        return self.kind != "mean"

    @property
    def shown_unit(self) -> str:
        """The unit that people are shown."""
        return "%" if self.in_percent else self.unit


@dataclass(frozen=True)
class Metric:
    """A metric, and the function that computes it for E recorded episodes."""

    info: MetricInfo
    compute: Function


METRICS: dict[str, Metric] = {}
"""All metrics by name, in the order in which they are listed."""


def metric(
    label: str,
    *,
    unit: str = "",
    kind: Literal["rate", "fraction", "mean"] = "mean",
    better: Literal["higher", "lower"] | None = None,
    name: str | None = None,
    description: str | None = None,
) -> Callable[[Function], Function]:
    """Registers a function of recorded episodes as a metric.

    Args:
      label: for tables.
      unit: of the numbers.
      kind: see `MetricInfo`.
      better: which way is better, None if neither is.
      name: in suites, gates and JSON; the function's own name if it is not given.
      description: for people; the first sentence of the function's docstring if it is not given.
    """

    def register(function: Function) -> Function:
        text = description or inspect.cleandoc(function.__doc__ or "").split("\n\n")[0]
        info = MetricInfo(
            name=name or function.__name__, label=label, unit=unit, kind=kind, better=better,
            description=" ".join(text.split()).rstrip("."),
        )  # fmt: skip
        if info.name in METRICS:
            raise ValueError(f"two metrics are called {info.name}")
        METRICS[info.name] = Metric(info, function)
        return function

    return register


def find(name: str) -> Metric:
    """The metric of that name.

    Raises:
      UsageError: if there is none; the message lists the names.
    """
    if name not in METRICS:
        raise UsageError(f"no metric is called {name!r}; choose one of: {', '.join(METRICS)}")
    return METRICS[name]
