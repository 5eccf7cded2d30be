"""What reference motions ask of the robot: torques, speeds and angles, by inverse dynamics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from jaxtyping import Float

from wildrobot.motion import gait_phase, library
from wildrobot.motion.authoring.dynamics import dynamics, sole_corners_m
from wildrobot.motion.authoring.tracking import mean_velocity, servo_targets_rad
from wildrobot.motion.clip import Clip
from wildrobot.motion.clip_file import load
from wildrobot.motion.derivatives import PERIOD_S
from wildrobot.robot import Robot, load_robot
from wildrobot.task.action import ActionMap

USUAL = (
    "forward-0.10",
    "forward-0.20",
    "backward-0.10",
    "left-0.06",
    "right-0.06",
    "turn-left-0.20",
    "turn-right-0.20",
)
"""Shipped clips that are looked at where an experiment names none."""


@dataclass(frozen=True)
class ClipFacts:
    """One motion that repeats a stride.

    Attributes:
      name: of the clip.
      command: vx, vy [m/s], yaw rate [rad/s] that it claims to realise.
      moved: the same, measured on its frames.
      qpos, qvel: its first frame.
      first_phase: of the gait clock there [cycles].
      targets_rad: that make the servos give the torques of inverse dynamics, one row per frame, shape (T, joints).
      angle_rad, speed_rad_per_s, torque_Nm: of every joint, shape (T, joints).
      sole_height_m: of the corners of the soles that the clip says stand, lowest and highest over all frames.
      friction: horizontal over vertical ground force, the 99th percentile.
    """

    name: str
    command: Float[np.ndarray, " 3"]
    moved: Float[np.ndarray, " 3"]
    qpos: Float[np.ndarray, " nq"]
    qvel: Float[np.ndarray, " nv"]
    first_phase: float
    targets_rad: Float[np.ndarray, "T joints"]
    angle_rad: Float[np.ndarray, "T joints"]
    speed_rad_per_s: Float[np.ndarray, "T joints"]
    torque_Nm: Float[np.ndarray, "T joints"]
    sole_height_m: tuple[float, float]
    friction: float

    def actions(self, mapping: ActionMap, steps: int) -> Float[np.ndarray, "steps joints"]:
        """The actions whose targets come nearest, each right for the middle of its control period."""
        frames = len(self.targets_rad) - 1
        middle = 0.5 * (self.targets_rad[:-1] + self.targets_rad[1:])
        targets = jnp.asarray(middle[np.arange(steps) % frames], jnp.float32)
        return np.asarray(jax.vmap(mapping.action)(targets))


def clip_facts(robot: Robot, names: Sequence[str]) -> tuple[ClipFacts, ...]:
    """The clips by name or path that repeat a stride; without names, shipped ones if they are of this robot.

    Raises:
      UsageError: for a named clip that cannot be used.
    """
    if not names and robot.digest != load_robot().digest:
        return ()
    clips = [load(library.find(name), robot) for name in names or USUAL]
    return tuple(facts for clip in clips if (facts := _facts(robot, clip)) is not None)


def _facts(robot: Robot, clip: Clip) -> ClipFacts | None:
    stride = gait_phase.stride_of_clip(clip)
    if stride is None:
        return None
    needed = dynamics(robot, clip.qpos, clip.contacts, loop=True)
    steady = clip.qpos[clip.steady[0] : clip.steady[1] + 1]
    return ClipFacts(
        name=clip.name,
        command=np.asarray(clip.command),
        moved=mean_velocity(steady),
        qpos=clip.qpos[0],
        qvel=clip.qvel[0],
        first_phase=float(stride.phase(np.array([1]))[0]),
        targets_rad=servo_targets_rad(robot, clip, needed),
        angle_rad=clip.qpos[:, robot.qpos_index],
        speed_rad_per_s=clip.qvel[:, robot.dof_index],
        torque_Nm=needed.torque_Nm,
        sole_height_m=_sole_heights_m(robot, clip),
        friction=_friction(needed.com_m),
    )


def _friction(com_m: Float[np.ndarray, "T 3"]) -> float:
    """The friction that a motion needs, by its centre of mass; without its ends, where differences are one-sided."""
    acceleration = np.diff(com_m, n=2, axis=0) / PERIOD_S**2
    horizontal = np.linalg.norm(acceleration[:, :2], axis=1)
    return float(np.quantile(horizontal / np.maximum(acceleration[:, 2] + 9.81, 1.0), 0.99))


def _sole_heights_m(robot: Robot, clip: Clip) -> tuple[float, float]:
    """Computed from the kinematics of the robot's model, not from what the clip says of itself."""
    data, heights = mujoco.MjData(robot.model), []
    for qpos, contacts in zip(clip.qpos, clip.contacts, strict=True):
        data.qpos[:] = qpos
        mujoco.mj_kinematics(robot.model, data)
        for foot, stands in zip(robot.feet, contacts, strict=True):
            if stands:
                corners = sole_corners_m(robot, data.site_xpos[foot.site], data.site_xmat[foot.site].reshape(3, 3))
                heights.append(corners[:, 2])
    return float(np.min(heights)), float(np.max(heights))
