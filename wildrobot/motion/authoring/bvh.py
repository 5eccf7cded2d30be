"""Motions in the BVH format: a skeleton, and the channels of its joints frame by frame."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float

from wildrobot.errors import UsageError
from wildrobot.motion.authoring.human import Human, about, z_up

_NAMES = {
    "pelvis": ("hips", "hip", "pelvis", "root"),
    "chest": ("chest", "spine2", "spine1", "thorax", "upperchest", "spine"),
    **{
        f"{side}_{part}": tuple(f"{mark}{name}" for mark in marks for name in names)
        for side, marks in (("left", ("left", "l")), ("right", ("right", "r")))
        for part, names in (
            ("hip", ("upleg", "thigh", "hip", "upperleg", "hipjoint_")),
            ("knee", ("leg", "knee", "shin", "lowleg", "lowerleg", "calf")),
            ("ankle", ("foot", "ankle")),
            ("shoulder", ("arm", "shoulder", "upperarm", "uparm")),
            ("elbow", ("forearm", "elbow", "lowarm", "lowerarm")),
            ("wrist", ("hand", "wrist")),
        )
    },
}
"""The names that skeletons give the parts, lower case, without separators; the first that occurs is taken."""


@dataclass
class _Joint:
    name: str
    parent: int
    offset: Float[np.ndarray, " 3"]
    channels: list[str] = field(default_factory=list)


def load(path: Path, *, metres_per_unit: float = 0.01) -> Human:
    """Reads a motion with y up; a human that faces z, as most BVH files have it, is turned to face x.

    Args:
      path: the file.
      metres_per_unit: 0.01 for a file in centimetres.

    Raises:
      UsageError: if the file is missing or malformed, or its skeleton lacks a part that is needed.
    """
    if not path.is_file():
        raise UsageError(f"the motion {path} does not exist; give a .bvh file")
    try:
        words = path.read_text(encoding="utf-8", errors="strict").split()
        joints, rest = _hierarchy(words)
        period_s, frames = _motion(rest, sum(len(joint.channels) for joint in joints))
    except (OSError, UnicodeDecodeError, ValueError, IndexError) as error:
        raise UsageError(f"{path} is not a BVH motion ({error}); take another file, or export it anew") from None
    chosen = _chosen(path, [joint.name for joint in joints])
    places, turns = _pose(joints, frames)
    # Right-handed with y up: facing z, left is x. Renamed so that x is forward and z to the right.
    forward = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])
    basis = z_up(forward.T).T
    return Human(
        name=path.stem,
        source=f"BVH motion {path.name}",
        licence="as the file's",
        period_s=period_s,
        places_m={part: metres_per_unit * places[index] @ basis.T for part, index in chosen.items()},
        turns={part: basis @ turns[chosen[part]] @ basis.T for part in ("pelvis", "chest")},
        loop=False,
    )


def _hierarchy(words: list[str]) -> tuple[list[_Joint], list[str]]:
    if words[0].upper() != "HIERARCHY":
        raise ValueError("it does not begin with HIERARCHY")
    joints: list[_Joint] = []
    stack: list[int] = []
    at, latest = 1, -1
    while words[at].upper() != "MOTION":
        word = words[at].upper()
        if word in ("ROOT", "JOINT", "END"):
            joints.append(_Joint(words[at + 1], stack[-1] if stack else -1, np.zeros(3)))
            latest, at = len(joints) - 1, at + 2
        elif word == "{":
            stack.append(latest)
            at += 1
        elif word == "}":
            stack.pop()
            at += 1
        elif word == "OFFSET":
            joints[latest].offset = np.array([float(value) for value in words[at + 1 : at + 4]])
            at += 4
        elif word == "CHANNELS":
            count = int(words[at + 1])
            joints[latest].channels = [name.lower() for name in words[at + 2 : at + 2 + count]]
            at += 2 + count
        else:
            raise ValueError(f"unexpected {words[at]!r} in its hierarchy")
    unknown = sorted(
        {c for joint in joints for c in joint.channels if not re.fullmatch(r"[xyz](position|rotation)", c)}
    )
    if unknown:
        raise ValueError(f"unknown channels {', '.join(unknown)}")
    return joints, words[at + 1 :]


def _motion(words: list[str], width: int) -> tuple[float, Float[np.ndarray, "T channels"]]:
    if [word.lower() for word in (words[0], words[2], words[3])] != ["frames:", "frame", "time:"]:
        raise ValueError("its motion does not begin with `Frames: N` and `Frame Time: s`")
    count, period_s = int(words[1]), float(words[4])
    values = np.array(words[5:], np.float64)
    if values.size != count * width or count < 3 or period_s <= 0 or not np.isfinite(values).all():
        raise ValueError(f"it announces {count} frames of {width} finite numbers, and has {values.size} numbers")
    return period_s, values.reshape(count, width)


def _chosen(path: Path, names: list[str]) -> dict[str, int]:
    plain = [re.sub(r"[^a-z0-9]", "", name.lower().split(":")[-1]) for name in names]
    chosen = {}
    for part, choices in _NAMES.items():
        found = [plain.index(choice) for choice in choices if choice in plain]
        if not found:
            raise UsageError(
                f"{path} has no joint for the {part.replace('_', ' ')}: looked for {', '.join(choices)}; "
                f"its skeleton has: {', '.join(names)}"
            )
        chosen[part] = found[0]
    return chosen


def _pose(
    joints: list[_Joint], frames: Float[np.ndarray, "T channels"]
) -> tuple[list[Float[np.ndarray, "T 3"]], list[Float[np.ndarray, "T 3 3"]]]:
    places: list[np.ndarray] = []
    turns: list[np.ndarray] = []
    column = 0
    for joint in joints:
        shift, own = np.tile(joint.offset, (len(frames), 1)), np.tile(np.eye(3), (len(frames), 1, 1))
        moved = [name for name in joint.channels if name.endswith("position")]
        if moved:
            shift[:, ["xyz".index(name[0]) for name in moved]] = 0.0
        for name in joint.channels:
            axis, values = "xyz".index(name[0]), frames[:, column]
            if name.endswith("position"):
                shift[:, axis] += values
            else:
                own = own @ about(axis, np.radians(values))
            column += 1
        if joint.parent < 0:
            places.append(shift)
            turns.append(own)
        else:
            places.append(places[joint.parent] + np.einsum("tij,tj->ti", turns[joint.parent], shift))
            turns.append(turns[joint.parent] @ own)
    return places, turns
