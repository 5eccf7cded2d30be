"""Clips on disk: a `.npz` without pickles, which says its version."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from wildrobot.errors import UsageError
from wildrobot.files import replacing
from wildrobot.motion.clip import Clip, problem_of
from wildrobot.robot import Robot

FORMAT, VERSION = "wildrobot-clip", 2
"""Of the files that are written. Version 1 had no field for its version; its format was `wildrobot-clip-1`."""
_ARRAYS = {"qpos": 2, "qvel": 2, "contacts": 2, "command": 1, "steady": 1}
"""Name and number of dimensions of each array."""
_HEADER = {"format": str, "version": int, "robot": str, "joints": list, "loop": bool, "provenance": dict}


def save(clip: Clip, path: Path) -> None:
    """Writes a clip; the same clip gives the same bytes.

    Args:
      clip: what to write.
      path: a name that ends in `.npz`.

    Raises:
      CannotWrite: if the file cannot be written; an older one is as it was.
    """
    header = {
        "format": FORMAT, "version": VERSION, "robot": clip.robot, "joints": list(clip.joints), "loop": clip.loop,
        "provenance": dict(clip.provenance),
    }  # fmt: skip
    with replacing(path) as part:
        np.savez_compressed(
            part, header=np.array(json.dumps(header, sort_keys=True)), qpos=clip.qpos, qvel=clip.qvel,
            contacts=clip.contacts, command=clip.command, steady=np.array(clip.steady, np.int64),
        )  # fmt: skip


def load(path: Path, robot: Robot) -> Clip:
    """Reads a clip of this or an older version and checks all of it; the file can run no code.

    Raises:
      UsageError: if the file is missing, is no clip, is damaged, is of a newer version, or is of another robot.
    """
    if not os.path.isfile(path):  # False also for a name that no disk takes
        raise UsageError(f"the clip {path} does not exist; give a .npz file or the name of a shipped clip")
    clip = None
    try:
        header, arrays = _parts(path)
        clip = Clip(
            name=path.stem,
            qpos=np.asarray(arrays["qpos"], np.float64),
            qvel=np.asarray(arrays["qvel"], np.float64),
            contacts=arrays["contacts"],
            loop=header["loop"],
            command=np.asarray(arrays["command"], np.float64),
            steady=(int(arrays["steady"][0]), int(arrays["steady"][-1])),
            provenance=header["provenance"],
            joints=tuple(header["joints"]),
            robot=header["robot"],
        )
        problem = problem_of(clip, robot)
    except _Unusable as error:
        problem = str(error)
    except (TypeError, ValueError, IndexError) as error:
        problem = f"its values are of the wrong kind ({error})"
    if clip is None or problem:
        raise UsageError(f"{path} is not a usable clip: {problem}; make it again with `python -m wildrobot.motion`")
    return clip


class _Unusable(Exception):
    """A file is no clip; the message says why."""


def _parts(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The header of a clip's file in the newest version, and its arrays.

    Raises:
      _Unusable: if parts are missing, unknown or of the wrong kind, or the file cannot be read.
      UsageError: if the file is of a newer version.
    """
    try:
        # From memory: NumPy leaves a damaged file open.
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        header = json.loads(str(arrays.pop("header")))
    except Exception as error:  # zipfile, zlib, NumPy and json each fail in their own ways
        raise _Unusable(f"it cannot be read as one ({type(error).__name__}: {error})") from None
    header = _newest(header, path)
    wrong = sorted(set(arrays) ^ set(_ARRAYS)) + sorted(set(header) ^ set(_HEADER))
    if wrong:
        raise _Unusable(f"missing or unknown parts: {', '.join(wrong)}")
    for name, kind in _HEADER.items():
        if not isinstance(header[name], kind):
            raise _Unusable(f"{name} is not a {kind.__name__}")
    for name, dimensions in _ARRAYS.items():
        if arrays[name].ndim != dimensions:
            raise _Unusable(f"{name} has {arrays[name].ndim} dimensions instead of {dimensions}")
    return header, arrays


def _newest(header: Any, path: Path) -> dict[str, Any]:
    """A header as this version would have written it.

    Raises:
      _Unusable: if it is no clip's.
      UsageError: if it is of a newer version.
    """
    if isinstance(header, dict) and header.get("format") == f"{FORMAT}-1":
        header = header | {"format": FORMAT, "version": 1}
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise _Unusable(f"its format is not {FORMAT}")
    version = header.get("version")
    if type(version) is not int or version < 1:
        raise _Unusable(f"its version is {version!r} and not a number from 1 to {VERSION}")
    if version > VERSION:
        raise UsageError(
            f"{path} is a clip of version {version}, and this wildrobot reads versions up to {VERSION}; use a newer "
            "wildrobot"
        )
    return header | {"version": VERSION}
