"""The drawing that answers a suite's question: the push ladder, and what each change of the robot does."""

from __future__ import annotations

from collections.abc import Sequence

from wildrobot.evaluation.judge.result import Document
from wildrobot.evaluation.judge.result.played import CaseInfo, SuiteInfo
from wildrobot.evaluation.judge.result.results import PolicyResult
from wildrobot.evaluation.measure.statistics import wilson_interval
from wildrobot.evaluation.show.report.numbers import minus, number, percent, shown, unit_of, with_unit
from wildrobot.evaluation.show.report.plots import dots
from wildrobot.evaluation.show.report.plots.base import (
    PERCENT,
    Data,
    Plot,
    arms,
    axis,
    band_around,
    beside,
    layout,
    rows_axis,
    rows_height,
    scaled,
    scatter,
)
from wildrobot.evaluation.show.report.style import Style

ANY_DIRECTION = "any"


def pushes(suite: SuiteInfo) -> list[CaseInfo]:
    """The cases with a push."""
    return [case for case in suite.cases if case.push]


def directions(suite: SuiteInfo) -> list[float]:
    """The directions [deg] that can be told apart, in order."""
    found: set[float] = set()
    for case in pushes(suite):
        assert case.push
        if case.push.direction_deg is not None:
            found.add(case.push.direction_deg)
        elif case.push.directions:
            found |= {360.0 * index / case.push.directions for index in range(case.push.directions)}
    return sorted(found)


def survival_by_force(
    suite: SuiteInfo, policy: PolicyResult, direction: float | None = None
) -> list[tuple[float, int, int]]:
    """(force [N], survived, episodes) over all directions, or one."""
    pooled: dict[float, list[float]] = {}
    result = policy.suites.get(suite.name)
    for case in pushes(suite):
        played = result.cases.get(case.id) if result else None
        figure = played.figures.get("survival") if played else None
        if not case.push or not figure:
            continue
        every = case.push.directions if case.push.direction_deg is None else None
        if direction is not None and not every and case.push.direction_deg != direction:
            continue
        values = [
            value
            for index, value in enumerate(figure.values)
            if value is not None and (direction is None or not every or 360.0 / every * (index % every) == direction)
        ]
        pooled.setdefault(case.push.force_N, []).extend(values)
    return [(force, round(sum(values)), len(values)) for force, values in sorted(pooled.items()) if values]


def ladder(
    key: str, suite: SuiteInfo, policies: Sequence[PolicyResult], styles: dict[str, Style], direction: float | None
) -> Plot:
    """Survival over the force of a push, with Wilson intervals."""
    traces, rows = [], []
    highest = max(case.push.force_N for case in suite.cases if case.push)
    for index, policy in enumerate(policies):
        steps = survival_by_force(suite, policy, direction)
        ends = [wilson_interval(survived, episodes) for _, survived, episodes in steps]
        rates = [100.0 * survived / episodes for _, survived, episodes in steps]
        style = styles[policy.name]
        shift = 0.03 * highest * beside(index, len(policies))
        bars = arms(rates, [100 * low for low, _ in ends], [100 * high for _, high in ends]) | {"color": style.colour}
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
    forces = sorted({case.push.force_N for case in suite.cases if case.push})
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


def nominal(suite: SuiteInfo) -> CaseInfo | None:
    """The case without any change."""
    plain = (case for case in suite.cases if not case.variant and case.push is None and case.sensors == "ideal")
    return next((case for case in plain if case.latency_steps is None), None)


def by_case(key: str, document: Document, suite: SuiteInfo, figure: str, styles: dict[str, Style]) -> Plot:
    """A figure of every case, beside what it is in the nominal case."""
    info = document.figures[figure]
    factor = 100.0 if unit_of(info) == "%" else 1.0
    labels = [minus(case.label) for case in suite.cases]
    base = nominal(suite)
    drawn, rows, lines = [], [], []
    for policy in document.policies:
        result = policy.suites.get(suite.name)
        if policy.baseline or not result:
            continue
        cases = [result.cases.get(case.id) for case in suite.cases]
        found = [case.figures.get(figure) if case else None for case in cases]
        parts = [
            [scaled(getattr(one, part), factor) if one else None for one in found] for part in ("value", "low", "high")
        ]
        drawn.append(dots.Dots(policy.name, styles[policy.name], parts[0], parts[1], parts[2]))
        rows += [
            [policy.name, label, *(shown(info, value, 3) for value in (one.value, one.low, one.high)), str(one.n)]
            for label, one in zip(labels, found, strict=True)
            if one
        ]
        centre = result.cases[base.id].figures.get(figure) if base and base.id in result.cases else None
        if centre and centre.value is not None:
            line = {**styles[policy.name].line(1.2), "dash": "dot"}
            lines.append(dots.vertical(factor * centre.value, len(labels), line, "nominal", policy.name))
    values = [end for one in drawn for part in (one.values, one.lows, one.highs) for end in part]
    options = PERCENT if info.kind == "rate" else {"range": band_around(values)}
    return Plot(
        key=key,
        label=f"{info.label} in each case of the suite {suite.name}, with 95 % intervals",
        traces=lines + dots.traces(drawn, labels, unit_of(info), format=".1f" if factor > 1 else ".3f"),
        layout=layout(axis(with_unit(info.label, unit_of(info)), nticks=4, **options), rows_axis(labels)),
        height=rows_height(len(labels), len(drawn)),
        data=Data(("policy", "case", with_unit(info.label, unit_of(info)), "95 % from", "to", "episodes"), rows),
    )


def direction_label(degrees: float) -> str:
    """E.g. `90° to the left`."""
    named = {0.0: "forwards", 90.0: "to the left", 180.0: "backwards", 270.0: "to the right"}
    return f"{number(degrees, 0)}°" + (f", {named[degrees]}" if degrees in named else "")
