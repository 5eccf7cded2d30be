"""The torque that a servo has at a speed: a straight line from the stall torque to none at the no-load speed.

A direct-current motor at a voltage V with torque constant K and resistance R gives tau = (K / R) (V - K omega)
(MuJoCo's technical note on `dcmotor`, equation 2): stall torque K V / R, no-load speed V / K. A servo at the full
voltage of its battery gives that at most; braking, it is limited by its current alone.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import mujoco
from jaxtyping import Array, Float


class TorqueSpeedLine(NamedTuple):
    """Torque at standstill [N m], and the speed [rad/s] at which none is left."""

    stall_torque_Nm: float
    no_load_speed_rad_per_s: float


# Any voltage does: torque and speed depend on V / K and V / R alone. This one is the battery's.
_VOLTAGE = 11.1


def with_line(servos: mujoco.MjModel, line: TorqueSpeedLine) -> mujoco.MjModel:
    """A copy of a model whose position servos are MuJoCo's `dcmotor` actuators with the same gains and limits.

    Below the line they are the same to rounding: the motor's controller gives the torque that the servo would.
    """
    model = servos.__copy__()
    constant = _VOLTAGE / line.no_load_speed_rad_per_s
    resistance = constant * _VOLTAGE / line.stall_torque_Nm
    proportional, derivative = servos.actuator_gainprm[:, 0], -servos.actuator_biasprm[:, 2]
    model.actuator_gaintype[:] = mujoco.mjtGain.mjGAIN_DCMOTOR
    model.actuator_biastype[:] = mujoco.mjtBias.mjBIAS_DCMOTOR
    model.actuator_dyntype[:] = mujoco.mjtDyn.mjDYN_DCMOTOR
    model.actuator_ctrlspec[:] = mujoco.mjtCtrlInput.mjINPUT_POS
    model.actuator_gainprm[:], model.actuator_biasprm[:], model.actuator_dynprm[:] = 0.0, 0.0, 0.0
    # Where `MjsActuator.set_to_dcmotor` puts them.
    model.actuator_gainprm[:, 0], model.actuator_gainprm[:, 1] = resistance, constant
    model.actuator_gainprm[:, 4], model.actuator_gainprm[:, 6] = proportional, derivative
    model.actuator_gainprm[:, 7] = _VOLTAGE
    return model


def limited_targets_rad(
    targets_rad: Float[Array, " nu"],
    angle_rad: Float[Array, " nu"],
    velocity_rad_per_s: Float[Array, " nu"],
    gains: tuple[Float[Array, " nu"], Float[Array, " nu"]],
    line: TorqueSpeedLine,
) -> Float[Array, " nu"]:
    """Targets at which position servos give what they give at these, but no more than the line, in one physics step.

    Args:
      targets_rad: what the servos are told.
      angle_rad, velocity_rad_per_s: of the joints at the start of the physics step.
      gains: proportional [N m/rad] and derivative [N m s/rad].
      line: the same for all servos.
    """
    proportional, derivative = gains
    torque = proportional * (targets_rad - angle_rad) - derivative * velocity_rad_per_s
    back = velocity_rad_per_s / line.no_load_speed_rad_per_s
    # Beyond the no-load speed the line is on the braking side, as the motor's is.
    limited = jnp.clip(torque, line.stall_torque_Nm * (-1.0 - back), line.stall_torque_Nm * (1.0 - back))
    return angle_rad + (limited + derivative * velocity_rad_per_s) / proportional
