"""What the servos have to do: torque and velocity of each, against their limits."""

from __future__ import annotations

from collections.abc import Mapping

from wildrobot.evaluation.measure.series import Actuators, Curve
from wildrobot.evaluation.play.case import Case
from wildrobot.evaluation.show.report.numbers import NONE, percent
from wildrobot.evaluation.show.report.plots.base import (
    Data,
    Plot,
    Trace,
    axis,
    band_around,
    beside,
    cell,
    layout,
    rows_axis,
    rows_height,
    scatter,
)
from wildrobot.evaluation.show.report.plots.dots import vertical
from wildrobot.evaluation.show.report.style import Style

_LIMIT = {"color": "var(--limit)", "width": 2}


def torque(key: str, case: Case, actuators: Mapping[str, Actuators], styles: Mapping[str, Style]) -> Plot:
    """Per actuator: a bar from the mean absolute torque to its 95th percentile, and the limit."""
    servos = next(iter(actuators.values()))
    names, limits = servos.names, servos.torque_limit_Nm
    traces: list[Trace] = []
    rows: list[list[str]] = []
    reach: list[float | None] = []
    for index, (name, one) in enumerate(actuators.items()):
        offsets = [row + beside(index, len(actuators)) for row in range(len(names))]
        traces += _span(name, styles[name], offsets, one.torque_mean_Nm, one.torque_p95_Nm, one.saturated_fraction)
        reach += one.torque_p95_Nm
        for joint, *numbers in zip(names, one.torque_mean_Nm, one.torque_p95_Nm, one.saturated_fraction, strict=True):
            mean, high, fraction = numbers
            rows.append([name, joint, cell(mean, 2), cell(high, 2), NONE if fraction is None else percent(fraction)])
    reach += limits
    x = [value for limit in limits for value in (limit, limit, None)]
    y = [value for row in range(len(names)) for value in (row - 0.42, row + 0.42, None)]
    traces.append(scatter("limit", x, y, line=_LIMIT, hovertemplate="%{x:.2f} N m"))
    return Plot(
        key=key,
        label=f"Torque of each actuator in the case {case.label}: mean and 95th percentile, against its limit",
        traces=traces,
        layout=layout(axis("absolute torque [N m]", range=band_around(reach)), rows_axis(names)),
        height=rows_height(len(names), len(actuators)),
        data=Data(("policy", "actuator", "mean [N m]", "95 % [N m]", "above 95 % of the limit [% of the time]"), rows),
    )


def velocity(key: str, case: Case, actuators: Mapping[str, Actuators], styles: Mapping[str, Style]) -> Plot:
    """Per actuator: the 95th percentile of the absolute velocity, and the servo's speed without load."""
    servos = next(iter(actuators.values()))
    names, limit = servos.names, servos.no_load_speed_rad_per_s
    traces: list[Trace] = []
    rows: list[list[str]] = []
    reach: list[float | None] = [limit]
    for index, (name, one) in enumerate(actuators.items()):
        reach += one.speed_p95_rad_per_s
        fractions = [_percent(each) for each in one.overspeed_fraction]
        y = [row + beside(index, len(actuators)) for row in range(len(names))]
        hover = "95th percentile %{x:.2f} rad/s<br>above no-load speed %{text} of the time"
        traces.append(
            scatter(name, one.speed_p95_rad_per_s, y, mode="markers", policy=name, marker=styles[name].marker(8.0))
            | {"text": fractions, "hovertemplate": hover}
        )
        rows += [
            [name, joint, cell(value, 2), fraction.removesuffix(" %")]
            for joint, value, fraction in zip(names, one.speed_p95_rad_per_s, fractions, strict=True)
        ]
    traces.append(vertical(limit, len(names), _LIMIT, "no-load speed"))
    return Plot(
        key=key,
        label=f"Velocity of each actuator in the case {case.label}: 95th percentile, against the no-load speed",
        traces=traces,
        layout=layout(axis("absolute velocity [rad/s]", range=band_around(reach)), rows_axis(names)),
        height=rows_height(len(names), len(actuators)),
        data=Data(("policy", "actuator", "95 % [rad/s]", "above no-load speed [% of the time]"), rows),
    )


def _span(
    name: str,
    style: Style,
    y: list[float],
    mean: Curve,
    high: Curve,
    fractions: Curve,
) -> list[Trace]:
    """A line from the mean to the 95th percentile, and a marker at its end."""
    x = [value for pair in zip(mean, high, strict=True) for value in (*pair, None)]
    both = [value for row in y for value in (row, row, None)]
    hover = "95th percentile %{x:.2f} N m<br>saturated %{text} of the time"
    return [
        scatter(name, x, both, policy=name, line={"color": style.colour, "width": 2}, hoverinfo="skip"),
        scatter(
            name,
            high,
            y,
            mode="markers",
            policy=name,
            marker=style.marker(8.0),
            text=[_percent(each) for each in fractions],
            hovertemplate=hover,
        ),
    ]


def _percent(fraction: float | None) -> str:
    return NONE if fraction is None else f"{percent(fraction)} %"
