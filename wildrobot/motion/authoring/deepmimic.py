"""Motions in the JSON format of DeepMimic (Peng et al. 2018), as the `pybullet` wheel ships them."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
from jaxtyping import Float

from wildrobot.errors import UsageError
from wildrobot.motion.authoring.human import PARTS, Human, about, rotations, z_up

_BONES: dict[str, tuple[str | None, tuple[float, float, float]]] = {
    "pelvis": (None, (0.0, 0.0, 0.0)),
    "chest": ("pelvis", (0.0, 0.236151, 0.0)),
    "right_hip": ("pelvis", (0.0, 0.0, 0.084887)),
    "right_knee": ("right_hip", (0.0, -0.421546, 0.0)),
    "right_ankle": ("right_knee", (0.0, -0.409870, 0.0)),
    "right_shoulder": ("chest", (-0.02405, 0.24350, 0.18311)),
    "right_elbow": ("right_shoulder", (0.0, -0.274788, 0.0)),
    "right_wrist": ("right_elbow", (0.0, -0.258947, 0.0)),
    "left_hip": ("pelvis", (0.0, 0.0, -0.084887)),
    "left_knee": ("left_hip", (0.0, -0.421546, 0.0)),
    "left_ankle": ("left_knee", (0.0, -0.409870, 0.0)),
    "left_shoulder": ("chest", (-0.02405, 0.24350, -0.18311)),
    "left_elbow": ("left_shoulder", (0.0, -0.274788, 0.0)),
    "left_wrist": ("left_elbow", (0.0, -0.258947, 0.0)),
}
"""DeepMimic's humanoid: each part's parent and its place in it [m]; x forward, y up, z to the right."""
_COLUMNS = {
    "root": slice(1, 4), "pelvis": slice(4, 8), "chest": slice(8, 12), "right_hip": slice(16, 20), "right_knee": 20,
    "right_ankle": slice(21, 25), "right_shoulder": slice(25, 29), "right_elbow": 29, "left_hip": slice(30, 34),
    "left_knee": 34, "left_ankle": slice(35, 39), "left_shoulder": slice(39, 43), "left_elbow": 43,
}  # fmt: skip
"""Where a frame of 44 numbers has each part: a position, a quaternion wxyz, or a hinge's angle about z."""
_WIDTH = 44
_LARGEST, _SHORTEST = 1e9, 1e-3
"""Largest number and shortest quaternion accepted; a quaternion need not be of unit length exactly."""


def load(path: Path) -> Human:
    """Reads a motion of DeepMimic's humanoid.

    Raises:
      UsageError: if the file is missing or malformed, or of another skeleton.
    """
    if not path.is_file():
        raise UsageError(f"the motion {path} does not exist; {where()}")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        frames = np.array(document["Frames"], np.float64)
        loop = document["Loop"] == "wrap"
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(
            f"{path} is not a DeepMimic motion ({type(error).__name__}: {error}); "
            "it needs `Frames` of numbers, and `Loop`"
        ) from None
    if frames.ndim != 2 or frames.shape[1] != _WIDTH or len(frames) < 3:
        raise UsageError(
            f"{path} has frames of shape {frames.shape}; DeepMimic's humanoid has {_WIDTH} numbers in each of 3 or more"
        )
    if not (np.abs(frames) < _LARGEST).all() or not (frames[:-1, 0] > 0).all():
        raise UsageError(
            f"{path} has numbers that are not finite or beyond {_LARGEST:g}, or frames that last no time; take another "
            "recording"
        )
    turns = [frames[:, column] for column in _COLUMNS.values() if isinstance(column, slice) and column.start >= 4]
    if min(np.linalg.norm(quat, axis=1).min() for quat in turns) < _SHORTEST:
        raise UsageError(f"{path} has a quaternion of length 0, which is no rotation; take another recording")
    return _human(path, frames, loop)


def shipped_folder() -> Path | None:
    """Where an installed `pybullet_data` has its motions."""
    found = importlib.util.find_spec("pybullet_data")
    if found is None or not found.submodule_search_locations:
        return None
    return Path(next(iter(found.submodule_search_locations))) / "data" / "motions"


def where() -> str:
    """Where there are such motions, for who has none."""
    folder = shipped_folder()
    if folder is None:
        return 'give a file, or run `pip install "wildrobot[mocap]"`, whose pybullet_data holds some'
    return f"pybullet_data has some in {folder}"


def _human(path: Path, frames: Float[np.ndarray, "T 44"], loop: bool) -> Human:
    turns, places = {}, {}
    for part, (parent, offset) in _BONES.items():
        column = _COLUMNS.get(part)
        if isinstance(column, slice):
            own = rotations(frames[:, column])
        elif column is not None:
            own = about(2, frames[:, column])
        else:
            own = np.broadcast_to(np.eye(3), (len(frames), 3, 3))
        if parent is None:
            turns[part], places[part] = own, frames[:, _COLUMNS["root"]]
        else:
            turns[part] = turns[parent] @ own
            places[part] = places[parent] + turns[parent] @ np.array(offset)
    # The basis change of a rotation: into x forward, y left, z up on both sides.
    basis = z_up(np.eye(3)).T
    return Human(
        name=path.stem,
        source=f"DeepMimic motion {path.name}, as in pybullet_data",
        licence="as the file's; the pybullet wheel is under the zlib licence",
        period_s=float(np.mean(frames[:-1, 0])),
        places_m={part: z_up(places[part]) for part in PARTS},
        turns={part: basis @ turns[part] @ basis.T for part in ("pelvis", "chest")},
        loop=loop,
    )
