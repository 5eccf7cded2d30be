"""The page of a study or of a sweep: one template, whatever it has found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from markupsafe import Markup

from wildrobot.evaluation.show.report import inline
from wildrobot.evaluation.show.report.plots.base import PlotGroup
from wildrobot.evaluation.show.report.tables import Table
from wildrobot.evaluation.show.report.template import asset, environment
from wildrobot.files import make_folder, write_text


@dataclass(frozen=True)
class Page:
    """What the template shows, in this order.

    Attributes:
      title, kind: of what it is, and what it is: `study`, `sweep`.
      lead: what it comes to.
      cards: headings, each with a sentence or two.
      missing: a sentence on each part that is not done.
      tables: each with its heading.
      plots: groups of plots, each with its heading and an introduction.
      comparisons: of groups, as the macro `comparison` wants them.
      version: of WildRobot.
    """

    title: str
    kind: str
    lead: str
    cards: Sequence[tuple[str, str]]
    missing: Sequence[str]
    tables: Sequence[tuple[str, Table]]
    plots: Sequence[tuple[str, str, PlotGroup]]
    comparisons: Sequence[dict[str, Any]]
    version: str


def write(folder: Path, markdown: str, page: Page) -> tuple[Path, Path]:
    """Writes `study.md` and `index.html`.

    Args:
      folder: where to; made if it is missing.
      markdown: the whole text.
      page: the same, for a browser.

    Returns:
      The paths of both.

    Raises:
      CannotWrite: if the disk refuses.
    """
    make_folder(folder)
    text, html = folder / "study.md", folder / "index.html"
    write_text(text, markdown)
    write_text(html, _html(page))
    return text, html


def _html(page: Page) -> str:
    groups = [group for _, _, group in page.plots]
    groups += [each["plots"] for each in page.comparisons if each["plots"] is not None]
    template = resources.files(__name__.rpartition(".")[0]).joinpath("page.html.j2").read_text(encoding="utf-8")
    return environment().from_string(template).render(
        page=page,
        style=Markup(asset("style.css")),
        script=Markup(asset("page.js")),
        library=inline.library(),
        drawings=inline.packed_tree({plot.key: plot.tree() for group in groups for plot in group.plots}),
    )  # fmt: skip
