"""Reward terms: each is one function, and one row of the configuration, `name: {weight: w, parameter: value}`.

A new term is a function with `@term` here, and a row in the YAML. A row has the weight, in reward per second, and the
function's keyword parameters; its schema and the name of its metric come from the function.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float
from pydantic import Field, create_model

from wildrobot.config import NonNegative, Number, Positive, Section
from wildrobot.task import frames
from wildrobot.task.view import Readings

CONTACT_ABOVE_N = 2.0
"""A foot switch of the real robot is on above this load."""

Scalar = Float[Array, ""]
PerJoint = Float[Array, " joints"]
"""A parameter with a value for each joint; in the YAML it has one for each kind of joint."""


class Step(NamedTuple):
    """One control step of one robot: all that a reward term may look at. Joints in actuator order, feet left, right.

    Attributes:
      robot: the robot after the step.
      command: the velocity that is asked for, (vx, vy [m/s], yaw rate [rad/s]) with the correction of heading hold.
      standing: whether the robot is told to stand still.
      velocity: low-passed (vx, vy [m/s], yaw rate [rad/s]), heading frame.
      heading_error_rad: from the heading to where the commanded yaw rates would have led.
      foot_reference_m: the height of each sole that the gait asks for.
      swinging: which feet the gait wants in the air.
      action, last_action, previous_action: the newest, the one before, and the one before that, in [-1, 1].
      home_rad: the home pose.
      torque_limit_Nm: largest torque of each servo.
      fallen: whether the robot has just fallen.
    """

    robot: Readings
    command: Float[Array, " 3"]
    standing: Bool[Array, ""]
    velocity: Float[Array, " 3"]
    heading_error_rad: Scalar
    foot_reference_m: Float[Array, " 2"]
    swinging: Bool[Array, " 2"]
    action: PerJoint
    last_action: PerJoint
    previous_action: PerJoint
    home_rad: PerJoint
    torque_limit_Nm: PerJoint
    fallen: Bool[Array, ""]


Term = Callable[..., Scalar]
TERMS: dict[str, Term] = {}
"""Every term by name."""


def term(function: Term) -> Term:
    """Registers a term under the function's name."""
    TERMS[function.__name__] = function
    return function


def config_class() -> type[Section]:
    """The schema of `env.task.reward`: one optional row per term, of the term's own parameters.

    A parameter whose default is None may be left out of its row.
    """
    rows: dict[str, Any] = {}
    for name, function in TERMS.items():
        weight = Annotated[Number, Field(description=f"reward per second: {summary(function)}")]
        fields: dict[str, Any] = {}
        for parameter, hint in parameters(function).items():
            optional = inspect.signature(function).parameters[parameter].default is None
            kind: Any = dict[str, NonNegative] if hint is PerJoint else Positive
            fields[parameter] = (kind | None, None) if optional else (kind, ...)
        row = create_model(f"{name}_row", __base__=Section, weight=(weight, ...), **fields)
        rows[name] = (row | None, Field(default=None, description=summary(function)))
    doc = "One row per term: its weight and the parameters of its function; a term without a row is not computed."
    return create_model("RewardConfig", __base__=Section, __doc__=doc, **rows)


class Reward:
    """The terms that have a row, with their weights and parameters. Immutable and pure."""

    def __init__(self, config: Section, per_joint: Callable[[Mapping[str, float], str], PerJoint]):
        """Takes the rows.

        Args:
          config: of `config_class`.
          per_joint: spreads values per kind of joint over the joints; its second argument names the field.
        """
        self._rows = []
        for name, function in TERMS.items():
            row = getattr(config, name)
            if row is None:
                continue
            values = {parameter: getattr(row, parameter) for parameter in parameters(function)}
            for parameter, value in values.items():
                if isinstance(value, dict):
                    values[parameter] = per_joint(value, f"env.task.reward.{name}.{parameter}")
            self._rows.append((name, function, row.weight, values))

    def __call__(self, step: Step, control_period_s: float) -> dict[str, Scalar]:
        """What each term pays for this step."""
        return {
            name: weight * function(step, **values) * control_period_s for name, function, weight, values in self._rows
        }


