"""What is recorded of the episodes that are played: all that the figures are computed from."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import mujoco
import numpy as np

from wildrobot.robot import Robot


@dataclass(frozen=True)
class RobotFacts:
    """What the figures need to know of the robot.

    Attributes:
      joint_names: in actuator order.
      torque_limit_Nm: of each servo, shape (joints,).
      weight_N: of the whole robot.
      no_load_speed_rad_per_s: of a servo at 11.1 V; above it, a real one cannot do what the simulated one does.
    """

    joint_names: tuple[str, ...]
    torque_limit_Nm: np.ndarray
    weight_N: float
    no_load_speed_rad_per_s: float

    @classmethod
    def of(cls, robot: Robot, model: mujoco.MjModel) -> RobotFacts:
        """Of a robot, or of a variant of it, whose model may weigh something else."""
        weight_N = float(model.body_mass.sum() * np.linalg.norm(model.opt.gravity))
        return cls(robot.joint_names, robot.torque_limit_Nm, weight_N, robot.no_load_speed_rad_per_s)


@dataclass(frozen=True)
class Episodes:
    """E episodes of one case, in float32. Sample k, of T + 1, is k control periods after the start.

    A robot that falls or diverges is frozen there; its samples from then on have `alive` False and mean nothing.

    Attributes:
      command: vx [m/s], vy [m/s], yaw rate [rad/s], shape (3,).
      control_period_s: time between samples.
      alive: has not fallen up to this sample, shape (T + 1, E).
      position_m: base on the ground plane, world frame, shape (T + 1, E, 2).
      velocity_m_per_s: base velocity on the ground plane, heading frame, shape (T + 1, E, 2).
      heading_rad: within +-pi, shape (T + 1, E).
      yaw_rate_rad_per_s: shape (T + 1, E).
      gravity: direction of gravity in the IMU's frame, upright (0, 0, -1), shape (T + 1, E, 3).
      action: the action in [-1, 1] that led to the sample, 0 at the start, shape (T + 1, E, joints).
      joint_velocity_rad_per_s: in actuator order, shape (T + 1, E, joints).
      torque_Nm: in actuator order, shape (T + 1, E, joints).
      foot_position_m: sole centres on the ground plane, world frame; left, right; shape (T + 1, E, 2, 2).
      foot_velocity_m_per_s: of the same points, shape (T + 1, E, 2, 2).
      foot_clearance_m: height of the lowest corner of each sole, shape (T + 1, E, 2).
      foot_load_N: shape (T + 1, E, 2).
      film_qpos: configurations of the first episode, shape (T + 1, nq).
      robot: what the figures need to know of it.
      features: those of `wildrobot.motion.features`, shape (T + 1, E, features); None unless they were asked for.
    """

    command: np.ndarray
    control_period_s: float
    alive: np.ndarray
    position_m: np.ndarray
    velocity_m_per_s: np.ndarray
    heading_rad: np.ndarray
    yaw_rate_rad_per_s: np.ndarray
    gravity: np.ndarray
    action: np.ndarray
    joint_velocity_rad_per_s: np.ndarray
    torque_Nm: np.ndarray
    foot_position_m: np.ndarray
    foot_velocity_m_per_s: np.ndarray
    foot_clearance_m: np.ndarray
    foot_load_N: np.ndarray
    film_qpos: np.ndarray
    robot: RobotFacts
    features: np.ndarray | None = None

    def until(self, seconds: float) -> Episodes:
        """The same episodes, ended earlier."""
        samples = round(seconds / self.control_period_s) + 1
        recorded = {name: getattr(self, name) for name in _RECORDED}
        return dataclasses.replace(self, **{name: x[:samples] for name, x in recorded.items() if x is not None})


_RECORDED = tuple(
    field.name for field in dataclasses.fields(Episodes) if field.name not in ("command", "control_period_s", "robot")
)
