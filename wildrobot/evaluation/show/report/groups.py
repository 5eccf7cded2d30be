"""Which plots the page has, the choices that a reader has in them, and their legends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from wildrobot.evaluation.judge.result import Evaluation, PolicyResult, SuiteInfo
from wildrobot.evaluation.show.report import tables
from wildrobot.evaluation.show.report.numbers import minus, words
from wildrobot.evaluation.show.report.plots import actuators, motion, suites, training
from wildrobot.evaluation.show.report.plots.base import Legend, Panel, Plot, PlotGroup, Select
from wildrobot.evaluation.show.report.style import Style

_OVERLAID = 3
"""More policies than this hide each other: the page then begins with one."""
_BESIDE = "With 95 % Wilson intervals. Marks at one place are set a little beside each other; the table is exact."
_COMMAND = Legend("command", "line", "var(--ink)", "6 4")
_LIMIT = Legend("limit of the servo", "line", "var(--limit)")


def moving(evaluation: Evaluation, styles: Mapping[str, Style]) -> PlotGroup:
    """Speed, paths, foot contacts and servos, of any case."""
    plots: list[Plot] = []
    options: list[tuple[str, str]] = []
    default = ""
    for suite in evaluation.suites:
        players = tables.played_by(evaluation, suite)
        for case in suite.cases:
            series = {policy.name: policy.suites[suite.name].cases[case.id].series for policy in players}
            key = f"{suite.name}/{case.id}"
            options.append((key, f"{words(suite.name)}: {minus(case.label)}"))
            if not default and case.command[0] > 0:
                default = key
            servos = {name: one.actuators for name, one in series.items()}
            plots += [
                motion.tracking(f"tracking/{key}", case, series, styles),
                motion.paths(f"paths/{key}", case, series, styles),
                motion.gait(f"gait/{key}", case, series, styles),
                actuators.torque(f"torque/{key}", case, servos, styles),
                actuators.velocity(f"velocity/{key}", case, servos, styles),
            ]
    names = [policy.name for policy in evaluation.policies]
    selects = [Select("case", "Case", options, default or options[0][0])]
    if len(names) > 1:
        default = "" if len(names) <= _OVERLAID else names[0]
        selects.append(Select("policy", "Policy", [("", "all"), *((name, name) for name in names)], default))
    panels = [
        Panel(
            "tracking/{case}",
            "Speed over time",
            "Median of the episodes, averaged over about a gait cycle; the band holds the middle 80 %.",
        ),
        Panel("paths/{case}", "Paths from above", "Up to 16 episodes, each from its start; both axes have one scale."),
        Panel(
            "gait/{case}",
            "Foot contacts",
            "First episode. A bar: the foot bears load. Both feet at once is double support, neither is flight.",
            wide=True,
        ),
        Panel("torque/{case}", "Torque", "Mean to 95th percentile of the absolute torque."),
        Panel("velocity/{case}", "Velocity", "95th percentile of the absolute joint velocity."),
    ]
    return PlotGroup("moving", selects, [*_legend(names, styles), _COMMAND, _LIMIT], panels, plots)


def of_suite(evaluation: Evaluation, suite: SuiteInfo, styles: dict[str, Style]) -> PlotGroup | None:
    """The push ladder, or what each change of robot, sensors or engine does; None where a table says it."""
    policies = tables.played_by(evaluation, suite)
    if suites.pushes(suite):
        return _ladder(suite, policies, styles)
    if not policies or not _varied(suite):
        return None
    names = suite.metrics
    errors = [
        name for name in names if evaluation.metrics[name].better == "lower" and not evaluation.metrics[name].in_percent
    ]
    chosen = [name for name in ("survival", *errors[:1]) if name in names]
    tested = [policy.name for policy in policies if not policy.baseline]
    if not chosen or not tested:
        return None
    keys = {name: f"cases/{suite.name}/{name}" for name in chosen}
    line = [Legend("the same in the nominal case", "line", "var(--muted)", "2 3")] if suites.nominal(suite) else []
    panels = [Panel(key, evaluation.metrics[name].label.capitalize(), "") for name, key in keys.items()]
    plots = [suites.by_case(key, evaluation, suite, name, styles) for name, key in keys.items()]
    if suites.has_leg_periods(suite):
        key = f"leg-periods/{suite.name}"
        panels.insert(0, Panel(key, "Survival over the period of the leg readings", _BESIDE, wide=True))
        plots.append(suites.leg_periods(key, suite, [each for each in policies if not each.baseline], styles))
    return PlotGroup(f"suite-{suite.name}", [], _legend(tested, styles) + line, panels, plots)


def learning(evaluation: Evaluation, styles: Mapping[str, Style]) -> PlotGroup | None:
    """How training went, by steps and by wall-clock."""
    curves = {policy.name: policy.learning_curve for policy in evaluation.policies if policy.learning_curve}
    plots, panels = [], []
    for measure in training.MEASURES:
        for over in training.OVERS:
            plot = training.learning(f"learning/{measure.name}/{over.name}", over, measure, curves, styles)
            if plot:
                plots.append(plot)
                by = "environment steps" if over.name == "steps" else "wall-clock time"
                what = "Speed error" if measure.name == "vx-error" else "Return"
                panels.append(Panel(plot.key, f"{what} by {by}", ""))
    return PlotGroup("learning", [], _legend(curves, styles), panels, plots) if plots else None


def _ladder(suite: SuiteInfo, policies: Sequence[PolicyResult], styles: dict[str, Style]) -> PlotGroup:
    ways = [
        (suites.ANY_DIRECTION, "all directions"),
        *((f"{way:g}", suites.direction_label(way)) for way in suites.directions(suite)),
    ]
    plots = [
        suites.ladder(
            f"ladder/{suite.name}/{way}", suite, policies, styles, None if way == suites.ANY_DIRECTION else float(way)
        )
        for way, _ in ways
    ]
    names = [policy.name for policy in policies]
    return PlotGroup(
        f"suite-{suite.name}",
        [Select("direction", "Pushed towards", ways, suites.ANY_DIRECTION)] if len(ways) > 2 else [],
        _legend(names, styles),
        [
            Panel(
                f"ladder/{suite.name}/" + ("{direction}" if len(ways) > 2 else "any"),
                "Survival over force",
                _BESIDE,
                True,
            )
        ],
        plots,
    )


def _varied(suite: SuiteInfo) -> bool:
    """Whether its cases differ in the robot, not in what is asked of it."""
    engines = {(case.engine, case.timestep_s) for case in suite.cases}
    return len(engines) > 1 or any(case.differs_in_robot for case in suite.cases)


def _legend(names: Iterable[str], styles: Mapping[str, Style]) -> list[Legend]:
    looks = ((name, styles[name]) for name in names)
    return [Legend(name, "line", look.colour, look.stroke_dasharray, look.symbol) for name, look in looks]
