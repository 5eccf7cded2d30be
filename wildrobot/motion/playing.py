"""Clips through the model's own sensors: references as an engine would give them."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import mujoco
import numpy as np
from jaxtyping import Array, Float

from wildrobot.robot import Robot


class Views(NamedTuple):
    """Robots on frames of clips; one of them is a `RobotView`."""

    qpos: Float[Array, "*T nq"]
    qvel: Float[Array, "*T nv"]
    ctrl: Float[Array, "*T nu"]
    sensordata: Float[Array, "*T nsensor"]


def views(robot: Robot, qpos: Float[np.ndarray, "T nq"], qvel: Float[np.ndarray, "T nv"]) -> Views:
    """States with the readings of all sensors there.

    An engine reads its sensors at the start of the last physics step, one timestep before the state that it returns;
    so they are read here too where the robot was that much earlier: MuJoCo's integrators come from there to qpos at
    exactly qvel. Read at the frame itself, swinging feet would be 3 mm off, which tells references from policies.
    """
    model, data = robot.model, mujoco.MjData(robot.model)
    ctrl = qpos[:, robot.qpos_index]
    sensordata = np.empty((len(qpos), model.nsensordata))
    for index in range(len(qpos)):
        data.qpos[:], data.qvel[:], data.ctrl[:] = qpos[index], qvel[index], ctrl[index]
        mujoco.mj_integratePos(model, data.qpos, qvel[index], -model.opt.timestep)
        mujoco.mj_forward(model, data)
        sensordata[index] = data.sensordata
    return Views(*(jnp.asarray(array, jnp.float32) for array in (qpos, qvel, ctrl, sensordata)))
