"""What a study leaves for people: a page, and the same as Markdown for the documentation."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from trainers.study import layout, tables, verdict
from trainers.study.layout import Page
from trainers.study.results import Results
from wildrobot.evaluation.show.report import comparison_plots, comparison_tables, groups
from wildrobot.evaluation.show.report.numbers import minus, words
from wildrobot.evaluation.show.report.plots.base import Legend
from wildrobot.evaluation.show.report.style import Style, nth

_TRAINING = (
    "Learning curves of every run, as the trainers wrote them. Returns are comparable only between runs with the same "
    "reward."
)


def write(folder: Path, results: Results, missing: Sequence[str]) -> tuple[Path, Path]:
    """Writes `study.md` and `index.html`.

    Args:
      folder: where to; made if it is missing.
      results: of the study.
      missing: a sentence on each run that is not there.

    Returns:
      The paths of both.

    Raises:
      CannotWrite: if the disk refuses.
    """
    return layout.write(folder, markdown(results, missing), _page(results, missing))


def markdown(results: Results, missing: Sequence[str]) -> str:
    """Verdicts and tables as a section of a document."""
    parts = [f"## {results.study.title}", verdict.blame(results)]
    for index, question in enumerate(results.asked):
        parts.append(f"**{question.asks}** {verdict.answer(results, index)}")
    for heading, table in tables.all_tables(results):
        parts += [f"### {heading}", tables.markdown(table)]
    details = []
    for question, comparison in zip(results.asked, results.evaluation.comparisons, strict=True):
        for name, suite in comparison.suites.items():
            details += [f"- {words(name).capitalize()}: {minus(detail)}" for detail in suite.details]
        details += [f"- Style: {minus(detail)}" for detail in verdict.style_details(results, question)]
    if details:
        parts += ["### Every comparison", "\n".join(details)]
    if missing:
        parts.append(f"Not done: {'; '.join(missing)}.")
    return "\n\n".join(parts) + "\n"


def _page(results: Results, missing: Sequence[str]) -> Page:
    evaluation = results.evaluation
    of_groups = {name: nth(index) for index, name in enumerate(results.members)}
    of_runs = {
        name: Style(of_groups[group].slot, nth(index).dash, nth(index).symbol)
        for group, names in results.members.items()
        for index, name in enumerate(names)
    }
    learning = groups.learning(evaluation, of_runs)
    if learning is not None:
        # One entry for each group: its runs share a colour.
        legend = [Legend(name, "marker", look.colour, "", look.symbol) for name, look in of_groups.items()]
        learning = dataclasses.replace(learning, legend=legend)
    comparisons = [
        {
            "groups": list(comparison.groups),
            "unit": comparison.unit,
            "suites": comparison_tables.suites(evaluation, comparison),
            "plots": comparison_plots.compared(evaluation, index, of_groups),
        }
        for index, comparison in enumerate(evaluation.comparisons)
    ]
    quick = " · quick" if evaluation.settings.quick else ""
    return Page(
        title=results.study.title,
        kind=f"study{quick}",
        lead=verdict.blame(results),
        cards=[(question.asks, minus(verdict.answer(results, index))) for index, question in enumerate(results.asked)],
        missing=missing,
        tables=tables.all_tables(results),
        plots=[("Training", _TRAINING, learning)] if learning is not None else [],
        comparisons=comparisons,
        version=evaluation.settings.versions.get("wildrobot", ""),
    )
