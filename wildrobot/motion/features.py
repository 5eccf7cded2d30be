"""What a style discriminator sees of a robot: one function for references and for policies alike.

Nothing here says where the robot is or which way it faces, and nothing says what touches the floor, which a reference
can only claim.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from wildrobot.motion import playing
from wildrobot.motion.clip import Clip
from wildrobot.robot import Hand, Robot
from wildrobot.task import frames
from wildrobot.task.view import RobotView, read

WINDOW, EVERY = 10, 2
"""Frames of a window, and control steps from one to the next: 25 Hz at a control rate of 50 Hz, 0.36 s in all."""
_SIDES = ("left", "right")


def layout(robot: Robot) -> dict[str, slice]:
    """Name of each part of a robot's features, and where it lies, in order.

    Joints are in actuator order; gravity is its direction as the IMU sees it; a robot without hands has none here.
    """
    joints = len(robot.joint_names)
    sizes = {
        "joint_angle_rad": joints,
        "joint_velocity_rad_per_s": joints,
        "gravity": 3,
        "base_velocity_heading_m_per_s": 3,
        "angular_velocity_heading_rad_per_s": 3,
        **{f"{side}_foot_from_base_heading_m": 3 for side in _SIDES},
        **{f"{side}_hand_from_base_heading_m": 3 for side, _ in zip(_SIDES, robot.hands, strict=False)},
    }
    ends = itertools.accumulate(sizes.values())
    return {name: slice(end - size, end) for (name, size), end in zip(sizes.items(), ends, strict=True)}


def size(robot: Robot) -> int:
    """How many features a robot has."""
    return max(part.stop for part in layout(robot).values())


def features(robot: Robot, view: RobotView) -> Float[Array, " features"]:
    """The features of one robot at one control step; `layout` names them."""
    readings = read(robot, view)
    heading = readings.heading_rad
    # Of the state and not of the gyro, which an engine reads one physics step earlier: a clip knows no such velocity.
    turning = frames.rotate(view.qpos[3:7], view.qvel[3:6])

    def from_base(place: Float[Array, " 3"]) -> Float[Array, " 3"]:
        return frames.in_heading_frame(place - readings.base_position_m, heading)

    return jnp.concatenate(
        [
            readings.joint_angle_rad,
            readings.joint_velocity_rad_per_s,
            readings.gravity,
            readings.base_velocity_heading_m_per_s,
            frames.in_heading_frame(turning, heading),
            *(from_base(foot) for foot in readings.foot_position_m),
            *(from_base(_hand(robot, hand, view.qpos)) for hand in robot.hands),
        ]
    )


def clip_features(robot: Robot, clips: Sequence[Clip]) -> list[Float[np.ndarray, "_ features"]]:
    """The features of every frame of each clip. Ask for all clips at once: each call compiles, for a second."""
    qpos, qvel = (np.concatenate([getattr(clip, name) for clip in clips]) for name in ("qpos", "qvel"))
    found = jax.jit(jax.vmap(lambda view: features(robot, view)))(playing.views(robot, qpos, qvel))
    return np.split(np.asarray(found), np.cumsum([len(clip.qpos) for clip in clips])[:-1])


class Windows(NamedTuple):
    """Runs of features, oldest frame first.

    Attributes:
      frames: one window per row.
      valid: whether the window lies within one episode; the others are meaningless.
    """

    frames: Float[Array, "N window features"]
    valid: Bool[Array, " N"]


def windows(
    steps: Float[Array, "T features"], first: Bool[Array, " T"], *, window: int = WINDOW, every: int = EVERY
) -> Windows:
    """All windows of one robot's steps in a row; use `jax.vmap` for many robots.

    Give the features as they were before an automatic reset: at the end of an episode those of its last state, which
    a wrapper's auto-reset would replace by the first ones of the next.

    Args:
      steps: features after each control step.
      first: whether a step belongs to another episode than the one before.
      window: frames in a window.
      every: control steps between its frames.

    Returns:
      One window for each step that enough steps precede.
    """
    span = (window - 1) * every
    ends = jnp.arange(span, steps.shape[0])
    index = ends[:, None] + jnp.arange(-span, 1, every)[None]
    episode = jnp.cumsum(first.astype(jnp.int32))
    return Windows(steps[index], episode[ends] == episode[ends - span])


def clip_windows(
    robot: Robot, clips: Sequence[Clip], *, window: int = WINDOW, every: int = EVERY
) -> list[Float[np.ndarray, "_ window features"]]:
    """All windows of each clip, see `windows_of_clip`."""
    found = clip_features(robot, clips)
    return [windows_of_clip(clip, each, window=window, every=every) for clip, each in zip(clips, found, strict=True)]


def windows_of_clip(
    clip: Clip, found: Float[np.ndarray, "T features"], *, window: int = WINDOW, every: int = EVERY
) -> Float[np.ndarray, "N window features"]:
    """All windows of a clip and its features; of a loop through its end, one for each frame but the closing one."""
    if clip.loop:
        found = found[:-1]
        index = (np.arange(len(found))[:, None] + np.arange(0, window * every, every)[None]) % len(found)
        return found[index]
    first = jnp.zeros(len(found), bool)
    return np.asarray(windows(jnp.asarray(found), first, window=window, every=every).frames)


def _hand(robot: Robot, hand: Hand, qpos: Float[Array, " nq"]) -> Float[Array, " 3"]:
    """Where a hand is in the world: up the tree to the base, joint by joint."""
    model = robot.model
    point = jnp.array(hand.point_m)
    index = int(model.body(hand.body).id)
    while model.body_parentid[index] != 0:
        first = int(model.body_jntadr[index])
        for joint in reversed(range(first, first + int(model.body_jntnum[index]))):
            angle = qpos[int(model.jnt_qposadr[joint])]
            axis, anchor = (jnp.asarray(array[joint], jnp.float32) for array in (model.jnt_axis, model.jnt_pos))
            turn = jnp.concatenate([jnp.cos(angle / 2)[None], jnp.sin(angle / 2) * axis])
            point = anchor + frames.rotate(turn, point - anchor)
        place, turned = (jnp.asarray(array[index], jnp.float32) for array in (model.body_pos, model.body_quat))
        point = place + frames.rotate(turned, point)
        index = int(model.body_parentid[index])
    return qpos[:3] + frames.rotate(qpos[3:7], point)
