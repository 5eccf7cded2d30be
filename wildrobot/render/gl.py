"""Finds an OpenGL library that MuJoCo can draw with here. Imports nothing that imports MuJoCo."""

from __future__ import annotations

import ctypes.util
import os
import sys
from pathlib import Path

from wildrobot import extras
from wildrobot.errors import UsageError

_LIBRARIES = {"osmesa": "OSMesa", "egl": "EGL"}
INSTALL = (
    "install one with `apt-get install libosmesa6`, or `apt-get install libegl1` where there is a graphics card, "
    "and set MUJOCO_GL=osmesa or MUJOCO_GL=egl"
)


def choose() -> None:
    """Tells MuJoCo what to draw with; call it before importing mujoco.

    Without a screen, MuJoCo's own default cannot draw; then OSMesa is taken where it is installed, else EGL, unless
    the environment variable MUJOCO_GL says something.
    """
    if _has_screen() or os.environ.get("MUJOCO_GL"):
        return
    installed = [name for name, library in _LIBRARIES.items() if ctypes.util.find_library(library)]
    if installed:
        os.environ["MUJOCO_GL"] = installed[0]


def require(who: str) -> None:
    """The same, for something that cannot do without.

    Args:
      who: who wants to draw, for the error.

    Raises:
      UsageError: if there is nothing to draw with, saying what to install.
    """
    choose()
    asked = os.environ.get("MUJOCO_GL", "").lower()
    if _has_screen():
        return
    if not asked:
        raise UsageError(f"{who} needs an OpenGL library, and none is installed; {INSTALL}")
    if asked in _LIBRARIES and ctypes.util.find_library(_LIBRARIES[asked]) is None:
        raise UsageError(f"{who}: MUJOCO_GL is {asked}, but its library is not installed; {INSTALL}")


def require_film(who: str, path: Path | None = None) -> None:
    """Checks before any work that a film can be made, and tells MuJoCo what to draw with, as `choose`.

    Args:
      who: who wants to film, for the error.
      path: of the film, where the user has named it.

    Raises:
      UsageError: for another ending than .mp4, and for a package or a library of OpenGL that is missing.
    """
    if path is not None and path.suffix.lower() != ".mp4":
        raise UsageError(f"{who} {path}: a film is written as MP4; give a file name that ends in .mp4")
    extras.require(who, extras.FILM)
    require(who)


def _has_screen() -> bool:
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY"))
