"""What the compiled model is, and what the task reads of robots whose orientation and motion are known."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from wildrobot.physics import PhysicsState
from wildrobot.physics.variants import VariantBank
from wildrobot.robot import Robot
from wildrobot.task import view

_POSES, _STEP_S = 24, 1e-5


@dataclass(frozen=True)
class Statics:
    """The model, and robots in random poses and motions: what is true, and what the task reads.

    What is true comes from the model's own kinematics, before and after a step of 10 microseconds.

    Attributes:
      robot: the nominal robot.
      friction: the least sliding friction of sole and floor among the robots of the bank.
      torque_limit_Nm, stiffness_Nm_per_rad: of each servo, by the compiled model.
      toppling_Nm_per_rad: the moment about the ankles that gravity gains per angle of lean, m g h, at home.
      gravity, gyro_rad_per_s: in the frame of the IMU, shape (poses, 3).
      velocity_m_per_s: of the base on the ground plane, forward and left, shape (poses, 2).
      heading_rad: of the IMU, shape (poses,).
      read: what the task reads there.
    """

    robot: Robot
    friction: float
    torque_limit_Nm: Float[np.ndarray, " joints"]
    stiffness_Nm_per_rad: Float[np.ndarray, " joints"]
    toppling_Nm_per_rad: float
    gravity: Float[np.ndarray, "poses 3"]
    gyro_rad_per_s: Float[np.ndarray, "poses 3"]
    velocity_m_per_s: Float[np.ndarray, "poses 2"]
    heading_rad: Float[np.ndarray, " poses"]
    read: view.Readings


def statics(variants: VariantBank, robot: Robot, seed: int = 0) -> Statics:
    """Looks at the first model of the bank, which is the nominal robot."""
    model, rng = variants.models[0], np.random.default_rng(seed)
    rows = [_pose(model, robot, rng) for _ in range(_POSES)]
    qpos, qvel, ctrl, sensordata = (
        jnp.asarray(np.stack(part), jnp.float32) for part in zip(*(row[0] for row in rows), strict=True)
    )
    physics = PhysicsState(qpos, qvel, ctrl, sensordata, jnp.zeros(_POSES, jnp.int32))
    true = [np.stack(part) for part in zip(*(row[1] for row in rows), strict=True)]
    return Statics(
        robot=robot,
        friction=min(_friction(each, robot) for each in variants.models),
        torque_limit_Nm=model.actuator_forcerange[:, 1].copy(),
        stiffness_Nm_per_rad=model.actuator_gainprm[:, 0].copy(),
        toppling_Nm_per_rad=_toppling_Nm_per_rad(model, robot),
        gravity=true[0],
        gyro_rad_per_s=true[1],
        velocity_m_per_s=true[2],
        heading_rad=true[3],
        read=jax.device_get(jax.jit(jax.vmap(lambda state: view.read(robot, state)))(physics)),
    )


def _pose(
    model: mujoco.MjModel, robot: Robot, rng: np.random.Generator
) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    data = mujoco.MjData(model)
    data.qpos[:], data.ctrl[:] = robot.home_qpos, robot.home_targets_rad
    turned = Rotation.from_euler("zyx", rng.uniform([-3.0, -0.5, -0.5], [3.0, 0.5, 0.5]))
    data.qpos[2] += 0.5  # off the floor
    data.qpos[3:7] = turned.as_quat(scalar_first=True)
    data.qvel[:6] = rng.uniform(-1.0, 1.0, 6)
    mujoco.mj_forward(model, data)
    state = data.qpos.copy(), data.qvel.copy(), data.ctrl.copy(), data.sensordata.copy()
    before, place = _imu(data, robot), data.qpos[:3].copy()
    mujoco.mj_integratePos(model, data.qpos, data.qvel, _STEP_S)
    mujoco.mj_kinematics(model, data)
    forward = before.apply([1.0, 0.0, 0.0])
    heading = np.arctan2(forward[1], forward[0])
    vx, vy, _ = (data.qpos[:3] - place) / _STEP_S
    along = np.array([np.cos(heading) * vx + np.sin(heading) * vy, np.cos(heading) * vy - np.sin(heading) * vx])
    gyro = (before.inv() * _imu(data, robot)).as_rotvec() / _STEP_S
    return state, (before.inv().apply([0.0, 0.0, -1.0]), gyro, along, np.asarray(heading))


def _imu(data: mujoco.MjData, robot: Robot) -> Rotation:
    return Rotation.from_matrix(data.site_xmat[robot.imu.site].reshape(3, 3))


def _friction(model: mujoco.MjModel, robot: Robot) -> float:
    """The least friction of the robot's contacts with the floor, at home and a millimetre lower."""
    data = mujoco.MjData(model)
    data.qpos[:] = robot.home_qpos
    data.qpos[2] -= 1e-3
    mujoco.mj_forward(model, data)
    on_floor = [each.friction[0] for each in data.contact if robot.floor_geom in each.geom]
    return float(min(on_floor, default=np.nan))


def _toppling_Nm_per_rad(model: mujoco.MjModel, robot: Robot) -> float:
    data = mujoco.MjData(model)
    data.qpos[:] = robot.home_qpos
    mujoco.mj_kinematics(model, data)
    mujoco.mj_comPos(model, data)
    ankle_m = min(data.xanchor[model.actuator_trnid[ankle, 0], 2] for ankle in robot.ankles)
    return float(model.body_mass.sum() * np.linalg.norm(model.opt.gravity) * (data.subtree_com[0, 2] - ankle_m))
