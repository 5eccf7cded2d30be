"""Packages that only an extra installs: imported where they are used, and asked for before any work is done."""

from __future__ import annotations

import importlib.util
from typing import NamedTuple

from wildrobot.errors import UsageError


class Extra(NamedTuple):
    """An extra of `wildrobot`, and the packages of it that something needs."""

    name: str
    packages: tuple[str, ...]


REPORT = Extra("report", ("jinja2", "plotly"))
PICTURE = Extra("report", ("matplotlib",))
FILM = Extra("video", ("imageio", "imageio_ffmpeg"))
ONNX = Extra("onnx", ("onnx", "onnxruntime"))


def why_not(what: str, extra: Extra) -> str | None:
    """One sentence if a package is missing, with what to do; None if all are there."""
    missing = [name for name in extra.packages if importlib.util.find_spec(name) is None]
    return f'{what} needs {" and ".join(missing)}; run `pip install "wildrobot[{extra.name}]"`' if missing else None


def require(what: str, extra: Extra) -> None:
    """Checks that packages are there.

    Args:
      what: needs them, for the message.
      extra: which packages.

    Raises:
      UsageError: if one is missing, with what to do.
    """
    if reason := why_not(what, extra):
        raise UsageError(reason)
