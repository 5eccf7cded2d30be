"""Inverse dynamics of a motion: which ground forces and which torques it takes, and where the ZMP is."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from jaxtyping import Bool, Float
from scipy.optimize import nnls

from wildrobot.motion import derivatives
from wildrobot.robot import Robot

FRICTION = 0.7
"""Friction coefficient of the cones; the model's floor has 1.0, floors in training down to 0.5."""
_EDGES = 4
"""Edges of the pyramid that approximates a friction cone; each has a vertical part of 1."""
FEET = ("left_foot", "right_foot")
_FORCE_WEIGHT, _TORQUE_WEIGHT = 1e-4, 1e-2
"""How much less the sizes of ground forces and joint torques count than that the forces carry the robot: with both feet
on the floor, many forces do, and a standing robot's servos settle near those that cost the least torque."""


@dataclass(frozen=True)
class Dynamics:
    """What a motion takes.

    Attributes:
      zmp_m: the zero moment point on the floor, shape (T, 2).
      torque_Nm: of each servo in actuator order, shape (T, joints); motor inertia, damping and dry friction are in it.
      load_N: vertical ground force on each foot, shape (T, 2).
      missing_N: length of the net force that the soles in contact cannot give: pulling, or beyond friction.
      com_m: centre of mass, shape (T, 3).
    """

    zmp_m: Float[np.ndarray, "T 2"]
    torque_Nm: Float[np.ndarray, "T joints"]
    load_N: Float[np.ndarray, "T 2"]
    missing_N: Float[np.ndarray, " T"]
    com_m: Float[np.ndarray, "T 3"]


def dynamics(
    robot: Robot, qpos: Float[np.ndarray, "T nq"], contacts: Bool[np.ndarray, "T 2"], *, loop: bool
) -> Dynamics:
    """Inverse dynamics at each frame, the ground carrying the robot at the corners of the soles that touch it."""
    model = robot.model.__copy__()
    model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONSTRAINT
    data = mujoco.MjData(model)
    qvel = derivatives.velocity(model, qpos, loop=loop)
    qacc = derivatives.acceleration(model, qpos, loop=loop)
    frames = len(qpos)
    zmp, com = np.empty((frames, 2)), np.empty((frames, 3))
    torque, load, missing = np.empty((frames, robot.model.nu)), np.empty((frames, 2)), np.empty(frames)
    for k in range(frames):
        data.qpos[:], data.qvel[:], data.qacc[:] = qpos[k], qvel[k], qacc[k]
        mujoco.mj_inverse(model, data)
        # Constraints are off, so that no floor carries the robot here; with them goes the joints' dry friction.
        needed = data.qfrc_inverse + model.dof_frictionloss * np.sign(qvel[k]) * (np.abs(qvel[k]) > 1e-3)
        force, moment = _wrench_at_origin(data, needed)
        zmp[k] = [-moment[1] / force[2], moment[0] / force[2]]
        com[k] = data.subtree_com[0]
        wrench = np.concatenate([force, moment])
        ground = _ground_forces(robot, data, np.flatnonzero(contacts[k]), wrench, needed[robot.dof_index])
        torque[k] = (needed - ground.generalised)[robot.dof_index]
        load[k], missing[k] = ground.load_N, ground.missing_N
    return Dynamics(zmp, torque, load, missing, com)


def sole_corners_m(
    robot: Robot, position: Float[np.ndarray, " 3"], rotation: Float[np.ndarray, "3 3"]
) -> Float[np.ndarray, "4 3"]:
    """The corners of a sole in the world, in order around it."""
    signs = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)])
    local = np.column_stack([signs * [robot.sole_half_length_m, robot.sole_half_width_m], np.zeros(4)])
    return position + local @ rotation.T


def _wrench_at_origin(
    data: mujoco.MjData, generalised: Float[np.ndarray, " nv"]
) -> tuple[Float[np.ndarray, " 3"], Float[np.ndarray, " 3"]]:
    """The force [N] and the moment [N m] about the world's origin that the free joint's six numbers mean."""
    force = generalised[:3].copy()
    base = data.qpos[:3]
    rotation = np.empty(9)
    mujoco.mju_quat2Mat(rotation, data.qpos[3:7])
    return force, rotation.reshape(3, 3) @ generalised[3:6] + np.cross(base, force)


@dataclass(frozen=True)
class _Ground:
    generalised: np.ndarray
    load_N: np.ndarray
    missing_N: float


def _ground_forces(
    robot: Robot,
    data: mujoco.MjData,
    feet: np.ndarray,
    wrench: Float[np.ndarray, " 6"],
    torque_Nm: Float[np.ndarray, " joints"],
) -> _Ground:
    """Spreads the needed wrench over the corners of the soles, each within its friction pyramid.

    The forces are sums of the pyramids' edges with non-negative factors: a non-negative least squares problem.
    """
    model = robot.model
    generalised, load = np.zeros(model.nv), np.zeros(2)
    if not len(feet):
        return _Ground(generalised, load, float(np.linalg.norm(wrench[:3])))
    angles = (np.arange(_EDGES) + 0.5) * 2 * np.pi / _EDGES
    edges = np.column_stack([FRICTION * np.cos(angles), FRICTION * np.sin(angles), np.ones(_EDGES)])
    places, maps = [], []
    jacobian = np.empty((3, model.nv))
    for foot in feet:
        site = data.site(FEET[foot])
        for place in sole_corners_m(robot, site.xpos, site.xmat.reshape(3, 3)):
            mujoco.mj_jac(model, data, jacobian, None, place, int(model.site_bodyid[site.id]))
            places.append(place)
            maps.append(jacobian.T @ edges.T)
    onto_joints = np.concatenate(maps, axis=1)
    onto_base = np.concatenate([np.vstack([edges.T, np.cross(place, edges).T]) for place in places], axis=1)
    size = onto_base.shape[1]
    system = [onto_base, _TORQUE_WEIGHT * onto_joints[robot.dof_index], _FORCE_WEIGHT * np.eye(size)]
    factors, _ = nnls(np.vstack(system), np.concatenate([wrench, _TORQUE_WEIGHT * torque_Nm, np.zeros(size)]))
    vertical = factors.reshape(len(feet), -1).sum(axis=1)
    load[feet] = vertical
    return _Ground(onto_joints @ factors, load, float(np.linalg.norm((onto_base @ factors - wrench)[:3])))
