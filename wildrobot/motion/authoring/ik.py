"""Whole-body inverse kinematics on the robot's own model, with mink."""

from __future__ import annotations

from dataclasses import dataclass

import mink
import numpy as np
from jaxtyping import Float

from wildrobot.motion.authoring.dynamics import FEET
from wildrobot.motion.planar import Pose
from wildrobot.robot import Robot

_ITERATIONS, _CONVERGED_RAD = 60, 1e-9


@dataclass(frozen=True)
class Weights:
    """How much 1 m or 1 rad of each error counts; the feet come first, and the yaw that they cannot always have last.

    A leg has five joints, so that a foot's pose can be had but for one number: `foot_yaw` against `pelvis_tilt` says
    whether the foot turns a little or the pelvis tilts. Nearly as much as the feet counts the centre of mass, so that
    legs and pelvis move it, and not the arms, whose weight is that of `posture`.
    """

    foot: float = 300.0
    foot_yaw: float = 10.0
    com: float = 100.0
    pelvis_tilt: float = 10.0
    pelvis_yaw: float = 30.0
    posture: float = 100.0
    legs: float = 0.02


@dataclass(frozen=True)
class Target:
    """Where the robot should be in one frame.

    Attributes:
      feet: the poses of the two sole centres on the ground (left, right), as x, y, heading.
      foot_height_m: their heights.
      com_m: the centre of mass.
      roll_rad, pitch_rad, heading_rad: of the base; to the right, forward and to the left are positive.
      joints_rad: joint angles in actuator order, to be had where nothing else asks for more.
    """

    feet: tuple[Pose, Pose]
    foot_height_m: Float[np.ndarray, " 2"]
    com_m: Float[np.ndarray, " 3"]
    roll_rad: float
    pitch_rad: float
    heading_rad: float
    joints_rad: Float[np.ndarray, " joints"]


class WholeBody:
    """Finds the configuration that comes nearest to a target, in weighted least squares."""

    def __init__(self, robot: Robot):
        self._robot, weights = robot, Weights()
        model = robot.model
        self._configuration = mink.Configuration(model)
        self._feet = [
            mink.FrameTask(name, "site", weights.foot, [weights.foot, weights.foot, weights.foot_yaw]) for name in FEET
        ]
        self._com = mink.ComTask(weights.com)
        tilt = weights.pelvis_tilt
        self._pelvis = mink.FrameTask("pelvis", "body", 0.0, [tilt, tilt, weights.pelvis_yaw])
        cost = np.zeros(model.nv)
        legs = np.array([any(part in name for part in ("hip", "knee", "ankle")) for name in robot.joint_names])
        cost[robot.dof_index] = np.where(legs, weights.legs, weights.posture)
        self._posture = mink.PostureTask(model, cost)
        self._limits = [mink.ConfigurationLimit(model)]

    def solve(self, target: Target, guess: Float[np.ndarray, " nq"]) -> Float[np.ndarray, " nq"]:
        """The configuration for one target, the same from any near guess."""
        self._aim(target)
        configuration = self._configuration
        configuration.update(guess)
        tasks = [*self._feet, self._com, self._pelvis, self._posture]
        for _ in range(_ITERATIONS):
            # Gauss-Newton: the whole error in one step of 1 s.
            step = mink.solve_ik(configuration, tasks, 1.0, "daqp", damping=1e-8, limits=self._limits)
            configuration.integrate_inplace(step, 1.0)
            if np.abs(step).max() < _CONVERGED_RAD:
                break
        return configuration.q.copy()

    def _aim(self, target: Target) -> None:
        qpos = self._robot.home_qpos.copy()
        for index, task in enumerate(self._feet):
            pose = target.feet[index]
            place = np.array([pose.x, pose.y, target.foot_height_m[index]])
            task.set_target(mink.SE3.from_rotation_and_translation(mink.SO3.from_z_radians(pose.heading), place))
        self._com.set_target(target.com_m)
        turn = mink.SO3.from_rpy_radians(target.roll_rad, target.pitch_rad, target.heading_rad)
        self._pelvis.set_target(mink.SE3.from_rotation(turn))
        qpos[self._robot.qpos_index] = target.joints_rad
        self._posture.set_target(qpos)
