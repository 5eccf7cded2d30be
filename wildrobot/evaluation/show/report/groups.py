"""Which plots the page has, the choices that a reader has in them, and their legends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from wildrobot.evaluation.judge.result import Document
from wildrobot.evaluation.judge.result.played import SuiteInfo
from wildrobot.evaluation.judge.result.results import PolicyResult
from wildrobot.evaluation.show.report import tables
from wildrobot.evaluation.show.report.numbers import in_percent, minus, words
from wildrobot.evaluation.show.report.plots import actuators, motion, suites, training
from wildrobot.evaluation.show.report.plots.base import Legend, Panel, Plot, PlotGroup, Select
from wildrobot.evaluation.show.report.style import Style

_OVERLAID = 3
"""More policies than this hide each other: the page then begins with one."""
_COMMAND = Legend("command", "line", "var(--ink)", "6 4")
_LIMIT = Legend("limit of the servo", "line", "var(--limit)")


def moving(document: Document, styles: Mapping[str, Style]) -> PlotGroup | None:
    """Speed, paths, foot contacts and servos, of any case that was recorded."""
    plots: list[Plot] = []
    options: list[tuple[str, str]] = []
    default = ""
    seen: dict[str, None] = {}
    for suite in document.suites:
        for case in suite.cases:
            series = {p.name: found for p in document.policies if (found := _series(p, suite.name, case.id))}
            if not series:
                continue
            key, seconds = f"{suite.name}/{case.id}", case.seconds or suite.seconds
            options.append((key, f"{words(suite.name)}: {minus(case.label)}"))
            if not default and case.command[0] > 0:
                default = key
            seen |= dict.fromkeys(series)
            actors = {name: one.actuators for name, one in series.items() if one.actuators}
            plots.append(motion.tracking(f"tracking/{key}", case, seconds, series, styles))
            plots.append(motion.paths(f"paths/{key}", case, seconds, series, styles))
            if any(one.contacts for one in series.values()):
                plots.append(motion.gait(f"gait/{key}", case, series, styles))
            if actors:
                plots.append(actuators.torque(f"torque/{key}", case, actors, styles))
                plots.append(actuators.velocity(f"velocity/{key}", case, actors, styles))
    if not plots:
        return None
    selects = [Select("case", "Case", options, default or options[0][0])]
    if len(seen) > 1:
        default = "" if len(seen) <= _OVERLAID else next(iter(seen))
        selects.append(Select("policy", "Policy", [("", "all"), *((name, name) for name in seen)], default))
    servos = any(plot.key.startswith("torque/") for plot in plots)
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
    shown = [panel for panel in panels if any(plot.key.startswith(panel.key.split("{")[0]) for plot in plots)]
    return PlotGroup("moving", selects, [*_legend(seen, styles), _COMMAND, *([_LIMIT] if servos else [])], shown, plots)


def of_suite(document: Document, suite: SuiteInfo, styles: dict[str, Style]) -> PlotGroup | None:
    """The push ladder, or what each change of robot, sensors or engine does; None where a table says it."""
    policies = tables.played_by(document, suite)
    if suites.pushes(suite):
        return _ladder(suite, policies, styles)
    if not policies or not _varied(suite):
        return None
    names = tables.main_figures(document, suite)
    errors = [
        name for name in names if document.figures[name].better == "lower" and not in_percent(document.figures[name])
    ]
    chosen = [name for name in ("survival", *errors[:1]) if name in names]
    tested = [policy.name for policy in policies if not policy.baseline]
    if not chosen or not tested:
        return None
    keys = {name: f"cases/{suite.name}/{name}" for name in chosen}
    line = [Legend("the same in the nominal case", "line", "var(--muted)", "2 3")] if suites.nominal(suite) else []
    return PlotGroup(
        f"suite-{suite.name}",
        [],
        _legend(tested, styles) + line,
        [Panel(key, document.figures[name].label.capitalize(), "") for name, key in keys.items()],
        [suites.by_case(key, document, suite, name, styles) for name, key in keys.items()],
    )


def learning(document: Document, styles: Mapping[str, Style]) -> PlotGroup | None:
    """How training went, by steps and by wall-clock."""
    curves = {policy.name: policy.learning_curve for policy in document.policies if policy.learning_curve}
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
    caption = "With 95 % Wilson intervals. Marks of one force are set a little beside each other; the table is exact."
    return PlotGroup(
        f"suite-{suite.name}",
        [Select("direction", "Pushed towards", ways, suites.ANY_DIRECTION)] if len(ways) > 2 else [],
        _legend(names, styles),
        [
            Panel(
                f"ladder/{suite.name}/" + ("{direction}" if len(ways) > 2 else "any"),
                "Survival over force",
                caption,
                True,
            )
        ],
        plots,
    )


def _varied(suite: SuiteInfo) -> bool:
    """Whether its cases differ in the robot, not in what is asked of it."""
    return any(case.variant or case.latency_steps is not None or case.sensors != "ideal" for case in suite.cases) or (
        len({(case.engine, case.timestep_s) for case in suite.cases}) > 1
    )


def _series(policy: PolicyResult, suite: str, case: str):
    result = policy.suites.get(suite)
    return result.cases[case].series if result and case in result.cases else None


def _legend(names: Iterable[str], styles: Mapping[str, Style]) -> list[Legend]:
    looks = ((name, styles[name]) for name in names)
    return [Legend(name, "line", look.colour, look.stroke_dasharray, look.symbol) for name, look in looks]
