"""Left and right exchanged: what the entries of observations are for the robot's mirror image."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float

from wildrobot.robot.mirror import AXIAL, POLAR, SignedPermutation

Kind = Literal[
    "same",
    "negated",
    "polar",
    "axial",
    "planar",
    "roll_pitch",
    "joints",
    "joint_sizes",
    "feet",
    "foot_vectors",
    "parameters",
]
"""How the numbers of an entry change: `polar` vectors flip y, `axial` ones (rotations) x and z, `planar` velocities
(vx, vy, yaw rate) the last two; `joints` change places and signs, `joint_sizes` (of play, of torque limits) places."""


class RobotMirror(NamedTuple):
    """The mirror of a robot's joints, and the signs that its variants' parameters get."""

    joints: SignedPermutation
    parameter_signs: Float[np.ndarray, " parameters"]


def of_kind(kind: Kind, size: int, robot: RobotMirror) -> SignedPermutation:
    """The mirror of an entry of that size."""
    index, ones = np.arange(size), np.ones(size, np.float32)
    feet = index.reshape(2, -1)[::-1].ravel() if size % 2 == 0 else index
    match kind:
        case "same":
            return SignedPermutation(index, ones)
        case "negated":
            return SignedPermutation(index, -ones)
        case "polar":
            return POLAR
        case "axial":
            return AXIAL
        case "planar" | "roll_pitch":
            sign = {"planar": (1, -1, -1), "roll_pitch": (-1, 1)}[kind]
            return SignedPermutation(index, np.array(sign, np.float32))
        case "joints":
            return robot.joints
        case "joint_sizes":
            return SignedPermutation(robot.joints.source, ones)
        case "feet":
            return SignedPermutation(feet, ones)
        case "foot_vectors":
            return SignedPermutation(feet, np.tile(POLAR.sign, 2))
        case "parameters":
            return SignedPermutation(index, robot.parameter_signs)


def joined(parts: Iterable[SignedPermutation]) -> SignedPermutation:
    """The mirror of entries in a row."""
    parts = list(parts)
    starts = np.cumsum([0, *(len(part.source) for part in parts[:-1])])
    return SignedPermutation(
        np.concatenate([part.source + start for part, start in zip(parts, starts, strict=True)]),
        np.concatenate([part.sign for part in parts]),
    )
