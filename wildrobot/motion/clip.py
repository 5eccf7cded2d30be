"""A reference motion: what the robot's state is at each control step, and where that comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
from jaxtyping import Bool, Float

from wildrobot.motion import derivatives, planar
from wildrobot.motion.derivatives import PERIOD_S
from wildrobot.robot import Robot

_LOOP_TOLERANCE = 1e-6
_PROVENANCE = ("source", "licence", "settings")


@dataclass(frozen=True)
class Clip:
    """A motion at 50 Hz. Feet are left, right; qpos and qvel are MuJoCo's.

    A loop ends with its first frame once more, moved and turned on the ground, so that it can go on from there.

    Attributes:
      name: the file's, without `.npz`.
      qpos: base position [m], base quaternion wxyz, joint angles [rad], in the order of the model, shape (T, nq).
      qvel: base velocity (world) [m/s], angular velocity (base) [rad/s], joint velocities [rad/s], shape (T, nv).
      contacts: whether each foot stands on the floor.
      loop: whether the motion repeats.
      command: (vx [m/s], vy [m/s], yaw rate [rad/s]) that it realises, in the heading frame.
      steady: first and last frame between which it goes at its command; starts and stops lie outside.
      provenance: `source`, `licence` and `settings` (a mapping).
      joints: names of the joints in the order of the model.
      robot: `Robot.digest` of the robot that it was made for.
    """

    name: str
    qpos: Float[np.ndarray, "T nq"]
    qvel: Float[np.ndarray, "T nv"]
    contacts: Bool[np.ndarray, "T 2"]
    loop: bool
    command: Float[np.ndarray, " 3"]
    steady: tuple[int, int]
    provenance: Mapping[str, Any]
    joints: tuple[str, ...]
    robot: str

    @property
    def duration_s(self) -> float:
        return (len(self.qpos) - 1) * PERIOD_S

    @property
    def displacement(self) -> planar.Pose:
        """From the first frame to the last: how far [m], in the first one's heading frame, and what turn [rad]."""
        return planar.relative(planar.pose_of(self.qpos[0]), planar.pose_of(self.qpos[-1]))


def of_motion(
    name: str,
    robot: Robot,
    qpos: Float[np.ndarray, "T nq"],
    contacts: Bool[np.ndarray, "T 2"],
    loop: bool,
    command: tuple[float, float, float],
    steady: tuple[int, int],
    provenance: Mapping[str, Any],
) -> Clip:
    """A clip of configurations at the control rate, with the velocities that follow from them."""
    return Clip(
        name=name,
        qpos=qpos,
        qvel=derivatives.velocity(robot.model, qpos, loop=loop),
        contacts=contacts,
        loop=loop,
        command=np.array(command, np.float64),
        steady=steady,
        provenance=provenance,
        joints=joint_names(robot.model),
        robot=robot.digest,
    )


def problem_of(clip: Clip, robot: Robot) -> str | None:
    """What is wrong with a clip's form, None if nothing is; whether the motion is any good is for `acceptance`."""
    frames, model = len(clip.qpos), robot.model
    shapes = {
        "qpos": (clip.qpos.shape, (frames, model.nq)),
        "qvel": (clip.qvel.shape, (frames, model.nv)),
        "contacts": (clip.contacts.shape, (frames, 2)),
        "command": (clip.command.shape, (3,)),
    }
    for name, (shape, expected) in shapes.items():
        if shape != expected:
            return f"{name} has the shape {shape} instead of {expected}"
    if frames < 2:
        return "it has fewer than 2 frames"
    if clip.contacts.dtype != np.bool_:
        return "contacts are not true or false"
    if clip.joints != joint_names(model):
        return "its joints are not this robot's"
    if not all(np.isfinite(array).all() for array in (clip.qpos, clip.qvel, clip.command)):
        return "it holds numbers that are not finite"
    if np.abs(np.linalg.norm(clip.qpos[:, 3:7], axis=1) - 1.0).max() > _LOOP_TOLERANCE:
        return "its base quaternions are not of unit length"
    if not 0 <= clip.steady[0] < clip.steady[1] < frames:
        return f"its steady frames {clip.steady} are not within its {frames} frames"
    missing = [name for name in _PROVENANCE if name not in clip.provenance]
    if missing:
        return f"its provenance lacks {', '.join(missing)}"
    if clip.loop and (gap := _gap(clip)) > _LOOP_TOLERANCE:
        return f"it claims to be a loop, but its ends differ by {gap:.2g} rad or m"
    return None


def _gap(clip: Clip) -> float:
    """The largest difference between the last frame and the first, carried there."""
    moved = planar.carried(clip.qpos[:1], clip.displacement)[0]
    same_sign = moved.copy()
    same_sign[3:7] *= np.sign(moved[3:7] @ clip.qpos[-1, 3:7])
    joints_v = np.abs(clip.qvel[-1, 3:] - clip.qvel[0, 3:]).max()
    return float(max(np.abs(same_sign - clip.qpos[-1]).max(), joints_v, np.any(clip.contacts[0] != clip.contacts[-1])))


def joint_names(model: mujoco.MjModel) -> tuple[str, ...]:
    """The hinges in the order of qpos."""
    return tuple(model.joint(index).name for index in range(1, model.njnt))


def repeated(clip: Clip, seconds: float) -> Float[np.ndarray, "T nq"]:
    """The frames of the given time: a loop is repeated, any other motion ends when it ends."""
    qpos = clip.qpos
    while clip.loop and len(qpos) < round(seconds / PERIOD_S) + 1:
        qpos = np.concatenate([qpos[:-1], planar.placed(clip.qpos, planar.pose_of(qpos[-1]))])
    return qpos[: round(seconds / PERIOD_S) + 1] if clip.loop else qpos
