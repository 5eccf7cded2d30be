"""Learning curves: by environment steps, and by wall-clock time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from wildrobot.evaluation.judge.result import LearningCurve
from wildrobot.evaluation.show.report.plots.base import Data, Plot, Trace, axis, band_around, cell, layout, scatter
from wildrobot.evaluation.show.report.style import Style


@dataclass(frozen=True)
class Over:
    """What is on the horizontal axis."""

    name: str
    title: str
    values: Callable[[LearningCurve], Sequence[float | None]]
    factor: float
    decimals: int


@dataclass(frozen=True)
class Measure:
    """What is on the vertical axis."""

    name: str
    title: str
    values: Callable[[LearningCurve], Sequence[float | None]]


OVERS = (
    Over("steps", "environment steps [millions]", lambda curve: curve.steps, 1e-6, 2),
    Over("wall", "wall-clock time [min]", lambda curve: curve.wall_s, 1 / 60, 1),
)
MEASURES = (
    Measure("vx-error", "|forward speed error| [m/s]", lambda curve: curve.vx_error_m_per_s),
    Measure("reward", "return of an episode", lambda curve: curve.reward),
)


def learning(
    key: str, over: Over, measure: Measure, curves: Mapping[str, LearningCurve], styles: Mapping[str, Style]
) -> Plot | None:
    """One curve per policy; None if none has these numbers."""
    traces: list[Trace] = []
    rows: list[list[str]] = []
    values: list[float | None] = []
    for name, curve in curves.items():
        pairs = [(x, y) for x, y in zip(over.values(curve), measure.values(curve), strict=True) if x is not None]
        pairs = [(over.factor * x, y) for x, y in pairs]
        if all(y is None for _, y in pairs):
            continue
        values += [y for _, y in pairs]
        hover = f"%{{y:.3~g}} at %{{x:.{over.decimals}f}}"
        x, y = [x for x, _ in pairs], [y for _, y in pairs]
        traces.append(scatter(name, x, y, policy=name, line=styles[name].line(), hovertemplate=hover))
        every = max(1, len(pairs) // 20)
        rows += [[name, cell(x, over.decimals), cell(y)] for x, y in pairs[::every]]
    if not traces:
        return None
    return Plot(
        key=key,
        label=f"{measure.title} during training, by {over.title}",
        traces=traces,
        layout=layout(axis(over.title, rangemode="tozero"), axis(measure.title, range=band_around(values))),
        height=300,
        data=Data(("policy", over.title, measure.title), rows),
    )
