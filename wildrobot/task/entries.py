"""The entries of observations: what the actor sees (what the robot's computer knows) and what the critic sees besides.

An entry is one function with `@actor` or `@critic` here: its name, size, frame, unit, noise, bounds and formula are
stated there and nowhere else. From these follow the layout, the spaces of the adapters, the noise, the exported
`policy_spec.json` and the table in the documentation.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Array, Float
from pydantic import Field, create_model

from wildrobot.config import NonNegative, Section
from wildrobot.task import frames
from wildrobot.task.mirror import Kind
from wildrobot.task.sensing import Sensed, SensorErrors
from wildrobot.task.termination import SOUND_ANGLE_RAD, SOUND_LIMIT
from wildrobot.task.view import Readings

_LOAD_SCALE_N = 40.0
"""About the robot's weight: brings foot loads to the size of the other entries."""
_ROTATED_LIMIT = np.sqrt(3.0) * SOUND_LIMIT
"""Largest entry, after a rotation, of a vector whose entries are within the limit."""


class Moment(NamedTuple):
    """One control step of one robot: all that an entry may be formed from.

    Attributes:
      sensed: what the robot's computer knows.
      home_rad: the home pose.
      last_action: in [-1, 1].
      command: (vx, vy [m/s], yaw rate [rad/s]) that is asked for now.
      clock: (cos, sin) of the gait phase; zeros while standing.
      true: the robot as it is.
      velocity: low-passed (vx, vy [m/s], yaw rate [rad/s]), heading frame.
      errors: of the sensors, in this episode.
      latency_steps: of the commands, in this episode.
      variant: parameters of the robot variant.
    """

    sensed: Sensed
    home_rad: Float[Array, " joints"]
    last_action: Float[Array, " joints"]
    command: Float[Array, " 3"]
    clock: Float[Array, " 2"]
    true: Readings
    velocity: Float[Array, " 3"]
    errors: SensorErrors
    latency_steps: Float[Array, ""]
    variant: Float[Array, " parameters"]


class Limits(NamedTuple):
    """What bounds depend on: the home pose [rad], and the widest command, sensor errors, play and latency."""

    home_rad: Float[np.ndarray, " joints"]
    command: Float[np.ndarray, "2 3"]
    joint_zero_error_rad: float
    imu_tilt_rad: float
    play_rad: float
    latency_steps: float
    variants: Float[np.ndarray, "variants parameters"]


Size = int | Literal["joints", "parameters"]
Bounds = Callable[[Limits], tuple[Any, Any]]
Form = Callable[[Moment], Any]


@dataclasses.dataclass(frozen=True)
class Entry:
    """One entry of an observation.

    Attributes:
      name: unique.
      size: numbers in it; "joints": one per joint.
      frame, units: of its numbers; a simulation alone knows an entry without a frame.
      mirror: what becomes of it when left and right are exchanged.
      noisy: whether it has noise, uniform, whose half width is the row `env.task.observation.noise.<name>`.
      bounds: its least and greatest values, without noise.
      form: forms it; its docstring says how, for whoever writes a runtime.
    """

    name: str
    size: Size
    frame: str
    units: str
    mirror: Kind
    noisy: bool
    bounds: Bounds
    form: Form

    @property
    def formula(self) -> str:
        """How a runtime on the robot forms it."""
        return " ".join((inspect.getdoc(self.form) or "").split())


ACTOR: dict[str, Entry] = {}
"""The actor's entries, in order."""
CRITIC: dict[str, Entry] = {}
"""What the critic sees besides, in order."""


def _symmetric(bound: float) -> Bounds:
    return lambda limits: (-bound, bound)


def actor(
    size: Size, frame: str, units: str, bounds: Bounds, mirror: Kind, *, noisy: bool = False
) -> Callable[[Form], Form]:
    """Registers an entry that the actor sees under the function's name; its docstring tells a runtime its formula."""

    def register(form: Form) -> Form:
        ACTOR[form.__name__] = Entry(form.__name__, size, frame, units, mirror, noisy, bounds, form)
        return form

    return register


def critic(size: Size, units: str, bounds: Bounds, mirror: Kind) -> Callable[[Form], Form]:
    """Registers an entry that only the critic sees under the function's name."""

    def register(form: Form) -> Form:
        CRITIC[form.__name__] = Entry(form.__name__, size, "", units, mirror, False, bounds, form)
        return form

    return register


@actor(3, "imu", "rad/s", _symmetric(_ROTATED_LIMIT), "axial", noisy=True)
def gyro(m: Moment) -> Float[Array, " 3"]:
    """Angular velocity that the gyro measures (x, y, z)."""
    return m.sensed.imu.gyro_rad_per_s


@actor(3, "imu", "1", _symmetric(1.0), "polar", noisy=True)
def gravity(m: Moment) -> Float[Array, " 3"]:
    """Direction of gravity, upright (0, 0, -1).

    With the IMU's orientation (w, x, y, z): (2 (w y - x z), -2 (y z + w x), 2 (x x + y y) - 1).
    """
    return m.sensed.imu.gravity


def _joint_angle_bounds(limits: Limits) -> tuple[Any, Any]:
    widest = SOUND_ANGLE_RAD + limits.joint_zero_error_rad + 0.5 * limits.play_rad
    return -widest - limits.home_rad, widest - limits.home_rad


@actor("joints", "joint", "rad", _joint_angle_bounds, "joints", noisy=True)
def joint_angle(m: Moment) -> Float[Array, " joints"]:
    """Measured angle minus action.base_pose_rad."""
    return m.sensed.joint_angle_rad - m.home_rad


