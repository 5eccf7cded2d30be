"""Left and right exchanged: what an observation, an action or a command is for the robot's mirror image.

Everything that is observed is mirrored by a signed permutation, x -> sign * x[source]. Joints come from the robot's own
mirror; how each entry is made of joints, vectors and feet is stated with the entry.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

Kind = Literal[
    "same", "negated", "polar", "axial", "planar", "roll_pitch", "joints", "joint_sizes", "feet", "foot_vectors"
]
"""How the numbers of an entry change: `polar` vectors flip y, `axial` ones (rotations) x and z, `planar` velocities
(vx, vy, yaw rate) the last two; `joints` change places and signs, `joint_sizes` (of play, of torque limits) places."""


class SignedPermutation(NamedTuple):
    """x -> sign * x[source], along the last axis."""

    source: Int[np.ndarray, " n"]
    sign: Float[np.ndarray, " n"]

    def __call__(self, x: Float[Array, "*batch n"]) -> Float[Array, "*batch n"]:
        return jnp.asarray(self.sign) * x[..., self.source]


def of_kind(kind: Kind, size: int, joints: SignedPermutation) -> SignedPermutation:
    """The mirror of an entry of that size."""
    index, ones = np.arange(size), np.ones(size, np.float32)
    feet = index.reshape(2, -1)[::-1].ravel() if size % 2 == 0 else index
    match kind:
        case "same":
            return SignedPermutation(index, ones)
        case "negated":
            return SignedPermutation(index, -ones)
        case "polar" | "axial" | "planar" | "roll_pitch":
            sign = {"polar": (1, -1, 1), "axial": (-1, 1, -1), "planar": (1, -1, -1), "roll_pitch": (-1, 1)}[kind]
            return SignedPermutation(index, np.array(sign, np.float32))
        case "joints":
            return joints
        case "joint_sizes":
            return SignedPermutation(joints.source, ones)
        case "feet":
            return SignedPermutation(feet, ones)
        case "foot_vectors":
            return SignedPermutation(feet, np.tile(np.array([1, -1, 1], np.float32), 2))


def joined(parts: Iterable[SignedPermutation]) -> SignedPermutation:
    """The mirror of entries in a row."""
    parts = list(parts)
    starts = np.cumsum([0, *(len(part.source) for part in parts[:-1])])
    return SignedPermutation(
        np.concatenate([part.source + start for part, start in zip(parts, starts, strict=True)]),
        np.concatenate([part.sign for part in parts]),
    )
