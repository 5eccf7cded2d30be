"""Start states about the home pose."""

from __future__ import annotations

import jax.numpy as jnp
import mujoco
import numpy as np

from wildrobot.resets.bank import StartBank
from wildrobot.resets.config import StartsConfig
from wildrobot.robot import Robot


def make_home_starts(robot: Robot, config: StartsConfig) -> StartBank:
    """Draws `config.count` perturbed home poses, standing on the floor; the first one is home itself.

    Joint angles, tilt, velocities and the lean forward, about the ankles, are uniform within the configured bounds. The
    base is then moved vertically so that the lowest corner of the soles touches the floor.
    """
    rng = np.random.default_rng(config.seed)
    leans_rad = np.random.default_rng((config.seed, 1)).uniform(*config.lean_rad, config.count)
    data = mujoco.MjData(robot.model)
    qpos, qvel, sensordata = [], [], []
    for index in range(config.count):
        data.qpos[:] = robot.home_qpos
        data.qvel[:] = 0.0
        data.ctrl[:] = robot.home_targets_rad
        if index > 0:
            _perturb(robot, data, config, rng, leans_rad[index])
            mujoco.mj_kinematics(robot.model, data)
            data.qpos[2] -= lowest_sole_height_m(robot, data)
        mujoco.mj_forward(robot.model, data)
        qpos.append(data.qpos.copy())
        qvel.append(data.qvel.copy())
        sensordata.append(data.sensordata.copy())
    return StartBank(
        qpos=jnp.asarray(np.stack(qpos), jnp.float32),
        qvel=jnp.asarray(np.stack(qvel), jnp.float32),
        ctrl=jnp.tile(jnp.asarray(robot.home_targets_rad, jnp.float32), (config.count, 1)),
        sensordata=jnp.asarray(np.stack(sensordata), jnp.float32),
        moving=jnp.zeros(config.count, bool),
        command=jnp.zeros((config.count, 3)),
        phase=jnp.zeros(config.count),
    )


def lowest_sole_height_m(robot: Robot, data: mujoco.MjData) -> float:
    """The height [m] of the lowest corner of both soles; needs `mj_kinematics`."""
    corners = np.array(
        [(x * robot.sole_half_length_m, y * robot.sole_half_width_m, 0.0) for x in (-1, 1) for y in (-1, 1)]
    )
    heights = []
    for foot in robot.feet:
        heights.append(data.site_xpos[foot.site, 2] + corners @ data.site_xmat[foot.site].reshape(3, 3)[2])
    return float(np.min(heights))


def _perturb(
    robot: Robot, data: mujoco.MjData, config: StartsConfig, rng: np.random.Generator, lean_rad: float
) -> None:
    def uniform(bound: float, size: int) -> np.ndarray:
        return rng.uniform(-bound, bound, size)

    lower, upper = robot.joint_range_rad.T
    joints = robot.home_targets_rad + uniform(config.joint_angle_rad, len(robot.joint_names))
    for ankle in robot.ankles:
        # The soles stay flat: the ankles turn back by as much as the robot leans.
        joints[ankle] -= lean_rad * np.sign(robot.model.joint(robot.joint_names[ankle]).axis[1])
    data.qpos[robot.qpos_index] = np.clip(joints, lower, upper)
    roll, pitch = uniform(config.tilt_rad, 2)
    mujoco.mju_euler2Quat(data.qpos[3:7], np.array([roll, pitch + lean_rad, 0.0]), "xyz")
    data.qvel[0:2] = uniform(config.base_velocity_m_per_s, 2)
    data.qvel[3:6] = uniform(config.base_angular_velocity_rad_per_s, 3)
    data.qvel[robot.dof_index] = uniform(config.joint_velocity_rad_per_s, len(robot.joint_names))
