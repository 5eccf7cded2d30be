"""One walk of one body, written as BVH by programs that build skeletons differently."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from tests.motion.recordings import swing

CYCLE_S, CYCLES, STRIDE_M = 1.2, 3, 1.0
_PARENTS = {
    "pelvis": None, "spine": "pelvis", "chest": "spine", "head": "chest",
    "left_collar": "chest", "left_shoulder": "left_collar", "left_elbow": "left_shoulder", "left_wrist": "left_elbow",
    "right_collar": "chest", "right_shoulder": "right_collar", "right_elbow": "right_shoulder",
    "right_wrist": "right_elbow",
    "left_hip": "pelvis", "left_knee": "left_hip", "left_ankle": "left_knee",
    "right_hip": "pelvis", "right_knee": "right_hip", "right_ankle": "right_knee",
}  # fmt: skip
_BONES_M = {
    "pelvis": (0, 0, 0), "spine": (-0.02, 0, 0.1), "chest": (0.0, 0, 0.15), "head": (0.02, 0, 0.3),
    "left_collar": (0, 0.03, 0.18), "left_shoulder": (0, 0.14, 0.02), "left_elbow": (0, 0, -0.28),
    "left_wrist": (0, 0, -0.25), "left_hip": (0, 0.09, -0.03), "left_knee": (0, 0, -0.4), "left_ankle": (0, 0, -0.42),
}  # fmt: skip
"""Upright, arms and legs hanging; x forward, y left, z up. The right side is the left one's mirror image."""


def bone_m(joint: str) -> np.ndarray:
    offset = np.array(_BONES_M[joint.replace("right_", "left_")], float)
    return offset * [1, -1, 1] if joint.startswith("right_") else offset