def parameters(function: Term) -> dict[str, Any]:
    """The keyword parameters of a term with their types."""
    hints = typing.get_type_hints(function)
    signature = inspect.signature(function).parameters.values()
    return {each.name: hints[each.name] for each in signature if each.kind is inspect.Parameter.KEYWORD_ONLY}


def summary(function: Term) -> str:
    """What a term is, in one line: the first of its docstring."""
    return (inspect.getdoc(function) or "").partition("\n")[0].rstrip(".")


def forward_share(s: Step, width_m_per_s: float | None) -> Scalar:
    """exp(-|ex| / width) of the forward velocity error: the share that a term pays of which forward comes first.

    Of a robot that is told to walk and stands, which keeps its heading without effort, `heading`, `yaw_rate` and
    `sideways_velocity` would else reward just that. 1 where the width is None.
    """
    if width_m_per_s is None:
        return jnp.ones(())
    return jnp.exp(-jnp.abs(s.command[0] - s.velocity[0]) / width_m_per_s)


def gaussian(error: Float[Array, "*n"], width: float) -> Scalar:
    """exp(-|error|^2 / width^2): 1 when the error is zero, 1/e when it is one width (units of the width)."""
    return jnp.exp(-jnp.sum(jnp.square(error)) / width**2)


@term
def velocity(s: Step, *, width_m_per_s: float) -> Scalar:
    """exp(-(|ex| + |ey|) / width) of the velocity error: 1 at no error.

    With tails heavier than a Gaussian's, a robot that still stands is drawn to walk; with a peak that is sharp in each
    direction, one that walks is drawn to the exact speed, however much it must sway.
    """
    return jnp.exp(-jnp.sum(jnp.abs(s.command[:2] - s.velocity[:2])) / width_m_per_s)


@term
def forward_velocity(s: Step, *, width_m_per_s: float) -> Scalar:
    """exp(-|ex| / width) of the forward velocity error alone, so that its peak can be made sharp."""
    return forward_share(s, width_m_per_s)


@term
def sideways_velocity(s: Step, *, width_m_per_s: float, forward_width_m_per_s: float | None = None) -> Scalar:
    """exp(-|ey| / width) of the sideways velocity error alone, times exp(-|ex| / forward width) where that is given.

    Sideways commands are small beside the forward ones.
    """
    sideways = jnp.exp(-jnp.abs(s.command[1] - s.velocity[1]) / width_m_per_s)
    return forward_share(s, forward_width_m_per_s) * sideways


@term
def yaw_rate(s: Step, *, width_rad_per_s: float, forward_width_m_per_s: float | None = None) -> Scalar:
    """Gaussian of the yaw rate's error, times exp(-|ex| / forward width) where that is given."""
    return forward_share(s, forward_width_m_per_s) * gaussian(s.command[2] - s.velocity[2], width_rad_per_s)


@term
def heading(s: Step, *, width_rad: float, forward_width_m_per_s: float | None = None) -> Scalar:
    """Gaussian of the heading's error, times exp(-|ex| / forward width) where that is given."""
    return forward_share(s, forward_width_m_per_s) * gaussian(s.heading_error_rad, width_rad)


@term
def foot_height(s: Step, *, width_m: float) -> Scalar:
    """Gaussian of the distance of both soles from the heights that the gait asks for."""
    return gaussian(s.robot.foot_clearance_m - s.foot_reference_m, width_m)


@term
def foot_contact(s: Step) -> Scalar:
    """1 while exactly those feet carry load that the gait does not want in the air, else 0."""
    return jnp.all((s.robot.foot_load_N > CONTACT_ABOVE_N) != s.swinging).astype(jnp.float32)


