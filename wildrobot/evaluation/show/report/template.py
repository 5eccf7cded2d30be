"""The page's templates, style and script."""

from __future__ import annotations

from importlib import resources

import jinja2

from wildrobot.evaluation.show.report.numbers import words

_ASSETS = resources.files("wildrobot.evaluation.show.report") / "assets"


def asset(name: str) -> str:
    """The text of a file in `assets/`."""
    return (_ASSETS / name).read_text(encoding="utf-8")


def environment() -> jinja2.Environment:
    """Jinja with the project's templates; what is undefined is an error."""
    made = jinja2.Environment(
        autoescape=True,
        loader=jinja2.FunctionLoader(asset),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters["words"] = words
    return made
