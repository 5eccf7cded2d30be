"""What every plot has: traces and axes as Plotly takes them, an accessible name, and its data as a table.

They are plain dictionaries: building them needs no Plotly, and the page draws them when they come into view. Colours
are CSS variables, which the page replaces when it draws.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from wildrobot.evaluation.show.report.numbers import NONE, number, rounded

Trace = dict[str, Any]
PERCENT: dict[str, Any] = {"range": [-2, 102], "tickvals": [0, 25, 50, 75, 100], "zeroline": False}
"""The axis of a rate: all of it, with room for the markers at the ends."""


@dataclass(frozen=True)
class Data:
    """The numbers of a plot, for readers who do not see it."""

    columns: tuple[str, ...]
    rows: list[list[str]]


@dataclass(frozen=True)
class Plot:
    """One drawing.

    Attributes:
      key: its name on the page, `kind/case`.
      label: the accessible name: what is drawn, over what.
      traces: Plotly's `data`; `meta` holds the policy that a trace belongs to.
      layout: Plotly's.
      height, height_per_policy: [px]; the second for each policy that is shown.
      data: the same numbers as text.
    """

    key: str
    label: str
    traces: list[Trace]
    layout: dict[str, Any]
    height: int
    data: Data
    height_per_policy: int = 0

    def tree(self) -> dict[str, Any]:
        return {
            "label": self.label,
            "data": self.traces,
            "layout": self.layout,
            "height": self.height,
            "height_per_policy": self.height_per_policy,
            "table": {"columns": self.data.columns, "rows": self.data.rows},
        }


@dataclass(frozen=True)
class Select:
    """A choice of the reader: it fills `{name}` in the keys of its panels, or picks a `policy`."""

    name: str
    label: str
    options: list[tuple[str, str]]
    default: str


@dataclass(frozen=True)
class Panel:
    """The place of a plot: a heading, and a key that may have choices in it."""

    key: str
    heading: str
    caption: str
    wide: bool = False


@dataclass(frozen=True)
class Legend:
    """An entry: `kind` is line, marker, band or limit."""

    label: str
    kind: str
    colour: str
    stroke_dasharray: str = ""
    symbol: str = ""


@dataclass(frozen=True)
class PlotGroup:
    """Panels that share choices and a legend, and the plots they can show."""

    id: str
    selects: list[Select]
    legend: list[Legend]
    panels: list[Panel]
    plots: list[Plot] = field(repr=False)

    def height(self, panel: Panel) -> int:
        """Room [px] for what is drawn first, so that nothing jumps when it is."""
        chosen = {select.name: select.default for select in self.selects}
        plot = next((plot for plot in self.plots if plot.key == panel.key.format_map(chosen)), None)
        if plot is None:
            return 120
        policies = {trace["meta"]["policy"] for trace in plot.traces if "meta" in trace}
        return plot.height + plot.height_per_policy * (1 if chosen.get("policy") else len(policies))


def scatter(
    name: str, x: Sequence[float | int | None], y: Sequence[float | int | None], *, mode: str = "lines", **options: Any
) -> Trace:
    """Lines or markers; with `policy` in the options, of that policy alone."""
    policy = options.pop("policy", None)
    owner = {"meta": {"policy": policy}} if policy else {}
    numbers = {"x": [rounded(value) for value in x], "y": [rounded(value) for value in y]}
    return {"type": "scatter", "mode": mode, "name": text(name), **numbers, **owner, **options}


def axis(title: str, **options: Any) -> dict[str, Any]:
    """A quiet axis: light grid, no frame."""
    return {
        "title": {"text": title, "standoff": 8, "font": {"size": 12, "color": "var(--muted)"}},
        "gridcolor": "var(--grid)",
        "zerolinecolor": "var(--axis)",
        "zerolinewidth": 1,
        "linecolor": "var(--axis)",
        "ticks": "",
        "tickfont": {"size": 12, "color": "var(--muted)"},
        "automargin": True,
        "tickangle": 0,
        "nticks": 5,
        "fixedrange": True,
        **options,
    }


def rows_height(rows: int, series: int) -> int:
    """Of a plot [px] with that many rows, each with a marker for every series."""
    return 74 + rows * max(26, 9 * (series + 1))


def layout(x: dict[str, Any], y: dict[str, Any], **options: Any) -> dict[str, Any]:
    """A frame without colours of its own. It does not take a finger's drag, which is to scroll the page."""
    return {
        "xaxis": x,
        "yaxis": y,
        "margin": {"l": 8, "r": 14, "t": 8, "b": 8},
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hoverlabel": {"bgcolor": "var(--card)", "bordercolor": "var(--axis)", "font": {"color": "var(--ink)"}},
        "font": {
            "family": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
            "size": 12,
            "color": "var(--ink)",
        },
        **options,
    }


def rows_axis(labels: Sequence[str], **options: Any) -> dict[str, Any]:
    """A vertical axis of names, the first on top; row i is at y = i."""
    return axis(
        "",
        tickvals=list(range(len(labels))),
        ticktext=[text(label) for label in labels],
        range=[len(labels) - 0.5, -0.5],
        zeroline=False,
        **options,
    )


def beside(index: int, total: int) -> float:
    """Where the index-th of several markers is set within its row of height 1: closer together than the rows are."""
    step = min(0.24, 0.7 / max(1, total - 1))
    return step * (index - 0.5 * (total - 1))


def band_around(values: Sequence[float | None], *, margin: float = 0.05, zero: bool = True) -> list[float]:
    """A range that holds all values, and zero."""
    present = [value for value in values if value is not None] + ([0.0] if zero else [])
    low, high = min(present, default=0.0), max(present, default=1.0)
    room = margin * (high - low) or 0.1
    return [low - (room if low < 0 or not zero else 0.0), high + room]


def scaled(value: float | None, factor: float) -> float | None:
    """In another unit, such as percent."""
    return None if value is None else factor * value


def error_bars(
    values: Sequence[float | None], lows: Sequence[float | None], highs: Sequence[float | None]
) -> dict[str, Any]:
    """Error bars from intervals; none where an end is unknown."""
    above = [0.0 if v is None or h is None else max(0.0, h - v) for v, h in zip(values, highs, strict=True)]
    below = [0.0 if v is None or w is None else max(0.0, v - w) for v, w in zip(values, lows, strict=True)]
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below, "thickness": 1.3, "width": 3}


def cell(value: float | None, decimals: int = 3) -> str:
    """A number as text."""
    return NONE if value is None else number(value, decimals)


def text(words: str) -> str:
    """Words that Plotly must not take for markup."""
    return html.escape(words, quote=False)
