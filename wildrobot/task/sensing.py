"""What the robot's computer knows: joints that a slow bus reads one after the other, through play, and an IMU.

Each joint is sampled every n control steps and held in between; n and the phase are the joint's own, for an episode.
A read fails now and then, and the old value stays. The encoder sits before the gear's play, so it reads the link's
angle and half the play, on the side that the load pushes to. Everything is per robot and pure; random numbers are
passed in.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from pydantic import Field

from wildrobot.config import CountRange, Ordered, Section, Share
from wildrobot.draws import integers
from wildrobot.errors import UsageError
from wildrobot.robot import Robot
from wildrobot.task import frames
from wildrobot.task.view import Readings

_Angle = Annotated[float, Field(ge=0, le=1)]


class SensingConfig(Section):
    """How the robot's computer comes to know its joints and its IMU; without settings, everything is fresh and exact.

    Groups of joints that are not named in `joint_period_steps` are read at every control step; in `fresh_share` of the
    episodes, all are.
    """

    joint_period_steps: dict[str, CountRange] = Field(default={})
    fresh_share: Share = 0.0
    read_failure_share: Share = 0.0
    imu_stale_share: Share = 0.0
    play_rad: Annotated[tuple[_Angle, _Angle], Ordered] = (0.0, 0.0)
    joint_zero_error_rad: _Angle = 0.0
    imu_tilt_rad: _Angle = 0.0


class SensorErrors(NamedTuple):
    """What is wrong with the sensors of one robot for an episode.

    Attributes:
      joint_zero_rad: what each encoder reads too much.
      tilt_quat: how the IMU is mounted, wxyz.
      play_rad: of each gear, from end to end.
      period_steps: control steps between two reads of each joint.
      phase_steps: a joint is read at the control steps t with (t + phase) mod period = 0.
    """

    joint_zero_rad: Float[Array, "*batch joints"]
    tilt_quat: Float[Array, "*batch 4"]
    play_rad: Float[Array, "*batch joints"]
    period_steps: Int[Array, "*batch joints"]
    phase_steps: Int[Array, "*batch joints"]


class ImuSample(NamedTuple):
    """One sample of the IMU, in its own frame: gyro [rad/s], direction of gravity [-], heading [rad]."""

    gyro_rad_per_s: Float[Array, "*batch 3"]
    gravity: Float[Array, "*batch 3"]
    heading_rad: Float[Array, "*batch"]


class Sensed(NamedTuple):
    """What the robot's computer knows at one control step; joints as last read, the IMU's newest sample."""

    joint_angle_rad: Float[Array, "*batch joints"]
    joint_velocity_rad_per_s: Float[Array, "*batch joints"]
    imu: ImuSample


class SensorState(NamedTuple):
    """What is kept from one control step to the next.

    Attributes:
      sensed: what the robot's computer knows now.
      read_at: the control step at which each joint was last read.
      imu: the IMU's newest sample, which the next step may get once more.
    """

    sensed: Sensed
    read_at: Int[Array, "*batch joints"]
    imu: ImuSample


class Sensing:
    """The sensors of a robot. Immutable; its methods are pure and written for one robot."""

    def __init__(self, robot: Robot, config: SensingConfig, control_period_s: float):
        """Spreads the settings over the joints.

        Raises:
          UsageError: for a group of joints that the robot does not have.
        """
        self._config, self._period_s, self._joints = config, control_period_s, len(robot.joint_names)
        self.periods_steps = _periods_steps(robot, config)
        """The shortest and the longest period of each joint, shape (2, joints)."""
        self.error_draws = 2 + self._joints
        """Uniform numbers that `errors` takes first: of the joints' zeros and the IMU's mounting."""
        self.bus_draws = 3 * self._joints
        """Uniform numbers that `errors` takes besides: of play, periods and phases."""
        self.step_draws = 1 + self._joints
        """Uniform numbers that `step` takes."""

    def errors(
        self, draws: Float[Array, " errors"], bus_draws: Float[Array, " bus"], fresh_draw: Float[Array, ""]
    ) -> SensorErrors:
        """Draws the errors of an episode from numbers uniform in [0, 1); the last says whether all joints are fresh."""
        config, joints = self._config, self._joints
        signed = 2.0 * draws - 1.0
        roll_pitch = signed[joints:] * config.imu_tilt_rad
        # A small rotation: (1, angle / 2), normalised.
        quat = jnp.concatenate([jnp.ones(1), 0.5 * roll_pitch, jnp.zeros(1)])
        play, period, phase = jnp.split(bus_draws, 3)
        low, high = config.play_rad
        period_steps = jnp.where(fresh_draw < config.fresh_share, 1, integers(period, *self.periods_steps))
        return SensorErrors(
            joint_zero_rad=signed[:joints] * config.joint_zero_error_rad,
            tilt_quat=quat / jnp.linalg.norm(quat),
            play_rad=low + play * (high - low),
            period_steps=period_steps,
            phase_steps=integers(phase, jnp.zeros_like(period_steps), period_steps - 1),
        )

    def reset(self, errors: SensorErrors, true: Readings, servo_target_rad: Float[Array, " joints"]) -> SensorState:
        """The start of an episode: everything has just been read."""
        angle, imu = encoder_angle_rad(errors, true.joint_angle_rad, servo_target_rad), imu_sample(errors, true)
        read_at = jnp.zeros(self._joints, jnp.int32)
        return SensorState(Sensed(angle, true.joint_velocity_rad_per_s, imu), read_at, imu)

    def step(
        self,
        state: SensorState,
        errors: SensorErrors,
        true: Readings,
        servo_target_rad: Float[Array, " joints"],
        now: Int[Array, ""],
        draws: Float[Array, " draws"],
    ) -> SensorState:
        """Reads what is due.

        A joint's velocity is the difference of its last two readings over the time between them; where a joint is read
        at every control step, it is the servo's own, fresh velocity.

        Args:
          state: after the last step.
          errors: of the episode.
          true: the robot as it is.
          servo_target_rad: what each servo holds its encoder to, less the error of its zero.
          now: the number of this control step, counted from 0 at the reset.
          draws: uniform in [0, 1): whether the IMU's sample is an old one, and whether each joint's read fails.
        """
        config, last = self._config, state.sensed
        due = ((now + errors.phase_steps) % errors.period_steps == 0) & (draws[1:] >= config.read_failure_share)
        angle = encoder_angle_rad(errors, true.joint_angle_rad, servo_target_rad)
        difference = (angle - last.joint_angle_rad) / (jnp.maximum(now - state.read_at, 1) * self._period_s)
        velocity = jnp.where(errors.period_steps == 1, true.joint_velocity_rad_per_s, difference)
        imu, stale = imu_sample(errors, true), draws[0] < config.imu_stale_share
        sensed = Sensed(
            joint_angle_rad=jnp.where(due, angle, last.joint_angle_rad),
            joint_velocity_rad_per_s=jnp.where(due, velocity, last.joint_velocity_rad_per_s),
            imu=ImuSample(*(jnp.where(stale, old, new) for old, new in zip(state.imu, imu, strict=True))),
        )
        return SensorState(sensed, jnp.where(due, now, state.read_at), imu)


def _periods_steps(robot: Robot, config: SensingConfig) -> Int[np.ndarray, "2 joints"]:
    """The shortest and the longest period of each joint."""
    groups = robot.joint_groups
    if unknown := sorted(set(config.joint_period_steps) - set(groups)):
        raise UsageError(
            f"env.task.sensing.joint_period_steps: there is no group of joints {', '.join(unknown)}; the robot has: "
            f"{', '.join(groups)}"
        )
    periods = np.ones((2, len(robot.joint_names)), np.int32)
    for group, bounds in config.joint_period_steps.items():
        periods[:, groups[group]] = np.array(bounds)[:, None]
    return periods


def play_offset_rad(
    errors: SensorErrors, joint_angle_rad: Float[Array, " joints"], servo_target_rad: Float[Array, " joints"]
) -> Float[Array, " joints"]:
    """How far [rad] each encoder is ahead of its link: at most half the play, towards where the servo pushes.

    Within the play the servo meets no load, so the encoder is where the servo wants it to be.
    """
    return jnp.clip(servo_target_rad - joint_angle_rad, -0.5 * errors.play_rad, 0.5 * errors.play_rad)


def encoder_angle_rad(
    errors: SensorErrors, joint_angle_rad: Float[Array, " joints"], servo_target_rad: Float[Array, " joints"]
) -> Float[Array, " joints"]:
    """What the encoders read [rad] of joints at these angles."""
    return joint_angle_rad + errors.joint_zero_rad + play_offset_rad(errors, joint_angle_rad, servo_target_rad)


def imu_sample(errors: SensorErrors, true: Readings) -> ImuSample:
    """What the IMU measures, as it is mounted. The heading is the body's: its error is constant and means nothing."""
    return ImuSample(
        gyro_rad_per_s=frames.rotate_inverse(errors.tilt_quat, true.gyro_rad_per_s),
        gravity=frames.rotate_inverse(errors.tilt_quat, true.gravity),
        heading_rad=true.heading_rad,
    )
