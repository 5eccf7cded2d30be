"""Packages that only some outputs need: imported where they are used, and asked for before anything is played."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

from wildrobot.errors import UsageError

REPORT = ("jinja2", "plotly")
PICTURE = ("matplotlib",)
FILM = ("imageio", "imageio_ffmpeg")


def why_not(what: str, packages: Sequence[str]) -> str | None:
    """One sentence if a package is missing, with what to do; None if all are there."""
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if not missing:
        return None
    extra = "video" if set(missing) <= set(FILM) else "report"
    return f'{what} needs {" and ".join(missing)}; run `pip install "wildrobot[{extra}]"`'


def require(what: str, packages: Sequence[str]) -> None:
    """Checks that packages are there.

    Raises:
      UsageError: if one is missing, with what to do.
    """
    if reason := why_not(what, packages):
        raise UsageError(reason)
