"""Puts the page together."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from wildrobot.evaluation.files import make_folder, write_text
from wildrobot.evaluation.judge.result import Document, validate
from wildrobot.evaluation.judge.result.played import SuiteInfo
from wildrobot.evaluation.show.report import (
    comparison_plots,
    comparison_tables,
    gates,
    groups,
    inline,
    provenance,
    summary,
    tables,
)
from wildrobot.evaluation.show.report.films import film
from wildrobot.evaluation.show.report.numbers import words
from wildrobot.evaluation.show.report.plots.base import PlotGroup
from wildrobot.evaluation.show.report.style import Style, of_groups, of_policies

_ASSETS = resources.files("wildrobot.evaluation.show.report") / "assets"


def write(folder: Path, document: dict[str, Any], films: Mapping[str, bytes] = {}) -> Path:
    """Writes the report.

    Args:
      folder: where to; made if it is missing.
      document: the result, see `wildrobot.evaluation.judge.result`.
      films: name of a policy to its film as MP4.

    Returns:
      Path of the page, `folder/index.html`. It is there whole, or as it was before.

    Raises:
      UsageError: if it cannot be written.
      pydantic.ValidationError: if the document does not follow its schema.
    """
    page, path = render(validate(document), films), folder / "index.html"
    make_folder(folder)
    write_text(path, page)
    return path


def render(document: Document, mp4s: Mapping[str, bytes]) -> str:
    """The page as text."""
    styles = of_policies(document)
    suites = [_suite(document, suite, styles) for suite in document.suites if tables.played_by(document, suite)]
    moving, learning = groups.moving(document, styles), groups.learning(document, styles)
    comparisons = _comparisons(document)
    drawn = [*(suite["plots"] for suite in suites), moving, learning, *(each["plots"] for each in comparisons)]
    every = [group for group in drawn if group]
    judged = [policy for policy in document.policies if not policy.baseline]
    return _environment().get_template("page.html.j2").render(
        document=document,
        title=summary.title(document),
        lead=summary.lead(document),
        verdicts=[summary.verdict(document, policy, styles[policy.name]) for policy in judged],
        notes=summary.notes(document),
        films=[film(name, mp4s[name]) for name in (p.name for p in document.policies) if name in mp4s],
        gates=[
            (policy.name, gates.reached(policy), gates.failed(document, policy), gates.passed(document, policy))
            for policy in judged
            if policy.gates
        ],
        suites=suites,
        moving=moving,
        learning=learning,
        comparisons=comparisons,
        cost=comparison_tables.cost(document),
        provenance=provenance.of(document),
        case_columns=provenance.CASE_COLUMNS,
        styles=styles,
        style=Markup(_asset("style.css")),
        script=Markup(_asset("page.js")),
        library=inline.library() if every else "",
        figures=inline.figures(_drawings(every)),
    )  # fmt: skip


def _suite(document: Document, suite: SuiteInfo, styles: dict[str, Style]) -> dict[str, Any]:
    scores = [(policy.name, gates.reached(policy, suite.name)) for policy in tables.played_by(document, suite)]
    return {
        "info": suite,
        "scores": [(name, reached) for name, reached in scores if reached.total],
        "main": tables.main(document, suite, styles),
        "every": tables.every_figure(document, suite, styles),
        "plots": groups.of_suite(document, suite, styles),
    }


def _comparisons(document: Document) -> list[dict[str, Any]]:
    styles = of_groups(document)
    return [
        {
            "groups": list(comparison.groups),
            "unit": comparison.unit,
            "suites": comparison_tables.suites(document, comparison),
            "plots": comparison_plots.compared(document, index, styles),
        }
        for index, comparison in enumerate(document.comparisons)
    ]


def _drawings(every: list[PlotGroup]) -> dict[str, Any]:
    return {plot.key: plot.tree() for group in every for plot in group.plots}


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        autoescape=True,
        loader=jinja2.FunctionLoader(_asset),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["words"] = words
    return environment
