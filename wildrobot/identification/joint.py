"""One joint of the robot on the bench: its servo, its play and its limb, with all other joints held.

The robot is held upright by its torso, its other joints at home. The servo holds its encoder to the target,
tau = kp (target - encoder) - kv velocity, within its torque limit and its torque-speed line. The encoder is ahead of
the limb by at most half the play, towards where the servo pushes, as `wildrobot.task.sensing` has it, and counts from
a zero of its own.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from jaxtyping import Array, Float

from wildrobot.robot import Robot

TIMESTEP_S = 0.002
_TOGETHER = 8


class Servo(NamedTuple):
    """What is identified. Each is a number, or an array over candidates.

    Attributes:
      delay_s: from a command to the first reading that shows it: on its way, in the servo, and on the way back.
      kp: proportional gain [N m/rad].
      kv: velocity gain [N m s/rad].
      damping: [N m s/rad], besides what the torque limit holds.
      frictionloss: dry friction [N m].
      armature: inertia of the motor, reflected [kg m^2].
      zero_rad: what the encoder reads too much.
      play_rad: of the gear, from end to end.
    """

    delay_s: Array | float
    kp: Array | float
    kv: Array | float
    damping: Array | float
    frictionloss: Array | float
    armature: Array | float
    zero_rad: Array | float
    play_rad: Array | float


class Limb(NamedTuple):
    """What the joint moves, and what its motor can.

    Attributes:
      inertia_kg_m2: about the joint's axis, without the armature.
      gravity_sin_Nm, gravity_cos_Nm: gravity's torque is sin * sin(angle) + cos * cos(angle).
      torque_limit_Nm: of the servo.
      stall_torque_Nm, no_load_speed_rad_per_s: of its torque-speed line.
    """

    inertia_kg_m2: float
    gravity_sin_Nm: float
    gravity_cos_Nm: float
    torque_limit_Nm: float
    stall_torque_Nm: float
    no_load_speed_rad_per_s: float


def nominal_servo(robot: Robot, joint_name: str) -> Servo:
    """The servo as the MJCF has it: no delay, no error of its zero, no play."""
    model, index = robot.model, robot.joint_names.index(joint_name)
    dof = robot.dof_index[index]
    return Servo(
        delay_s=0.0,
        kp=float(model.actuator_gainprm[index, 0]),
        kv=float(-model.actuator_biasprm[index, 2]),
        damping=float(model.dof_damping[dof]),
        frictionloss=float(model.dof_frictionloss[dof]),
        armature=float(model.dof_armature[dof]),
        zero_rad=0.0,
        play_rad=0.0,
    )


def limb(robot: Robot, joint_name: str) -> Limb:
    """The limb on a joint, with the robot upright and all other joints at home."""
    model, index = robot.model, robot.joint_names.index(joint_name)
    data = mujoco.MjData(model)
    data.qpos[:] = robot.home_qpos
    data.qpos[robot.qpos_index[index]] = 0.0
    mujoco.mj_kinematics(model, data)
    mujoco.mj_comPos(model, data)
    joint = model.joint(joint_name)
    axis, anchor = data.xaxis[joint.id], data.xanchor[joint.id]
    inertia, moment = 0.0, np.zeros(3)
    for body in range(model.nbody):
        if not _is_below(model, body, int(joint.bodyid[0])):
            continue
        arm = data.xipos[body] - anchor
        across = arm - axis * (axis @ arm)
        principal = data.ximat[body].reshape(3, 3).T @ axis
        inertia += model.body_mass[body] * across @ across + principal @ (model.body_inertia[body] * principal)
        moment += model.body_mass[body] * across
    # Turned by an angle, the first moment is moment cos(angle) + (axis x moment) sin(angle).
    gravity = model.opt.gravity
    return Limb(
        inertia_kg_m2=float(inertia),
        gravity_sin_Nm=float(axis @ np.cross(np.cross(axis, moment), gravity)),
        gravity_cos_Nm=float(axis @ np.cross(moment, gravity)),
        torque_limit_Nm=float(robot.torque_limit_Nm[index]),
        stall_torque_Nm=robot.stall_torque_Nm,
        no_load_speed_rad_per_s=robot.no_load_speed_rad_per_s,
    )


def _is_below(model: mujoco.MjModel, body: int, top: int) -> bool:
    while body > top:
        body = int(model.body_parentid[body])
    return body == top


def encoder_rad(
    angle_rad: Float[np.ndarray, "times candidates"],
    target_rad: Float[np.ndarray, "times candidates"],
    play_rad: Float[np.ndarray, " candidates"],
) -> Float[np.ndarray, "times candidates"]:
    """What the encoder reads: the limb's angle in its count, and within the play the target."""
    return angle_rad + np.clip(target_rad - angle_rad, -0.5 * play_rad, 0.5 * play_rad)


