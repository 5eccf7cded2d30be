"""How a policy moves in one case: its speed, its paths and its foot contacts."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wildrobot.evaluation.measure.series import Series
from wildrobot.evaluation.play.case import Case
from wildrobot.evaluation.show.report.numbers import rounded
from wildrobot.evaluation.show.report.plots.base import (
    Data,
    Plot,
    Trace,
    axis,
    band_around,
    cell,
    layout,
    scatter,
    text,
)
from wildrobot.evaluation.show.report.style import Style

_POINTS, _PATH_POINTS, _TABLE_ROWS = 320, 120, 20
"""More points than this cannot be distinguished in a plot of some hundred pixels."""
_COMMAND = {"color": "var(--ink)", "dash": "dash", "width": 1.4}


def tracking(key: str, case: Case, series: Mapping[str, Series], styles: Mapping[str, Style]) -> Plot:
    """Speed over time: the median of the episodes and their middle 80 %, against the command."""
    command = math.hypot(case.command[0], case.command[1])
    traces: list[Trace] = []
    rows: list[list[str]] = []
    values: list[float | None] = [command]
    for name, one in series.items():
        band, every = one.speed_along, _every(len(one.time_s), _POINTS)
        time, low, high, median = (part[::every] for part in (one.time_s, band.low, band.high, band.median))
        values += [*low, *high, *median]
        edge: dict[str, Any] = {"policy": name, "line": {"width": 0}, "hoverinfo": "skip"}
        hover = "%{y:.3f} m/s at %{x:.1f} s"
        traces += [
            scatter(name, time, low, **edge),
            scatter(name, time, high, **edge, fill="tonexty", fillcolor=styles[name].band),
            scatter(name, time, median, policy=name, line=styles[name].line(), hovertemplate=hover),
        ]
        for index in range(0, len(one.time_s), _every(len(one.time_s), _TABLE_ROWS)):
            numbers = (part[index] for part in (band.median, band.low, band.high))
            rows.append([name, cell(one.time_s[index], 2), *map(cell, numbers)])
    traces.append(scatter("command", [0, case.seconds], [command] * 2, line=_COMMAND, hovertemplate="%{y:.2f} m/s"))
    return Plot(
        key=key,
        label=f"Speed over time in the case {case.label}, median and middle 80 % of the episodes, against the command",
        traces=traces,
        layout=layout(
            axis("time [s]", range=[0, case.seconds]), axis("speed along the command [m/s]", range=band_around(values))
        ),
        height=320,
        data=Data(("policy", "time [s]", "median [m/s]", "10 % [m/s]", "90 % [m/s]"), rows),
    )


def paths(key: str, case: Case, series: Mapping[str, Series], styles: Mapping[str, Style]) -> Plot:
    """The paths of the first episodes from above, on equal axes, and where the command leads."""
    hover = "%{x:.2f} m along, %{y:.2f} m to the left"
    ahead, left = _commanded(case.command, case.seconds)
    traces = [scatter("command", ahead, left, line=_COMMAND, hovertemplate=hover)]
    rows: list[list[str]] = []
    for name, one in series.items():
        look = styles[name]
        line = {"color": look.colour, "width": 1.2, "dash": look.dash}
        ends = []
        for episode, (xs, ys) in enumerate(one.paths):
            upright = [(x, y) for x, y in zip(xs, ys, strict=True) if x is not None and y is not None]
            if not upright:
                continue
            ends.append(upright[-1])
            shown = [*upright[: -1 : _every(len(upright), _PATH_POINTS)], upright[-1]]
            x, y = zip(*shown, strict=True)
            ahead, left = [*ahead, *x], [*left, *y]
            label = f"{hover}<br>episode {episode}"
            traces.append(scatter(name, x, y, policy=name, line=line, opacity=0.75, hovertemplate=label))
            rows.append([name, str(episode), cell(ends[-1][0], 2), cell(ends[-1][1], 2)])
        x, y = [end[0] for end in ends], [end[1] for end in ends]
        traces.append(scatter(name, x, y, mode="markers", policy=name, marker=look.marker(6.0), hoverinfo="skip"))
    return Plot(
        key=key,
        label=f"Paths from above in the case {case.label}, on equal axes",
        traces=traces,
        layout=layout(
            axis("along the command [m]", range=band_around(ahead), constrain="domain"),
            axis("to the left [m]", range=band_around(left, margin=0.12), scaleanchor="x", scaleratio=1),
        ),
        height=320,
        data=Data(("policy", "episode", "last, along [m]", "last, to the left [m]"), rows),
    )


def gait(key: str, case: Case, series: Mapping[str, Series], styles: Mapping[str, Style]) -> Plot:
    """When each foot is on the ground: a bar per contact, a row per foot."""
    traces: list[Trace] = []
    rows: list[list[str]] = []
    for name, one in series.items():
        contacts = one.contacts
        start = min((span[0] for span in (*contacts.left, *contacts.right)), default=0.0)
        for foot, spans, opacity in (("left", contacts.left, 1.0), ("right", contacts.right, 0.6)):
            traces.append(
                {
                    "type": "bar",
                    "orientation": "h",
                    "width": 0.62,
                    "name": text(name),
                    "meta": {"policy": name},
                    "y": [f"{_short(name)}<br>{foot}"] * len(spans),
                    "base": [rounded(a - start) for a, _ in spans],
                    "x": [rounded(b - a) for a, b in spans],
                    "marker": {"color": styles[name].colour, "opacity": opacity, "line": {"width": 0}},
                    "hovertemplate": f"{foot} foot on the ground<br>from %{{base:.2f}} s to %{{x:.2f}} s",
                }
            )
            rows += [[name, foot, cell(a - start, 2), cell(b - start, 2), cell(b - a, 2)] for a, b in spans]
    return Plot(
        key=key,
        label=f"Gait diagram of the case {case.label}: when each foot is on the ground",
        traces=traces,
        layout=layout(
            axis("time in the window [s]", rangemode="tozero"),
            axis("", autorange="reversed", type="category", showgrid=False, dtick=1),
            barmode="overlay",
        ),
        height=74,
        height_per_policy=68,
        data=Data(("policy", "foot", "from [s]", "to [s]", "for [s]"), rows),
    )


def _every(length: int, wanted: int) -> int:
    return max(1, math.ceil(length / wanted))


def _commanded(command: Sequence[float], seconds: float) -> tuple[list[float], list[float]]:
    """Where an exact robot would go: a circle of radius v / w, or a straight line."""
    speed, turn = math.hypot(command[0], command[1]), command[2]
    t = np.linspace(0.0, seconds, 60)
    if abs(turn) < 1e-9:
        return [0.0, speed * seconds], [0.0, 0.0]
    x, y = speed / turn * np.sin(turn * t), speed / turn * (1.0 - np.cos(turn * t))
    return [float(f"{v:.4g}") for v in x], [float(f"{v:.4g}") for v in y]


def _short(name: str) -> str:
    return html.escape(name if len(name) <= 16 else f"{name[:15]}…", quote=False)
