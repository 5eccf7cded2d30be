"""What the task reads of a robot, by name and in the frames that the task uses."""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

import jax.numpy as jnp
from jaxtyping import Array, Float

from wildrobot.robot import Robot
from wildrobot.task import frames


@runtime_checkable
class RobotView(Protocol):
    """All that every physics engine gives of one robot."""

    @property
    def qpos(self) -> Float[Array, " nq"]: ...
    @property
    def qvel(self) -> Float[Array, " nv"]: ...
    @property
    def ctrl(self) -> Float[Array, " nu"]: ...
    @property
    def sensordata(self) -> Float[Array, " nsensor"]: ...


class Readings(NamedTuple):
    """One robot at one moment. Joints are in actuator order, feet are left, right.

    The heading is the IMU's, as the real robot senses it.
    """

    base_position_m: Float[Array, " 3"]
    base_velocity_heading_m_per_s: Float[Array, " 3"]
    heading_rad: Float[Array, ""]
    gyro_rad_per_s: Float[Array, " 3"]
    gravity: Float[Array, " 3"]
    yaw_rate_rad_per_s: Float[Array, ""]
    joint_angle_rad: Float[Array, " joints"]
    joint_velocity_rad_per_s: Float[Array, " joints"]
    torque_Nm: Float[Array, " joints"]
    foot_position_m: Float[Array, "2 3"]
    foot_velocity_m_per_s: Float[Array, "2 3"]
    foot_load_N: Float[Array, " 2"]
    foot_clearance_m: Float[Array, " 2"]

    @property
    def planar_velocity(self) -> Float[Array, " 3"]:
        """(vx, vy [m/s] in the heading frame, yaw rate [rad/s]): what a command commands."""
        return jnp.append(self.base_velocity_heading_m_per_s[:2], self.yaw_rate_rad_per_s)


def read(robot: Robot, view: RobotView, down: Float[Array, " 3"] | None = None) -> Readings:
    """Names the state and the sensors of one robot; `down`: direction of gravity in the world, -z if not given."""
    if down is None:
        down = jnp.array([0.0, 0.0, -1.0])

    sensors = view.sensordata
    imu, gyro = sensors[robot.imu.orientation], sensors[robot.imu.gyro]
    heading = frames.heading_rad(imu)
    foot_position = jnp.stack([sensors[foot.position] for foot in robot.feet])
    foot_quat = [sensors[foot.orientation] for foot in robot.feet]
    return Readings(
        base_position_m=view.qpos[:3],
        base_velocity_heading_m_per_s=frames.in_heading_frame(view.qvel[:3], heading),
        heading_rad=heading,
        gyro_rad_per_s=gyro,
        gravity=frames.rotate_inverse(imu, down),
        yaw_rate_rad_per_s=frames.rotate(imu, gyro)[2],
        joint_angle_rad=view.qpos[robot.qpos_index],
        joint_velocity_rad_per_s=view.qvel[robot.dof_index],
        torque_Nm=sensors[robot.torques],
        foot_position_m=foot_position,
        foot_velocity_m_per_s=jnp.stack([sensors[foot.velocity] for foot in robot.feet]),
        foot_load_N=jnp.concatenate([sensors[foot.load] for foot in robot.feet]),
        foot_clearance_m=jnp.stack(
            [
                sole_clearance_m(position, quat, robot.sole_half_length_m, robot.sole_half_width_m)
                for position, quat in zip(foot_position, foot_quat, strict=True)
            ]
        ),
    )


def sole_clearance_m(
    position: Float[Array, " 3"], quat: Float[Array, " 4"], half_length_m: float, half_width_m: float
) -> Float[Array, ""]:
    """Height [m] of the lowest of the sole's four corners above the floor, z = 0."""
    along = frames.rotate(quat, jnp.array([half_length_m, 0.0, 0.0]))[2]
    across = frames.rotate(quat, jnp.array([0.0, half_width_m, 0.0]))[2]
    return position[2] - jnp.abs(along) - jnp.abs(across)
