"""Puts the page together."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from wildrobot.errors import UsageError
from wildrobot.evaluation.document import Document, validate
from wildrobot.evaluation.report import comparison_tables, groups, inline, provenance, summary, tables
from wildrobot.evaluation.report.films import film
from wildrobot.evaluation.report.plots.base import PlotGroup
from wildrobot.evaluation.report.style import of_policies

_ASSETS = resources.files("wildrobot.evaluation.report") / "assets"


def write(folder: Path, document: dict[str, Any], films: Mapping[str, bytes] = {}) -> Path:
    """Writes the report.

    Args:
      folder: where to; made if it is missing.
      document: the result, see `wildrobot.evaluation.document`.
      films: name of a policy to its film as MP4.

    Returns:
      Path of the page, `folder/index.html`. It is there whole, or as it was before.

    Raises:
      UsageError: if it cannot be written.
      pydantic.ValidationError: if the document does not follow its schema.
    """
    page = render(validate(document), films)
    path = folder / "index.html"
    temporary = folder / f".index.{os.getpid()}.part.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        temporary.write_text(page, encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}; choose a writable place") from None
    finally:
        temporary.unlink(missing_ok=True)
    return path


def render(document: Document, mp4s: Mapping[str, bytes]) -> str:
    """The page as text."""
    styles = of_policies(document)
    suites = [
        {
            "info": suite,
            "main": tables.main(document, suite, styles),
            "every": tables.every_figure(document, suite, styles),
            "plots": groups.of_suite(document, suite, styles),
        }
        for suite in document.suites
        if tables.played_by(document, suite)
    ]
    moving, learning = groups.moving(document, styles), groups.learning(document, styles)
    compared = groups.compared(document)
    every = [group for group in (*(suite["plots"] for suite in suites), moving, learning, compared) if group]
    judged = [policy for policy in document.policies if not policy.baseline]
    return _environment().get_template("page.html.j2").render(
        document=document,
        title=summary.title(document),
        lead=summary.lead(document),
        verdicts=[summary.verdict(document, policy, styles[policy.name]) for policy in judged],
        comparison_verdicts=summary.comparison_verdicts(document),
        gates=[(policy, summary.gate_rows(document, policy)) for policy in judged if policy.gates],
        films=[film(name, mp4s[name]) for name in (p.name for p in document.policies) if name in mp4s],
        suites=suites,
        moving=moving,
        learning=learning,
        compared=compared,
        comparison_tables=comparison_tables.tables(document),
        cost=comparison_tables.cost(document),
        provenance=provenance.of(document),
        case_columns=provenance.CASE_COLUMNS,
        notes=[(policy.name, note.removeprefix("Note: ")) for policy in document.policies for note in policy.notes],
        styles=styles,
        style=Markup(_asset("style.css")),
        script=Markup(_asset("page.js")),
        library=inline.library() if every else "",
        figures=inline.figures(_drawings(every)),
    )  # fmt: skip


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
    environment.filters["words"] = summary.words
    return environment
