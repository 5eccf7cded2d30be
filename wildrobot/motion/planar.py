"""Motions on the ground: poses (x, y, heading) and how the robot is carried along them.

A pose's heading here is the pelvis', because that is what a free joint turns.
"""

from __future__ import annotations

from typing import NamedTuple

import mujoco
import numpy as np
from jaxtyping import Float


class Pose(NamedTuple):
    """A place on the ground [m] and a heading [rad], counter-clockwise from x."""

    x: float
    y: float
    heading: float

    def transform(self, points: Float[np.ndarray, "*any 2"]) -> Float[np.ndarray, "*any 2"]:
        """Points given in this pose's frame, in the frame of the pose."""
        c, s = np.cos(self.heading), np.sin(self.heading)
        x, y = points[..., 0], points[..., 1]
        return np.stack([self.x + c * x - s * y, self.y + s * x + c * y], axis=-1)

    def then(self, other: Pose) -> Pose:
        """The pose `other`, given in this pose's frame."""
        x, y = self.transform(np.array([other.x, other.y]))
        return Pose(float(x), float(y), self.heading + other.heading)


def relative(origin: Pose, pose: Pose) -> Pose:
    """A pose as `origin` sees it; the heading in [-pi, pi)."""
    c, s = np.cos(origin.heading), np.sin(origin.heading)
    dx, dy = pose.x - origin.x, pose.y - origin.y
    turn = (pose.heading - origin.heading + np.pi) % (2 * np.pi) - np.pi
    return Pose(float(c * dx + s * dy), float(c * dy - s * dx), float(turn))


def heading_rad(quat: Float[np.ndarray, "*any 4"]) -> Float[np.ndarray, "*any"]:
    """Direction of the x axis of a wxyz quaternion on the ground [rad]."""
    w, x, y, z = np.moveaxis(np.asarray(quat), -1, 0)
    return np.asarray(np.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z)))


def pose_of(qpos: Float[np.ndarray, " nq"]) -> Pose:
    """Where the base is on the ground."""
    return Pose(float(qpos[0]), float(qpos[1]), float(heading_rad(qpos[3:7])))


def carried(qpos: Float[np.ndarray, "T nq"], by: Pose) -> Float[np.ndarray, "T nq"]:
    """A motion that starts with `qpos[0]`, moved and turned by a displacement given in its first heading frame."""
    start = pose_of(qpos[0])
    return placed(qpos, start.then(by))


def placed(qpos: Float[np.ndarray, "T nq"], at: Pose) -> Float[np.ndarray, "T nq"]:
    """A motion, moved and turned on the ground so that its first frame is at the pose `at`."""
    start = pose_of(qpos[0])
    turn = at.heading - start.heading
    quat = np.array([np.cos(turn / 2), 0.0, 0.0, np.sin(turn / 2)])
    result = qpos.copy()
    rotation = Pose(at.x, at.y, turn)
    result[:, :2] = rotation.transform(qpos[:, :2] - [start.x, start.y])
    for old, new in zip(qpos, result, strict=True):
        mujoco.mju_mulQuat(new[3:7], quat, np.ascontiguousarray(old[3:7]))
    return result
