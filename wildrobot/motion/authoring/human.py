"""Recorded human motion: where its joints are, whatever file it came from."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

PARTS = (
    "pelvis", "chest",
    "left_hip", "left_knee", "left_ankle", "right_hip", "right_knee", "right_ankle",
    "left_shoulder", "left_elbow", "left_wrist", "right_shoulder", "right_elbow", "right_wrist",
)  # fmt: skip
"""What a retargeting needs of a skeleton."""


@dataclass(frozen=True)
class Human:
    """A recording. x forward, y left, z up; the floor is at z = 0 or thereabouts.

    Attributes:
      name: of the recording.
      source, licence: for the clip's provenance.
      period_s: between frames.
      places_m: part -> position, shape (T, 3).
      turns: `pelvis` and `chest` -> rotation into the world, shape (T, 3, 3); the identity is upright, facing x.
      loop: whether the last frame is the first one again, further on.
      lean_known: whether the turns have the body's own lean; if not, only how it changes counts, and the body is taken
        to be upright on average.
    """

    name: str
    source: str
    licence: str
    period_s: float
    places_m: Mapping[str, Float[np.ndarray, "T 3"]]
    turns: Mapping[str, Float[np.ndarray, "T 3 3"]]
    loop: bool
    lean_known: bool = True

    @property
    def leg_length_m(self) -> float:
        """From hip to knee to ankle, the mean of both legs at the first frame."""
        lengths = []
        for side in ("left", "right"):
            hip, knee, ankle = (self.places_m[f"{side}_{part}"][0] for part in ("hip", "knee", "ankle"))
            lengths.append(np.linalg.norm(hip - knee) + np.linalg.norm(knee - ankle))
        return float(np.mean(lengths))

    def mirrored(self) -> Human:
        """The same motion with left and right exchanged."""
        flip = np.array([1.0, -1.0, 1.0])

        def other(part: str) -> str:
            swap = {"left": "right", "right": "left"}
            side, _, rest = part.partition("_")
            return f"{swap[side]}_{rest}" if side in swap else part

        return dataclasses.replace(
            self,
            name=f"{self.name}-mirrored",
            places_m={other(part): places * flip for part, places in self.places_m.items()},
            turns={part: flip[:, None] * turns * flip for part, turns in self.turns.items()},
        )


def rotations(quat: Float[np.ndarray, "*any 4"]) -> Float[np.ndarray, "*any 3 3"]:
    """Matrices of wxyz quaternions, which need not be of unit length."""
    w, x, y, z = np.moveaxis(quat / np.linalg.norm(quat, axis=-1, keepdims=True), -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows), (0, 1), (-2, -1))


def about(axis: int, angle_rad: Float[np.ndarray, "*any"] | float) -> Float[np.ndarray, "*any 3 3"]:
    """Rotations about the x (0), y (1) or z (2) axis."""
    quat = np.zeros((*np.shape(angle_rad), 4))
    quat[..., 0], quat[..., 1 + axis] = np.cos(np.asarray(angle_rad) / 2), np.sin(np.asarray(angle_rad) / 2)
    return rotations(quat)


def heading_rad(turns: Float[np.ndarray, "T 3 3"]) -> Float[np.ndarray, " T"]:
    """Where the x axis of a turned body points, seen from above."""
    return np.arctan2(turns[..., 1, 0], turns[..., 0, 0])


def z_up(y_up: Float[np.ndarray, "*any 3"]) -> Float[np.ndarray, "*any 3"]:
    """From a frame with y up and z to the right into this project's: x forward, y left, z up."""
    x, y, z = np.moveaxis(y_up, -1, 0)
    return np.stack([x, -z, y], axis=-1)
