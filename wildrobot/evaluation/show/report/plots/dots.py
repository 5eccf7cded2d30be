"""Rows of dots with intervals: one row per actuator, case or metric, one marker per policy, set beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wildrobot.evaluation.show.report.numbers import rounded
from wildrobot.evaluation.show.report.plots.base import Trace, beside, error_bars, scatter, text
from wildrobot.evaluation.show.report.style import Style


@dataclass(frozen=True)
class Dots:
    """The markers of one policy or group: a value per row, None where there is none."""

    name: str
    style: Style
    values: Sequence[float | None]
    lows: Sequence[float | None]
    highs: Sequence[float | None]


def traces(series: Sequence[Dots], labels: Sequence[str], unit: str, *, format: str = ".3f") -> list[Trace]:
    """One trace for each, with horizontal error bars."""
    drawn: list[Trace] = []
    for index, dots in enumerate(series):
        values, lows, highs = ([rounded(v) for v in part] for part in (dots.values, dots.lows, dots.highs))
        shown = [i for i, value in enumerate(values) if value is not None]
        hover = [_hover(labels[i], lows[i], highs[i], unit, format) for i in shown]
        x, y = [values[i] for i in shown], [i + beside(index, len(series)) for i in shown]
        bars = error_bars(x, [lows[i] for i in shown], [highs[i] for i in shown]) | {"color": dots.style.colour}
        drawn.append(
            scatter(dots.name, x, y, mode="markers", policy=dots.name, error_x=bars, marker=dots.style.marker())
            | {"text": hover, "hovertemplate": f"%{{x:{format}}} {unit}<br>%{{text}}"}
        )
    return drawn


def vertical(x: float, rows: int, line: dict[str, Any], name: str, policy: str | None = None) -> Trace:
    """A line over all rows, such as a limit."""
    return scatter(name, [x, x], [-0.5, rows - 0.5], policy=policy, line=line, hoverinfo="skip")


def _hover(label: str, low: float | None, high: float | None, unit: str, format: str) -> str:
    interval = "" if low is None or high is None else f"<br>95 % interval {low:{format}} to {high:{format}} {unit}"
    return text(label) + interval
