"""The drawing that answers a suite's question: the push ladder, and what each change of the robot does."""

from __future__ import annotations

from collections.abc import Sequence

from wildrobot.evaluation.judge.result import Evaluation, PolicyResult, SuiteInfo
from wildrobot.evaluation.measure.statistics import wilson_interval
from wildrobot.evaluation.play.case import Case, Push
from wildrobot.evaluation.show.report.numbers import minus, number, percent, shown, with_unit
from wildrobot.evaluation.show.report.plots import dots
from wildrobot.evaluation.show.report.plots.base import (
    PERCENT,
    Data,
    Plot,
    axis,
    band_around,
    beside,
    error_bars,
    layout,
    rows_axis,
    rows_height,
    scaled,
    scatter,
)
from wildrobot.evaluation.show.report.style import Style

ANY_DIRECTION = "any"


def pushes(suite: SuiteInfo) -> list[tuple[Case, Push]]:
    """The cases with a push."""
    return [(case, case.push) for case in suite.cases if case.push]


def directions(suite: SuiteInfo) -> list[float]:
    """The directions [deg] of the pushes, in order."""
    return sorted({360.0 * index / push.directions for _, push in pushes(suite) for index in range(push.directions)})


def survival_by_force(
    suite: SuiteInfo, policy: PolicyResult, direction: float | None = None
) -> list[tuple[float, int, int]]:
    """(force [N], survived, episodes) over all directions, or one."""
    pooled: dict[float, list[float]] = {}
    for case, push in pushes(suite):
        values = policy.suites[suite.name].cases[case.id].metrics["survival"].values
        pooled.setdefault(push.force_N, []).extend(
            value
            for index, value in enumerate(values)
            if value is not None and direction in (None, 360.0 / push.directions * (index % push.directions))
        )
    return [(force, round(sum(values)), len(values)) for force, values in sorted(pooled.items()) if values]


def ladder(
    key: str, suite: SuiteInfo, policies: Sequence[PolicyResult], styles: dict[str, Style], direction: float | None
) -> Plot:
    """Survival over the force of a push, with Wilson intervals."""
    traces, rows = [], []
    forces = sorted({push.force_N for _, push in pushes(suite)})
    highest = forces[-1]
    for index, policy in enumerate(policies):
        steps = survival_by_force(suite, policy, direction)
        ends = [wilson_interval(survived, episodes) for _, survived, episodes in steps]
        rates = [100.0 * survived / episodes for _, survived, episodes in steps]
        style = styles[policy.name]
        shift = 0.03 * highest * beside(index, len(policies))
        bars = error_bars(rates, [100 * low for low, _ in ends], [100 * high for _, high in ends]) | {
            "color": style.colour
        }
        at = [force + shift for force, *_ in steps]
        traces.append(
            scatter(policy.name, at, rates, mode="lines+markers", policy=policy.name, error_y=bars)
            | {"line": style.line(), "marker": style.marker(9.0), "hovertemplate": "%{text}"}
            | {"text": [f"{force:g} N: {survived} of {episodes} stayed up" for force, survived, episodes in steps]}
        )
        rows += [
            [policy.name, f"{step[0]:g}", percent(step[1] / step[2]), percent(end[0]), percent(end[1]), str(step[2])]
            for step, end in zip(steps, ends, strict=True)
        ]
    where = "in any direction" if direction is None else f"towards {direction:g} degrees"
    return Plot(
        key=key,
        label=f"Survival over the force of a push {where}, with 95 % intervals",
        traces=traces,
        layout=layout(
            axis("force [N]", range=[0, 1.06 * highest], tickvals=[0, *forces], zeroline=False),
            axis("survival [%]", **PERCENT),
        ),
        height=360,
        data=Data(("policy", "force [N]", "survival [%]", "95 % from", "to", "episodes"), rows),
    )


def nominal(suite: SuiteInfo) -> Case | None:
    """The case without any change."""
    return next((case for case in suite.cases if case.push is None and not case.differs_in_robot), None)


def by_case(key: str, evaluation: Evaluation, suite: SuiteInfo, metric: str, styles: dict[str, Style]) -> Plot:
    """A metric of every case, beside what it is in the nominal case."""
    info = evaluation.metrics[metric]
    factor = 100.0 if info.shown_unit == "%" else 1.0
    labels = [minus(case.label) for case in suite.cases]
    base = nominal(suite)
    drawn, rows, lines = [], [], []
    for policy in evaluation.policies:
        if policy.baseline or suite.name not in policy.suites:
            continue
        cases = policy.suites[suite.name].cases
        estimates = [cases[case.id].metrics[metric] for case in suite.cases]
        values, lows, highs = (
            [scaled(getattr(one, part), factor) for one in estimates] for part in ("value", "low", "high")
        )
        drawn.append(dots.Dots(policy.name, styles[policy.name], values, lows, highs))
        rows += [
            [policy.name, label, *(shown(info, value, 3) for value in (one.value, one.low, one.high)), str(one.n)]
            for label, one in zip(labels, estimates, strict=True)
        ]
        centre = cases[base.id].metrics[metric].value if base else None
        if centre is not None:
            line = {**styles[policy.name].line(1.2), "dash": "dot"}
            lines.append(dots.vertical(factor * centre, len(labels), line, "nominal", policy.name))
    values = [end for one in drawn for part in (one.values, one.lows, one.highs) for end in part]
    options = PERCENT if info.kind == "rate" else {"range": band_around(values)}
    return Plot(
        key=key,
        label=f"{info.label} in each case of the suite {suite.name}, with 95 % intervals",
        traces=lines + dots.traces(drawn, labels, info.shown_unit, format=".1f" if factor > 1 else ".3f"),
        layout=layout(axis(with_unit(info), nticks=4, **options), rows_axis(labels)),
        height=rows_height(len(labels), len(drawn)),
        data=Data(("policy", "case", with_unit(info), "95 % from", "to", "episodes"), rows),
    )


def direction_label(degrees: float) -> str:
    """E.g. `90° to the left`."""
    named = {0.0: "forwards", 90.0: "to the left", 180.0: "backwards", 270.0: "to the right"}
    return f"{number(degrees, 0)}°" + (f", {named[degrees]}" if degrees in named else "")