@actor("joints", "joint", "rad/s", _symmetric(SOUND_LIMIT), "joints", noisy=True)
def joint_velocity(m: Moment) -> Float[Array, " joints"]:
    """Measured velocity.

    Of a joint that is not read at every tick, the difference of its last two readings over the time between them.
    """
    return m.sensed.joint_velocity_rad_per_s


@actor("joints", "joint", "1", _symmetric(1.0), "joints")
def last_action(m: Moment) -> Float[Array, " joints"]:
    """The model's output of the tick before; zeros at the first tick."""
    return m.last_action


@actor(3, "heading", "m/s, m/s, rad/s", lambda limits: (limits.command[0], limits.command[1]), "planar")
def command(m: Moment) -> Float[Array, " 3"]:
    """(vx, vy, yaw rate asked for now): see command."""
    return m.command


@actor(2, "none", "1", _symmetric(1.0), "negated")
def gait_clock(m: Moment) -> Float[Array, " 2"]:
    """(cos 2 pi phase, sin 2 pi phase), and zeros while standing: see gait_clock."""
    return m.clock


@critic(3, "m/s", _symmetric(_ROTATED_LIMIT), "polar")
def base_velocity(m: Moment) -> Float[Array, " 3"]:
    """Velocity of the base in the heading frame."""
    return m.true.base_velocity_heading_m_per_s


@critic(3, "m/s, m/s, rad/s", _symmetric(_ROTATED_LIMIT), "planar")
def filtered_velocity(m: Moment) -> Float[Array, " 3"]:
    """(vx, vy, yaw rate), low-passed as the reward tracks it."""
    return m.velocity


@critic(1, "m", _symmetric(SOUND_LIMIT), "same")
def base_height(m: Moment) -> Float[Array, " 1"]:
    """Height of the base."""
    return m.true.base_position_m[2:]


@critic(2, "40 N", _symmetric(SOUND_LIMIT), "feet")
def foot_load(m: Moment) -> Float[Array, " 2"]:
    """Vertical load of each foot, about in units of the robot's weight."""
    return m.true.foot_load_N / _LOAD_SCALE_N


# A corner of the sole is within 1 m of its centre.
@critic(2, "m", _symmetric(SOUND_LIMIT + 1.0), "feet")
def foot_clearance(m: Moment) -> Float[Array, " 2"]:
    """Height of the lowest corner of each sole."""
    return m.true.foot_clearance_m


@critic(6, "m/s", _symmetric(_ROTATED_LIMIT), "foot_vectors")
def foot_velocity(m: Moment) -> Float[Array, " 6"]:
    """Velocity of each foot in the heading frame."""
    return frames.in_heading_frame(m.true.foot_velocity_m_per_s.T, m.true.heading_rad).T.ravel()


@critic("joints", "N m", _symmetric(SOUND_LIMIT), "joints")
def torque(m: Moment) -> Float[Array, " joints"]:
    """Torque of each servo."""
    return m.true.torque_Nm


@critic(
    "joints", "rad", lambda limits: (-SOUND_ANGLE_RAD - limits.home_rad, SOUND_ANGLE_RAD - limits.home_rad), "joints"
)
def true_joint_angle(m: Moment) -> Float[Array, " joints"]:
    """Angle of each link relative to home, now."""
    return m.true.joint_angle_rad - m.home_rad


@critic("joints", "rad/s", _symmetric(SOUND_LIMIT), "joints")
def true_joint_velocity(m: Moment) -> Float[Array, " joints"]:
    """Velocity of each link, now."""
    return m.true.joint_velocity_rad_per_s


@critic("joints", "rad", lambda limits: (-limits.joint_zero_error_rad, limits.joint_zero_error_rad), "joints")
def joint_zero_error(m: Moment) -> Float[Array, " joints"]:
    """What each encoder reads too much."""
    return m.errors.joint_zero_rad


@critic("joints", "rad", lambda limits: (0.0, limits.play_rad), "joint_sizes")
def play(m: Moment) -> Float[Array, " joints"]:
    """Play of each gear."""
    return m.errors.play_rad


@critic(2, "rad / 2", lambda limits: (-limits.imu_tilt_rad, limits.imu_tilt_rad), "roll_pitch")
def imu_tilt(m: Moment) -> Float[Array, " 2"]:
    """(roll, pitch) of how the IMU is mounted."""
    return m.errors.tilt_quat[1:3]


@critic(1, "control steps", lambda limits: (0.0, limits.latency_steps), "same")
def latency(m: Moment) -> Float[Array, " 1"]:
    """Control steps until a target reaches the servos."""
    return m.latency_steps[None]


@critic(
    "parameters",
    "see wildrobot.physics.variants",
    lambda limits: (limits.variants.min(0), limits.variants.max(0)),
    "parameters",
)
def variant(m: Moment) -> Float[Array, " parameters"]:
    """Parameters of the robot variant."""
    return m.variant


def noise_class() -> type[Section]:
    """The schema of `env.task.observation.noise`: a half width for each entry that has noise."""
    noisy = (entry for entry in ACTOR.values() if entry.noisy)
    rows: dict[str, Any] = {
        entry.name: (NonNegative, Field(description=f"[{entry.units.replace('1', '-')}] half width")) for entry in noisy
    }
    return create_model("NoiseConfig", __base__=Section, __doc__="Half width of the uniform noise of entries.", **rows)
