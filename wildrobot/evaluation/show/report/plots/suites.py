"""The drawing that answers a suite's question: the push ladder, the age of readings, and what each change does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wildrobot.evaluation.judge.result import Evaluation, PolicyResult, SuiteInfo
from wildrobot.evaluation.play.case import Case, Push
from wildrobot.evaluation.show.report.numbers import minus, number, shown, with_unit
from wildrobot.evaluation.show.report.plots import dots
from wildrobot.evaluation.show.report.plots.base import (
    PERCENT,
    Data,
    Plot,
    axis,
    band_around,
    layout,
    rows_axis,
    rows_height,
    scaled,
)
from wildrobot.evaluation.show.report.plots.survival import Counts, curve
from wildrobot.evaluation.show.report.style import Style

ANY_DIRECTION = "any"


def pushes(suite: SuiteInfo) -> list[tuple[Case, Push]]:
    """The cases with a push."""
    return [(case, case.push) for case in suite.cases if case.push]


def directions(suite: SuiteInfo) -> list[float]:
    """The directions [deg] of the pushes, in order."""
    return sorted({360.0 * index / push.directions for _, push in pushes(suite) for index in range(push.directions)})


def survival_by_force(suite: SuiteInfo, policy: PolicyResult, direction: float | None = None) -> Counts:
    """(force [N], survived, episodes) over all directions, or one."""
    pooled: dict[float, list[float]] = {}
    for case, push in pushes(suite):
        pooled.setdefault(push.force_N, []).extend(
            value
            for index, value in enumerate(_survived(suite, policy, case))
            if value is not None and direction in (None, 360.0 / push.directions * (index % push.directions))
        )
    return _counted(pooled)


def ladder(
    key: str, suite: SuiteInfo, policies: Sequence[PolicyResult], styles: dict[str, Style], direction: float | None
) -> Plot:
    """Survival over the force of a push, with Wilson intervals."""
    where = "in any direction" if direction is None else f"towards {direction:g} degrees"
    return curve(
        key,
        f"Survival over the force of a push {where}, with 95 % intervals",
        {policy.name: survival_by_force(suite, policy, direction) for policy in policies},
        styles,
        quantity="force",
        unit="N",
    )


def has_leg_periods(suite: SuiteInfo) -> bool:
    """Whether the legs are read at several periods, so that there is a curve to draw."""
    return len({case.leg_period_steps for case in suite.cases} - {None}) > 1


def survival_by_leg_period(suite: SuiteInfo, policy: PolicyResult) -> Counts:
    """(control steps between two readings of a leg's joint, survived, episodes)."""
    pooled: dict[float, list[float]] = {}
    for case in suite.cases:
        if case.leg_period_steps is not None:
            values = _survived(suite, policy, case)
            pooled.setdefault(float(case.leg_period_steps), []).extend(value for value in values if value is not None)
    return _counted(pooled)


def leg_periods(key: str, suite: SuiteInfo, policies: Sequence[PolicyResult], styles: dict[str, Style]) -> Plot:
    """Survival over the period of the leg readings, with Wilson intervals."""
    return curve(
        key,
        "Survival over the period of the leg readings, with 95 % intervals",
        {policy.name: survival_by_leg_period(suite, policy) for policy in policies},
        styles,
        quantity="period of the leg readings",
        unit="control steps",
    )


def _survived(suite: SuiteInfo, policy: PolicyResult, case: Case) -> Sequence[float | None]:
    return policy.suites[suite.name].cases[case.id].metrics["survival"].values


def _counted(pooled: Mapping[float, Sequence[float]]) -> Counts:
    return [(place, round(sum(values)), len(values)) for place, values in sorted(pooled.items()) if values]


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
