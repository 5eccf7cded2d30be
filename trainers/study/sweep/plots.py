"""The objective of every trial over each setting that is swept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from trainers.study.ranges import Swept
from trainers.study.sweep.objective import Reached
from trainers.study.sweep.search import Trial
from trainers.study.sweep.sentences import shown_setting
from wildrobot.evaluation.measure.metrics import MetricInfo
from wildrobot.evaluation.show.report.numbers import count, with_unit
from wildrobot.evaluation.show.report.plots.base import (
    Data,
    Legend,
    Panel,
    Plot,
    PlotGroup,
    axis,
    band_around,
    cell,
    error_bars,
    layout,
    scaled,
    scatter,
    text,
)
from wildrobot.evaluation.show.report.style import nth


def against_settings(info: MetricInfo, ranges: Mapping[str, Swept], trials: Sequence[Trial]) -> PlotGroup | None:
    """A plot for each setting; a colour and marker for each rung. None where no trial has the objective."""
    points = [(trial, trial.reached[-1]) for trial in trials if trial.reached and trial.reached[-1].value is not None]
    if not points:
        return None
    steps = sorted({its.steps for _, its in points}, reverse=True)
    plots = [_plot(f"setting/{path}", info, path, swept, points, steps) for path, swept in ranges.items()]
    return PlotGroup(
        "settings",
        [],
        [
            Legend(f"after {count(each)} steps", "marker", nth(index).colour, "", nth(index).symbol)
            for index, each in enumerate(steps)
        ],
        [Panel(plot.key, path, "") for plot, path in zip(plots, ranges, strict=True)],
        plots,
    )


def _plot(
    key: str, info: MetricInfo, path: str, swept: Swept, points: Sequence[tuple[Trial, Reached]], steps: Sequence[int]
) -> Plot:
    factor = 100.0 if info.in_percent else 1.0
    traces, values = [], []
    for index, each in enumerate(steps):
        of = [(trial, its) for trial, its in points if its.steps == each]
        x = [_place(swept, trial.values[path]) for trial, _ in of]
        y, low, high = ([scaled(getattr(its, name), factor) for _, its in of] for name in ("value", "low", "high"))
        values += y
        look = nth(index)
        traces.append(
            scatter(f"after {count(each)} steps", x, y, mode="markers", marker=look.marker())
            | {
                "error_y": error_bars(y, low, high) | {"color": look.colour},
                "text": [text(f"trial {trial.number}: {shown_setting(trial.values[path])}") for trial, _ in of],
                "hovertemplate": f"%{{text}}<br>%{{y:.4~g}} {info.shown_unit}",
            }
        )
    return Plot(
        key=key,
        label=f"{info.label} over {path}",
        traces=traces,
        layout=layout(_axis(path, swept), axis(with_unit(info), range=band_around(values))),
        height=280,
        data=Data(
            ("trial", path, "steps", with_unit(info)),
            [
                [str(t.number), shown_setting(t.values[path]), f"{its.steps:,}", cell(scaled(its.value, factor), 4)]
                for t, its in points
            ],
        ),
    )


def _place(swept: Swept, value: JsonValue) -> float:
    if swept.choices is not None:
        return float(swept.choices.index(value))
    assert isinstance(value, int | float)
    return float(value)


def _axis(path: str, swept: Swept) -> dict[str, Any]:
    if swept.choices is not None:
        count = len(swept.choices)
        labels = [text(shown_setting(choice)) for choice in swept.choices]
        return axis(path, tickvals=list(range(count)), ticktext=labels, range=[-0.5, count - 0.5], zeroline=False)
    return axis(path, type="log") if swept.log else axis(path, zeroline=False)
