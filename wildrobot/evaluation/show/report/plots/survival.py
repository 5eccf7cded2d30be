"""Survival as a curve: over the force of a push, or over how old the readings of the legs are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wildrobot.evaluation.measure.statistics import wilson_interval
from wildrobot.evaluation.show.report.numbers import percent
from wildrobot.evaluation.show.report.plots.base import (
    PERCENT,
    Data,
    Plot,
    axis,
    beside,
    error_bars,
    layout,
    scatter,
)
from wildrobot.evaluation.show.report.style import Style

Counts = Sequence[tuple[float, int, int]]
"""(where on the horizontal axis, survived, episodes), in order."""


def curve(
    key: str, label: str, counts: Mapping[str, Counts], styles: Mapping[str, Style], *, quantity: str, unit: str
) -> Plot:
    """One line per policy, with Wilson intervals; marks at one place are set a little beside each other.

    Args:
      key, label: of the plot.
      counts: by policy.
      styles: by policy.
      quantity, unit: on the horizontal axis, which begins at 0.
    """
    traces, rows = [], []
    ticks = sorted({place for points in counts.values() for place, *_ in points})
    highest = max(ticks, default=1.0)
    for index, (name, points) in enumerate(counts.items()):
        ends = [wilson_interval(survived, episodes) for _, survived, episodes in points]
        rates = [100.0 * survived / episodes for _, survived, episodes in points]
        style = styles[name]
        shift = 0.03 * highest * beside(index, len(counts))
        bars = error_bars(rates, [100 * low for low, _ in ends], [100 * high for _, high in ends]) | {
            "color": style.colour
        }
        traces.append(
            scatter(
                name, [place + shift for place, *_ in points], rates, mode="lines+markers", policy=name, error_y=bars
            )
            | {"line": style.line(), "marker": style.marker(9.0), "hovertemplate": "%{text}"}
            | {"text": [f"{place:g} {unit}: {survived} of {total} stayed up" for place, survived, total in points]}
        )
        rows += [
            [name, f"{point[0]:g}", percent(point[1] / point[2]), percent(end[0]), percent(end[1]), str(point[2])]
            for point, end in zip(points, ends, strict=True)
        ]
    return Plot(
        key=key,
        label=label,
        traces=traces,
        layout=layout(
            axis(f"{quantity} [{unit}]", range=[0, 1.06 * highest], tickvals=[0, *ticks], zeroline=False),
            axis("survival [%]", **PERCENT),
        ),
        height=360,
        data=Data(("policy", f"{quantity} [{unit}]", "survival [%]", "95 % from", "to", "episodes"), rows),
    )
