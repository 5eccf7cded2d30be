"""Whether a film can be made here, and with which OpenGL library. Imports nothing that imports MuJoCo."""

from __future__ import annotations

import ctypes.util
import importlib.util
import os
import sys
from pathlib import Path

from wildrobot.errors import UsageError

_LIBRARIES = {"osmesa": "OSMesa", "egl": "EGL"}
INSTALL = (
    "install one with `apt-get install libosmesa6`, or `apt-get install libegl1` where there is a graphics card, "
    "and set MUJOCO_GL=osmesa or MUJOCO_GL=egl"
)


def prepare(path: Path) -> None:
    """Checks before anything is played that a film can be made, and tells MuJoCo how. Call it before importing mujoco.

    Without a screen, MuJoCo's own default cannot render; then OSMesa is taken where it is installed, else EGL.

    Raises:
      UsageError: saying what to install, or that the file name is not one of a film.
    """
    if path.suffix.lower() != ".mp4":
        raise UsageError(f"--video {path}: a film is written as MP4; give a file name that ends in .mp4")
    missing = [name for name in ("imageio", "imageio_ffmpeg") if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(f'--video needs {" and ".join(missing)}: run `pip install "wildrobot[video]"`')
    if not sys.platform.startswith("linux") or os.environ.get("DISPLAY"):
        return
    asked = os.environ.get("MUJOCO_GL", "").lower()
    if asked in _LIBRARIES and ctypes.util.find_library(_LIBRARIES[asked]) is None:
        raise UsageError(f"--video: MUJOCO_GL is {asked}, but its library is not installed; {INSTALL}")
    if not asked:
        installed = [name for name, library in _LIBRARIES.items() if ctypes.util.find_library(library)]
        if not installed:
            raise UsageError(f"--video needs an OpenGL library, and none is installed; {INSTALL}")
        os.environ["MUJOCO_GL"] = installed[0]