@term
def alive(s: Step) -> Scalar:
    """1 at every step."""
    return jnp.ones(())


@term
def tilt(s: Step) -> Scalar:
    """Squared sine of the angle between the body's z axis and the vertical (`flat_orientation`)."""
    return jnp.sum(jnp.square(s.robot.gravity[:2]))


@term
def bounce(s: Step) -> Scalar:
    """Squared vertical velocity of the base [m^2/s^2] (`lin_vel_z`)."""
    return jnp.square(s.robot.base_velocity_heading_m_per_s[2])


@term
def wobble(s: Step) -> Scalar:
    """Squared roll and pitch rates [rad^2/s^2] (`ang_vel_xy`)."""
    return jnp.sum(jnp.square(s.robot.gyro_rad_per_s[:2]))


@term
def foot_slip(s: Step) -> Scalar:
    """Squared horizontal velocity of the feet that carry load, summed [m^2/s^2]."""
    loaded = s.robot.foot_load_N > CONTACT_ABOVE_N
    return jnp.sum(jnp.sum(jnp.square(s.robot.foot_velocity_m_per_s[:, :2]), axis=-1) * loaded)


@term
def feet_close(s: Step, *, least_gap_m: float) -> Scalar:
    """How much [m] the feet's centres are nearer to each other, sideways, than the least gap.

    Soles that press against each other carry no weight, and trip the robot.
    """
    left, right = s.robot.foot_position_m
    return jnp.maximum(least_gap_m - frames.in_heading_frame(left - right, s.robot.heading_rad)[1], 0.0)


@term
def action_rate(s: Step) -> Scalar:
    """Squared change of the action, summed over joints."""
    return jnp.sum(jnp.square(s.action - s.last_action))


@term
def action_jerk(s: Step) -> Scalar:
    """Squared second difference of the action, summed over joints."""
    return jnp.sum(jnp.square(s.action - 2.0 * s.last_action + s.previous_action))


@term
def torque(s: Step) -> Scalar:
    """Squared torque, summed over joints [N^2 m^2]."""
    return jnp.sum(jnp.square(s.robot.torque_Nm))


@term
def saturation(s: Step) -> Scalar:
    """How far torques are above 80 % of their limits, as fractions of the limits, summed over joints."""
    return jnp.sum(jnp.maximum(jnp.abs(s.robot.torque_Nm) / s.torque_limit_Nm - 0.8, 0.0))


@term
def power(s: Step) -> Scalar:
    """Absolute mechanical power, summed over joints [W]."""
    return jnp.sum(jnp.abs(s.robot.torque_Nm * s.robot.joint_velocity_rad_per_s))


@term
def pose(s: Step, *, joint_weights: PerJoint) -> Scalar:
    """Weighted squared distance of the joints from home [rad^2]."""
    return jnp.sum(joint_weights * jnp.square(s.robot.joint_angle_rad - s.home_rad))


@term
def standing_pose(s: Step) -> Scalar:
    """Distance of the joints from home [rad], summed, while told to stand still."""
    return jnp.where(s.standing, jnp.sum(jnp.abs(s.robot.joint_angle_rad - s.home_rad)), 0.0)


@term
def standing_motion(s: Step) -> Scalar:
    """Squared joint velocities [rad^2/s^2], summed, while told to stand still (`stand_still`)."""
    return jnp.where(s.standing, jnp.sum(jnp.square(s.robot.joint_velocity_rad_per_s)), 0.0)


@term
def standing_turn(s: Step) -> Scalar:
    """Size of the low-passed yaw rate [rad/s] while told to stand still.

    A robot that turns by 0.01 rad/s, which `yaw_rate` does not see, has crossed its legs within a minute.
    """
    return jnp.where(s.standing, jnp.abs(s.velocity[2]), 0.0)


@term
def termination(s: Step) -> Scalar:
    """1 at the step in which the robot falls."""
    return s.fallen.astype(jnp.float32)
