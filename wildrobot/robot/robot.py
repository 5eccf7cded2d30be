"""Compile the robot's MJCF and resolve its names to indices, once."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Literal, get_args
from xml.etree.ElementTree import canonicalize

import mujoco
import numpy as np

Collision = Literal["feet", "full"]
"""The two models of the robot; qpos, sensors and actuators are the same, so a state of one can be shown by the other.

"feet", for training: only feet meet the floor, and the model has no geoms but these, which makes physics 7 % faster.
"full", for evaluation and pictures: self-collision, body on floor, and the geoms that make it look like a robot.
"""

NO_LOAD_SPEED_RAD_PER_S, STALL_TORQUE_Nm = 5.8, 4.41
"""Of the servos at 11.1 V (data sheet)."""

# Contact bits: what the floor is, and what the links are to each other.
_FLOOR, _BODY = 1, 2


@dataclass(frozen=True)
class Robot:
    """A compiled robot and the indices that the rest of the code needs. Joint arrays are in actuator order.

    Attributes:
        model: the compiled model; treat it as read-only and copy it before changing anything.
        joint_names: the 17 actuated joints in the hardware's order.
        qpos_index: address of each joint in qpos, shape (17,).
        dof_index: address of each joint in qvel, shape (17,).
        home_qpos: qpos of the keyframe `home`, shape (24,): base position [m], base quaternion wxyz, joints [rad].
        home_targets_rad: servo targets that hold the home pose, shape (17,).
        joint_range_rad: lower and upper limit of each joint and of its servo target, shape (17, 2).
        torque_limit_Nm: largest torque of each servo, shape (17,).
        total_mass_kg: mass of the whole robot.
        sensors: name of each sensor -> its slice of `sensordata`; `actuator_force` is all 17 `*_torque` sensors.
        sole_half_length_m: half the length of the left foot's contact box; the right one's is 0.1 mm more.
        sole_half_width_m: half the width of the left foot's contact box; the right one's is 0.2 mm more.
        collision: which of the two models this is.
        digest: SHA-256 in hex of the MJCF's content that makes the robot; policy files name their robot by it.
    """

    model: mujoco.MjModel
    joint_names: tuple[str, ...]
    qpos_index: np.ndarray
    dof_index: np.ndarray
    home_qpos: np.ndarray
    home_targets_rad: np.ndarray
    joint_range_rad: np.ndarray
    torque_limit_Nm: np.ndarray
    total_mass_kg: float
    sensors: Mapping[str, slice]
    sole_half_length_m: float
    sole_half_width_m: float
    collision: Collision
    digest: str

    stall_torque_Nm: float = STALL_TORQUE_Nm
    no_load_speed_rad_per_s: float = NO_LOAD_SPEED_RAD_PER_S

    @property
    def joint_groups(self) -> Mapping[str, np.ndarray]:
        """Stopgap."""
        legs = [any(part in name for part in ("hip", "knee", "ankle")) for name in self.joint_names]
        return {"legs": np.flatnonzero(legs), "arms": np.flatnonzero(~np.array(legs))}


def load_robot(collision: Collision = "feet", *, timestep_s: float = 0.005) -> Robot:
    """Compile the robot.

    Args:
        collision: "feet" or "full", see `Collision`.
        timestep_s: physics step [s]; docs/physics.md says what it costs and changes.

    Raises:
        ValueError: if `collision` is not one of the two, or `timestep_s` is not positive.
    """
    if not timestep_s > 0:
        raise ValueError(f"timestep_s must be positive, got {timestep_s}")
    spec = robot_spec(collision)
    spec.option.timestep = timestep_s
    return _resolve(spec.compile(), collision, _digest(_mjcf()))


def robot_spec(collision: Collision = "feet") -> mujoco.MjSpec:
    """The robot before compilation, for who wants to change more than a compiled model lets them.

    Raises:
        ValueError: if `collision` is not one of the two.
    """
    if collision not in get_args(Collision):
        choices = ", ".join(repr(name) for name in get_args(Collision))
        raise ValueError(f"unknown collision variant {collision!r}: choose one of {choices}")
    spec = mujoco.MjSpec.from_string(_mjcf())
    if collision == "full":
        _collide_everything(spec)
    else:
        _keep_feet_and_floor(spec)
    return spec


def _digest(mjcf: str) -> str:
    """Neither comments and layout, nor looks and solver settings make another robot."""
    content = canonicalize(mjcf, with_comments=False, strip_text=True, exclude_tags=["option", "visual", "asset"])
    return hashlib.sha256(content.encode("utf-8")).hexdigest()


def _mjcf() -> str:
    return resources.files("wildrobot.robot").joinpath("wildrobot.xml").read_text(encoding="utf-8")


def _keep_feet_and_floor(spec: mujoco.MjSpec) -> None:
    """Delete the geoms that touch nothing: they cost kinematics, and no inertia comes from them."""
    for geom in list(spec.geoms):
        touches = geom.contype or geom.conaffinity
        if not touches and geom.classname.name != "foot_collision":
            spec.delete(geom)


def _collide_everything(spec: mujoco.MjSpec) -> None:
    """Let every collision geom meet every other; the MJCF excludes the pairs that may overlap.

    The soles meet the floor with their corners, all the rest with its own geoms.
    """
    for geom in spec.geoms:
        if geom.classname.name == "body_collision":
            geom.contype, geom.conaffinity = _BODY, _FLOOR | _BODY
        elif geom.classname.name == "foot_collision":
            geom.contype, geom.conaffinity = _BODY, _BODY


def _resolve(model: mujoco.MjModel, collision: Collision, digest: str) -> Robot:
    joint_ids = model.actuator_trnid[:, 0]
    home = model.key("home")
    sole_half_m = model.geom("left_foot").size
    return Robot(
        model=model,
        joint_names=tuple(model.joint(joint_id).name for joint_id in joint_ids),
        qpos_index=_constant(model.jnt_qposadr[joint_ids]),
        dof_index=_constant(model.jnt_dofadr[joint_ids]),
        home_qpos=_constant(home.qpos),
        home_targets_rad=_constant(home.ctrl),
        joint_range_rad=_constant(model.jnt_range[joint_ids]),
        torque_limit_Nm=_constant(model.actuator_forcerange[:, 1]),
        total_mass_kg=float(model.body_mass.sum()),
        sensors=_sensor_slices(model),
        sole_half_length_m=float(sole_half_m[0]),
        sole_half_width_m=float(sole_half_m[1]),
        collision=collision,
        digest=digest,
    )


def _sensor_slices(model: mujoco.MjModel) -> Mapping[str, slice]:
    slices = {}
    for sensor_id in range(model.nsensor):
        start = int(model.sensor_adr[sensor_id])
        slices[model.sensor(sensor_id).name] = slice(start, start + int(model.sensor_dim[sensor_id]))
    torque_names = [f"{model.actuator(i).name}_torque" for i in range(model.nu)]
    slices["actuator_force"] = slice(slices[torque_names[0]].start, slices[torque_names[-1]].stop)
    return _SensorSlices(slices)


class _SensorSlices(dict[str, slice]):
    """Sensor name -> slice, with an error that lists the names there are."""

    def __missing__(self, name: str) -> slice:
        raise KeyError(f"no sensor {name!r}; the robot has: {', '.join(self)}")


def _constant(values: np.ndarray) -> np.ndarray:
    """A copy that nobody can write to, so that one robot can be shared."""
    copy = np.array(values)
    copy.flags.writeable = False
    return copy
