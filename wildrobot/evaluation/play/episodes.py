"""What is recorded of the episodes that are played: all that the metrics are computed from."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import mujoco
import numpy as np
from jaxtyping import Bool, Float

from wildrobot.robot import Robot


@dataclass(frozen=True)
class RobotFacts:
    """What the metrics need to know of the robot.

    Attributes:
      name: by which `load_robot` finds it.
      joint_names: in actuator order.
      torque_limit_Nm: of each servo.
      weight_N: of the whole robot.
      no_load_speed_rad_per_s: of a servo at 11.1 V; above it, a real one cannot do what the simulated one does.
    """

    name: str
    joint_names: tuple[str, ...]
    torque_limit_Nm: Float[np.ndarray, " joints"]
    weight_N: float
    no_load_speed_rad_per_s: float

    @classmethod
    def from_model(cls, robot: Robot, model: mujoco.MjModel) -> RobotFacts:
        """Of a robot, or of a variant of it, whose model may weigh something else."""
        weight_N = float(model.body_mass.sum() * np.linalg.norm(model.opt.gravity))
        return cls(robot.name, robot.joint_names, robot.torque_limit_Nm, weight_N, robot.no_load_speed_rad_per_s)


@dataclass(frozen=True)
class Episodes:
    """E episodes of one case, in float32. The first of T samples is the start; each is a control period after another.

    A robot that falls or diverges is frozen there; its samples from then on have `alive` False and mean nothing.

    Attributes:
      command: vx [m/s], vy [m/s], yaw rate [rad/s].
      control_period_s: time between samples.
      alive: has not fallen up to this sample.
      position_m: base on the ground plane, world frame.
      velocity_m_per_s: base velocity on the ground plane, heading frame.
      heading_rad: within +-pi.
      yaw_rate_rad_per_s: of the base.
      gravity: direction of gravity in the IMU's frame, upright (0, 0, -1).
      action: the action in [-1, 1] that led to the sample, 0 at the start.
      joint_velocity_rad_per_s, torque_Nm: in actuator order.
      foot_position_m: sole centres on the ground plane, world frame; left, right.
      foot_velocity_m_per_s: of the same points.
      foot_clearance_m: height of the lowest corner of each sole.
      foot_load_N: of each foot.
      film_qpos: configurations of the first episode.
      robot: what the metrics need to know of it.
      features: those of `wildrobot.motion.features`; None unless they were asked for.
    """

    command: Float[np.ndarray, " 3"]
    control_period_s: float
    alive: Bool[np.ndarray, "T E"]
    position_m: Float[np.ndarray, "T E 2"]
    velocity_m_per_s: Float[np.ndarray, "T E 2"]
    heading_rad: Float[np.ndarray, "T E"]
    yaw_rate_rad_per_s: Float[np.ndarray, "T E"]
    gravity: Float[np.ndarray, "T E 3"]
    action: Float[np.ndarray, "T E joints"]
    joint_velocity_rad_per_s: Float[np.ndarray, "T E joints"]
    torque_Nm: Float[np.ndarray, "T E joints"]
    foot_position_m: Float[np.ndarray, "T E feet 2"]
    foot_velocity_m_per_s: Float[np.ndarray, "T E feet 2"]
    foot_clearance_m: Float[np.ndarray, "T E feet"]
    foot_load_N: Float[np.ndarray, "T E feet"]
    film_qpos: Float[np.ndarray, "T nq"]
    robot: RobotFacts
    features: Float[np.ndarray, "T E features"] | None = None

    def until(self, seconds: float) -> Episodes:
        """The same episodes, ended earlier."""
        samples = round(seconds / self.control_period_s) + 1
        recorded = {name: getattr(self, name) for name in RECORDED}
        return dataclasses.replace(self, **{name: x[:samples] for name, x in recorded.items() if x is not None})


RECORDED = tuple(
    field.name for field in dataclasses.fields(Episodes) if field.name not in ("command", "control_period_s", "robot")
)
"""The fields of `Episodes` that have samples."""
