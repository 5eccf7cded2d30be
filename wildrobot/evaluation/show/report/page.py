"""Puts the page together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from wildrobot.evaluation.judge.diagnosis import Diagnosis
from wildrobot.evaluation.judge.result import Evaluation, SuiteInfo
from wildrobot.evaluation.show.report import (
    comparison_plots,
    comparison_tables,
    diagnosis,
    gates,
    groups,
    inline,
    provenance,
    summary,
    tables,
)
from wildrobot.evaluation.show.report.films import film
from wildrobot.evaluation.show.report.plots.base import PlotGroup
from wildrobot.evaluation.show.report.style import Style, group_styles, policy_styles
from wildrobot.evaluation.show.report.template import asset, environment
from wildrobot.files import make_folder, write_text


def write(
    folder: Path, evaluation: Evaluation, films: Mapping[str, bytes] = {}, diagnoses: Mapping[str, Diagnosis] = {}
) -> Path:
    """Writes the report.

    Args:
      folder: where to; made if it is missing.
      evaluation: the result, played now or loaded from JSON.
      films: name of a policy to its film as MP4.
      diagnoses: name of a policy to the diagnosis of its run.

    Returns:
      Path of the page, `folder/index.html`. It is there whole, or as it was before.

    Raises:
      UsageError: if it cannot be written.
    """
    page, path = render(evaluation, films, diagnoses), folder / "index.html"
    make_folder(folder)
    write_text(path, page)
    return path


def render(evaluation: Evaluation, mp4s: Mapping[str, bytes] = {}, diagnoses: Mapping[str, Diagnosis] = {}) -> str:
    """The page as text."""
    styles = policy_styles(evaluation)
    suites = [_suite(evaluation, suite, styles) for suite in evaluation.suites]
    moving, learning = groups.moving(evaluation, styles), groups.learning(evaluation, styles)
    comparisons = _comparisons(evaluation)
    drawn = [*(suite["plots"] for suite in suites), moving, learning, *(each["plots"] for each in comparisons)]
    judged = [policy for policy in evaluation.policies if not policy.baseline]
    return environment().get_template("page.html.j2").render(
        evaluation=evaluation,
        title=summary.title(evaluation),
        lead=summary.lead(evaluation),
        verdicts=[summary.verdict(evaluation, policy, styles[policy.name]) for policy in judged],
        notes=summary.notes(evaluation),
        films=[film(name, mp4s[name]) for name in (p.name for p in evaluation.policies) if name in mp4s],
        gates=[
            (policy.name, gates.reached(policy), gates.failed(evaluation, policy), gates.passed(evaluation, policy))
            for policy in judged
            if policy.gates
        ],
        suites=suites,
        moving=moving,
        learning=learning,
        comparisons=comparisons,
        diagnoses=[(name, diagnosis.section(each)) for name, each in diagnoses.items()],
        cost=comparison_tables.cost(evaluation),
        provenance=provenance.provenance(evaluation),
        case_columns=provenance.CASE_COLUMNS,
        styles=styles,
        style=Markup(asset("style.css")),
        script=Markup(asset("page.js")),
        library=inline.library(),
        drawings=inline.packed_tree(_drawings(group for group in drawn if group)),
    )  # fmt: skip


def _suite(evaluation: Evaluation, suite: SuiteInfo, styles: dict[str, Style]) -> dict[str, Any]:
    scores = [(policy.name, gates.reached(policy, suite.name)) for policy in tables.played_by(evaluation, suite)]
    return {
        "info": suite,
        "scores": [(name, reached) for name, reached in scores if reached.total],
        "main": tables.main(evaluation, suite, styles),
        "every": tables.every_metric(evaluation, suite, styles),
        "plots": groups.of_suite(evaluation, suite, styles),
    }


def _comparisons(evaluation: Evaluation) -> list[dict[str, Any]]:
    styles = group_styles(evaluation)
    return [
        {
            "groups": list(comparison.groups),
            "unit": comparison.unit,
            "suites": comparison_tables.suites(evaluation, comparison),
            "plots": comparison_plots.compared(evaluation, index, styles),
        }
        for index, comparison in enumerate(evaluation.comparisons)
    ]


def _drawings(every: Iterable[PlotGroup]) -> dict[str, Any]:
    return {plot.key: plot.tree() for group in every for plot in group.plots}