def body(share: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Where the pelvis is and how each joint is turned from the upright body, at shares of cycles from the start."""
    wave = 2 * np.pi * share
    pelvis = np.stack([share * STRIDE_M, 0.02 * np.sin(wave), 0.76 + 0.01 * np.cos(2 * wave)], axis=1)
    turns = {"pelvis": _turned("zyx", 0.08 * np.cos(wave), 0.03 * np.sin(2 * wave), 0.04 * np.sin(wave))}
    turns["spine"] = turns["pelvis"] @ _turned("zyx", -0.1 * np.cos(wave), 0.0 * wave + 0.05, -0.03 * np.sin(wave))
    turns["chest"] = turns["spine"] @ _turned("zyx", -0.1 * np.cos(wave), 0.0 * wave + 0.05, 0.0 * wave)
    turns["head"] = turns["chest"]
    for side, y, shift in (("left", 0.09, 0.0), ("right", -0.09, 0.5)):
        arm = (0.3 if side == "left" else -0.3) * np.cos(wave) - 0.1
        turns[f"{side}_collar"] = turns["chest"]
        turns[f"{side}_shoulder"] = turns["chest"] @ _turned("yx", arm, np.sign(y) * 0.1 + 0.0 * wave)
        turns[f"{side}_elbow"] = turns[f"{side}_shoulder"] @ _turned("y", -0.4 + 0.1 * np.sin(wave))
        turns[f"{side}_wrist"] = turns[f"{side}_elbow"]
        gone = (swing(share + shift) - shift) * STRIDE_M + 0.25 * STRIDE_M
        lifted = np.clip(2.0 * ((share + shift) % 1.0) - 1.0, 0.0, 1.0)
        ankle = np.stack([gone, y + 0.0 * share, 0.08 + 0.1 * np.sin(np.pi * lifted) ** 2], axis=1)
        hip = pelvis + turns["pelvis"] @ bone_m(f"{side}_hip")
        way = ankle - hip
        length = np.linalg.norm(way, axis=1)
        thigh, shin = 0.4, 0.42
        # The knee bends forward by what the law of cosines says.
        ahead = np.arccos((thigh**2 + length**2 - shin**2) / (2 * thigh * length))
        bend = np.pi - np.arccos((thigh**2 + shin**2 - length**2) / (2 * thigh * shin))
        upper = _hanging(way, turns["pelvis"][:, :, 1]) @ _turned("y", -ahead)
        turns[f"{side}_hip"], turns[f"{side}_knee"] = upper, upper @ _turned("y", bend)
        turns[f"{side}_ankle"] = np.tile(np.eye(3), (len(share), 1, 1))
    return pelvis, turns


def _turned(axes: str, *angles: np.ndarray) -> np.ndarray:
    return Rotation.from_euler(axes.upper(), np.stack(angles, axis=1)).as_matrix()


def _hanging(down: np.ndarray, left: np.ndarray) -> np.ndarray:
    up = -down / np.linalg.norm(down, axis=1, keepdims=True)
    left = left - up * (left * up).sum(axis=1, keepdims=True)
    left /= np.linalg.norm(left, axis=1, keepdims=True)
    return np.stack([np.cross(left, up), left, up], axis=-1)


_LIMBS = ("collar", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")


def _named(middle: str, limbs: str, pattern: str) -> dict[str, str]:
    """Part -> name: of pelvis, spine, chest and head, and of `_LIMBS` on both sides by the pattern."""
    names: dict[str, str] = dict(zip(("pelvis", "spine", "chest", "head"), middle.split(), strict=True))
    for side in ("left", "right"):
        for part, limb in zip(_LIMBS, limbs.split(), strict=True):
            names[f"{side}_{part}"] = pattern.format(side=side.capitalize(), S=side[0].upper(), limb=limb)
    return names


MIXAMO = {
    part: f"mixamorig:{name}"
    for part, name in _named(
        "Hips Spine Spine1 Head", "Shoulder Arm ForeArm Hand UpLeg Leg Foot", "{side}{limb}"
    ).items()
}
_MAX = _named("Pelvis Spine Spine1 Head", "Clavicle UpperArm Forearm Hand Thigh Calf Foot", "{S} {limb}")
BIPED = {part: f"Bip01 {name}" for part, name in _MAX.items()}
BLENDER = _named("Hips Spine Chest Head", "Shoulder UpperArm LowerArm Hand UpperLeg LowerLeg Foot", "{limb}_{S}")
SMPL = _named("Pelvis Spine1 Spine2 Head", " ".join(part.capitalize() for part in _LIMBS), "{S}_{limb}")

Y_UP = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]], float)
"""From this project's axes into those of most BVH files: x left, y up, z forward."""


def along_bones(joint: str) -> np.ndarray:
    """A joint's own axes with x along its bone, as 3ds Max and others have them."""
    child = next((below for below, above in _PARENTS.items() if above == joint), None)
    along = bone_m(child) if child else np.array([0.3, 0.1, -1.0])
    along = along / np.linalg.norm(along)
    side = np.cross(along, [0.3, 0.9, 0.2])
    side /= np.linalg.norm(side)
    return np.stack([along, side, np.cross(along, side)], axis=1)


def t_pose(joint: str) -> np.ndarray:
    """Arms level in the rest pose, and hips that the program likes turned."""
    if joint == "pelvis":
        return Rotation.from_euler("XYZ", [0.4, -1.2, 0.7]).as_matrix()
    side = {"left": -1.0, "right": 1.0}.get(joint.split("_")[0], 0.0)
    level = joint.split("_")[-1] in ("shoulder", "elbow", "wrist")
    return Rotation.from_euler("x", side * level * np.pi / 2).as_matrix()


@dataclass(frozen=True)
class Program:
    """How a program builds and writes a skeleton.

    Attributes:
      names: joint -> what it calls it.
      order: channels of rotations, such as `zxy`.
      axes: from this project's axes into its own.
      metres_per_unit: its unit.
      own: joint -> its own axes in the upright body, columns.
      lead_frames: how many frames of standing in the rest pose go before the walk.
      period_s: between frames.
      radius_m: of the circle to the left on which is walked.
    """

    names: Mapping[str, str] = field(default_factory=lambda: MIXAMO)
    order: str = "zxy"
    axes: np.ndarray = field(default_factory=lambda: Y_UP)
    metres_per_unit: float = 0.01
    own: Callable[[str], np.ndarray] = lambda joint: Y_UP.T
    lead_frames: int = 0
    period_s: float = 1 / 60
    radius_m: float = np.inf

    def text(self, cycles: float = CYCLES, share: np.ndarray | None = None) -> str:
        """The file of a walk that begins 0.1 cycles late, or of the shares of cycles that are given for the frames."""
        if share is None:
            share = 0.1 + np.arange(round(cycles * CYCLE_S / self.period_s)) * self.period_s / CYCLE_S
        pelvis, turns = body(share)
        if np.isfinite(self.radius_m):
            turned = _turned("z", pelvis[:, 0] / self.radius_m)
            inward = turned @ [0.0, 1.0, 0.0] * (pelvis[:, 1:2] - self.radius_m)
            pelvis = inward + np.stack([0 * share, 0 * share + self.radius_m, pelvis[:, 2]], axis=1)
            turns = {joint: turned @ own for joint, own in turns.items()}
        if self.lead_frames:
            standing = np.tile(np.eye(3), (self.lead_frames, 1, 1))
            pelvis = np.concatenate([np.tile([0.0, 0.0, 0.93], (self.lead_frames, 1)), pelvis])
            level = {joint: np.array(t_pose(joint) if joint != "pelvis" else np.eye(3)) for joint in turns}
            turns = {joint: np.concatenate([standing @ level[joint].T, turned]) for joint, turned in turns.items()}
        world = {joint: self.axes @ turned @ self.own(joint) for joint, turned in turns.items()}
        columns = [pelvis @ self.axes.T / self.metres_per_unit]
        for joint in self._walked():
            above = _PARENTS[joint]
            local = world[joint] if above is None else np.swapaxes(world[above], 1, 2) @ world[joint]
            columns.append(Rotation.from_matrix(local).as_euler(self.order.upper(), degrees=True))
        values = np.concatenate(columns, axis=1)
        rows = "\n".join(" ".join(f"{value:.5f}" for value in row) for row in values)
        header = f"MOTION\nFrames: {len(values)}\nFrame Time: {self.period_s:.7f}\n"
        return f"HIERARCHY\n{self._joint('pelvis')}\n{header}{rows}\n"

    def _walked(self) -> list[str]:
        """Joints in the order of the file: a joint, then all below its first child."""

        def below(joint: str) -> list[str]:
            children = [child for child, above in _PARENTS.items() if above == joint]
            return [joint, *(deep for child in children for deep in below(child))]

        return below("pelvis")

    def _joint(self, joint: str) -> str:
        above = _PARENTS[joint]
        offset = np.zeros(3) if above is None else self.own(above).T @ bone_m(joint) / self.metres_per_unit
        kind, moved = ("ROOT", "Xposition Yposition Zposition ") if above is None else ("JOINT", "")
        channels = moved + " ".join(f"{axis.upper()}rotation" for axis in self.order)
        inside = "\n".join(self._joint(child) for child, parent in _PARENTS.items() if parent == joint)
        return (
            f"{kind} {self.names[joint]}\n{{\n OFFSET {' '.join(f'{value:.6f}' for value in offset)}\n"
            f" CHANNELS {len(channels.split())} {channels}\n"
            f"{inside or ' End Site' + chr(10) + '{ OFFSET 1 0 0 }'}\n}}"
        )


PROGRAMS = {
    "upright axes, y up": Program(),
    "axes along the bones": Program(names=BIPED, own=along_bones, order="xyz"),
    "z up": Program(names=SMPL, axes=np.eye(3), own=lambda joint: np.eye(3), metres_per_unit=1.0),
    "T-pose, turned hips": Program(
        names=BLENDER, own=t_pose, order="yzx", metres_per_unit=0.0254, lead_frames=90,
        axes=np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]]),
    ),
}  # fmt: skip

UPRIGHT = PROGRAMS["upright axes, y up"]


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "m.bvh"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def rewritten(text: str, change) -> str:
    """The file with a function of its numbers in their place."""
    head, rest = text.split("Frame Time", 1)
    time, *rows = rest.strip().split("\n")
    values = change(np.array([[float(word) for word in row.split()] for row in rows]))
    return f"{head}Frame Time{time}\n" + "\n".join(" ".join(f"{value:.6f}" for value in row) for row in values)