def simulate(
    servo: Servo, limb: Limb, targets_rad: Float[np.ndarray, " steps"]
) -> Float[np.ndarray, "steps candidates"]:
    """The limb's angle [rad] in the encoder's count, of candidates, every `TIMESTEP_S`; their delay is left out.

    Args:
      servo: arrays over candidates.
      limb: the same for all.
      targets_rad: what the servo is told, on average from half a time step before each time to half a step after it.
        At the start, the joint is at rest at the first target.
    """
    # Lengths and numbers are rounded up, so that logs share compiled programs; few candidates at once fit the cache.
    padded = np.pad(targets_rad, (0, -len(targets_rad) % 1000), mode="edge")
    columns = np.stack([np.atleast_1d(np.asarray(value, np.float64)) for value in servo])
    count = columns.shape[1]
    columns = np.pad(columns, ((0, 0), (0, -count % _TOGETHER if count > 1 else 0)), mode="edge")
    width = min(columns.shape[1], _TOGETHER)
    with jax.enable_x64(True), jax.default_device(jax.devices("cpu")[0]):
        parts = [
            np.asarray(_angle_rad(Servo(*columns[:, first : first + width]), limb, padded))
            for first in range(0, columns.shape[1], width)
        ]
    return np.concatenate(parts, axis=1)[: len(targets_rad), :count]


@jax.jit
def _angle_rad(servo: Servo, limb: Limb, targets_rad: Float[Array, " steps"]) -> Float[Array, "steps candidates"]:
    inertia = limb.inertia_kg_m2 + jnp.asarray(servo.armature)

    def step(state: tuple[Array, Array], target: Array) -> tuple[tuple[Array, Array], Array]:
        angle, velocity = state
        encoder = angle + jnp.clip(target - angle, -0.5 * servo.play_rad, 0.5 * servo.play_rad)
        true = angle - servo.zero_rad
        gravity = limb.gravity_sin_Nm * jnp.sin(true) + limb.gravity_cos_Nm * jnp.cos(true)

        def change(velocity: Array) -> Array:
            torque = servo.kp * (target - encoder) - servo.kv * velocity
            torque = jnp.clip(torque, -limb.torque_limit_Nm, limb.torque_limit_Nm)
            back = velocity / limb.no_load_speed_rad_per_s
            torque = jnp.clip(torque, limb.stall_torque_Nm * (-1.0 - back), limb.stall_torque_Nm * (1.0 - back))
            return TIMESTEP_S * (torque + gravity - servo.damping * velocity) / inertia

        # Leapfrog: angles at the steps, velocities between them, and what depends on velocity at the midpoint.
        free = velocity + change(velocity + 0.5 * change(velocity))
        # Dry friction stops what it can within a step, and slows the rest: Moreau's time stepping.
        stopped = TIMESTEP_S * servo.frictionloss / inertia
        moved = jnp.sign(free) * jnp.maximum(jnp.abs(free) - stopped, 0.0)
        return (angle + TIMESTEP_S * moved, moved), angle

    start = jnp.broadcast_to(targets_rad[0], inertia.shape), jnp.zeros(inertia.shape)
    return jax.lax.scan(step, start, targets_rad)[1]
