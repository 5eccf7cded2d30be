"""Compile a robot's MJCF and resolve the names of its description to indices, once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, get_args
from xml.etree.ElementTree import canonicalize

import mujoco
import numpy as np
from jaxtyping import Float, Int

from wildrobot.errors import UsageError
from wildrobot.robot.description import Hand, RobotDescription, describe, description_file
from wildrobot.robot.names import Names, sensor_slices

Collision = Literal["feet", "full"]
"""The two models of a robot; qpos, sensors and actuators are the same, so a state of one can be shown by the other.

"feet", for training: only feet meet the floor, and the model has no geoms but these, which makes physics 7 % faster.
"full", for evaluation and pictures: self-collision, body on floor, and the geoms that make it look like a robot.
"""

# Contact bits: what the floor is, and what the links are to each other.
_FLOOR, _BODY = 1, 2


class Imu(NamedTuple):
    """The IMU: its site's id, and where its sensors lie in `sensordata`."""

    site: int
    orientation: slice
    gyro: slice


class Foot(NamedTuple):
    """A foot: ids of the site at the sole's centre and of the sole's box, and where the site's sensors lie."""

    site: int
    sole: int
    position: slice
    orientation: slice
    velocity: slice
    load: slice


@dataclass(frozen=True)
class Robot:
    """A compiled robot and the indices that the rest of the code needs. Joint arrays are in actuator order.

    Attributes:
      name: of the robot, as it was asked for: a name, or the path of its description.
      description: what the indices were found by.
      model: the compiled model; treat it as read-only and copy it before changing anything.
      mjcf: the file that it was compiled from.
      joint_names: the actuated joints in the hardware's order.
      joint_kinds: their names without the side.
      joint_groups: those on each serial bus, as places among `joint_names`.
      ankles: those that turn back where the robot leans, as places among `joint_names`.
      other_side: for each joint, the place of the one that mirrors it; its own for a joint of no side.
      qpos_index, dof_index: address of each joint in qpos and in qvel.
      home_qpos: qpos of the home pose: base position [m], base quaternion wxyz, joints [rad].
      home_targets_rad: servo targets that hold the home pose.
      joint_range_rad: lower and upper limit of each joint and of its servo target.
      torque_limit_Nm: largest torque of each servo.
      stall_torque_Nm, no_load_speed_rad_per_s: of every servo at the battery's voltage.
      total_mass_kg: mass of the whole robot.
      sensors: name of each sensor -> its slice of `sensordata`.
      torques: the servos' torques in `sensordata`.
      imu, feet: sensors; the feet are left, right.
      hands: bodies and points in them, left, right; empty for a robot without.
      base_body, torso_body, pushed_body, floor_geom: ids, see `RobotDescription`.
      fall_height_m, fall_tilt_rad: a base lower, or tilted further, has fallen.
      sole_half_length_m, sole_half_width_m: half the size of the left foot's contact box; the right one's is the same
        to a fraction of a millimetre.
      collision: which of the two models this is.
      digest: SHA-256 in hex of the MJCF's content that makes the robot; policy files name their robot by it.
    """

    name: str
    description: RobotDescription
    model: mujoco.MjModel
    mjcf: Path
    joint_names: tuple[str, ...]
    joint_kinds: tuple[str, ...]
    joint_groups: Mapping[str, Int[np.ndarray, " members"]]
    ankles: Int[np.ndarray, " ankles"]
    other_side: Int[np.ndarray, " joints"]
    qpos_index: Int[np.ndarray, " joints"]
    dof_index: Int[np.ndarray, " joints"]
    home_qpos: Float[np.ndarray, " nq"]
    home_targets_rad: Float[np.ndarray, " joints"]
    joint_range_rad: Float[np.ndarray, "joints 2"]
    torque_limit_Nm: Float[np.ndarray, " joints"]
    stall_torque_Nm: float
    no_load_speed_rad_per_s: float
    total_mass_kg: float
    sensors: Mapping[str, slice]
    torques: slice
    imu: Imu
    feet: tuple[Foot, Foot]
    hands: tuple[Hand, ...]
    base_body: int
    torso_body: int
    pushed_body: int
    floor_geom: int
    fall_height_m: float
    fall_tilt_rad: float
    sole_half_length_m: float
    sole_half_width_m: float
    collision: Collision
    digest: str


def load_robot(
    name_or_path: str | Path = "wildrobot",
    *,
    collision: Collision = "feet",
    timestep_s: float = 0.005,
    textures: bool = True,
) -> Robot:
    """Compile a robot.

    Args:
      name_or_path: the name of a robot that comes with the package, or the path of a description.
      collision: "feet" or "full", see `Collision`.
      timestep_s: physics step [s]; docs/lab/physics.md says what it costs and changes.
      textures: False for physics, which copies the model for each variant: textures are nearly all of its memory.

    Raises:
      UsageError: if the description cannot be used; it names file, field and the names that there are.
      ValueError: if `collision` is not one of the two, or `timestep_s` is not positive.
    """
    if not timestep_s > 0:
        raise ValueError(f"timestep_s must be positive, got {timestep_s}")
    file, description = description_file(name_or_path), describe(name_or_path)
    spec = robot_spec(name_or_path, collision=collision)
    spec.option.timestep = timestep_s
    if not textures:
        _remove_textures(spec)
    return _resolve(str(name_or_path), file, description, spec.compile(), collision)


def robot_spec(name_or_path: str | Path = "wildrobot", *, collision: Collision = "feet") -> mujoco.MjSpec:
    """The robot before compilation, for callers that edit the spec.

    Raises:
      UsageError: if there is no such robot, or its MJCF cannot be read.
      ValueError: if `collision` is not one of the two.
    """
    if collision not in get_args(Collision):
        choices = ", ".join(repr(name) for name in get_args(Collision))
        raise ValueError(f"unknown collision variant {collision!r}: choose one of {choices}")
    description = describe(name_or_path)
    mjcf = description_file(name_or_path).parent / description.mjcf
    try:
        spec = mujoco.MjSpec.from_file(str(mjcf))
    except (ValueError, FileNotFoundError) as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"{description_file(name_or_path)}: mjcf: {mjcf} cannot be read: {reason}") from None
    soles = (description.feet.left.sole, description.feet.right.sole)
    if collision == "full":
        _collide_everything(spec, soles)
    else:
        _keep_feet_and_floor(spec, soles)
    return spec


def compiled_digest(model: mujoco.MjModel) -> str:
    """SHA-256 of all that a model holds, so also of what its MJCF includes, and of no comment."""
    content = np.empty(mujoco.mj_sizeModel(model), np.uint8)
    mujoco.mj_saveModel(model, None, content)
    return hashlib.sha256(content.tobytes()).hexdigest()


def _digest(mjcf: str) -> str:
    """Neither comments and layout, nor looks and solver settings make another robot."""
    content = canonicalize(mjcf, with_comments=False, strip_text=True, exclude_tags=["option", "visual", "asset"])
    return hashlib.sha256(content.encode("utf-8")).hexdigest()


def _keep_feet_and_floor(spec: mujoco.MjSpec, soles: tuple[str, str]) -> None:
    """Delete the geoms that touch nothing: they cost kinematics, and no inertia comes from them."""
    for geom in list(spec.geoms):
        touches = geom.contype or geom.conaffinity
        if not touches and geom.name not in soles:
            spec.delete(geom)


def _remove_textures(spec: mujoco.MjSpec) -> None:
    for material in spec.materials:
        material.textures = [""] * len(material.textures)
    for texture in list(spec.textures):
        spec.delete(texture)


def _collide_everything(spec: mujoco.MjSpec, soles: tuple[str, str]) -> None:
    """Let every collision geom meet every other; the MJCF excludes the pairs that may overlap.

    The soles meet the floor with their corners, all the rest with its own geoms.
    """
    for geom in spec.geoms:
        if geom.name in soles:
            geom.contype, geom.conaffinity = _BODY, _BODY
        elif geom.classname.name == "body_collision":
            geom.contype, geom.conaffinity = _BODY, _FLOOR | _BODY


def _resolve(
    name: str, file: Path, description: RobotDescription, model: mujoco.MjModel, collision: Collision
) -> Robot:
    names, joint_ids = Names(model, file), model.actuator_trnid[:, 0]
    base = names.find("body", description.base, "base")
    root = int(model.body_jntadr[base])
    if root != 0 or model.jnt_type[root] != mujoco.mjtJoint.mjJNT_FREE:
        raise names.error("base", f"the body {description.base} must be the MJCF's first and have its free joint")
    home = model.key(names.find("key", description.home, "home"))
    feet = (_foot(names, description, "left"), _foot(names, description, "right"))
    hands = (description.hands.left, description.hands.right) if description.hands else ()
    for side, hand in zip(("left", "right"), hands, strict=False):
        names.find("body", hand.body, f"hands.{side}.body")
    for side, foot in zip(("left", "right"), feet, strict=True):
        if model.geom_type[foot.sole] != mujoco.mjtGeom.mjGEOM_BOX:
            raise names.error(f"feet.{side}.sole", f"the geom {model.geom(foot.sole).name} must be a box")
    half_size_m = model.geom_size[feet[0].sole]
    mjcf = file.parent / description.mjcf
    return Robot(
        name=name,
        description=description,
        model=model,
        mjcf=mjcf,
        joint_names=names.joints,
        joint_kinds=tuple(description.joint_kind(joint) for joint in names.joints),
        joint_groups={
            group: _constant(names.joint_indices(joints, f"joint_groups.{group}"))
            for group, joints in description.joint_groups.items()
        },
        ankles=_constant(names.joint_indices(description.ankles, "ankles")),
        other_side=_constant(names.joint_indices([description.other_side(each) for each in names.joints], "sides")),
        qpos_index=_constant(model.jnt_qposadr[joint_ids]),
        dof_index=_constant(model.jnt_dofadr[joint_ids]),
        home_qpos=_constant(home.qpos),
        home_targets_rad=_constant(home.ctrl),
        joint_range_rad=_constant(model.jnt_range[joint_ids]),
        torque_limit_Nm=_constant(model.actuator_forcerange[:, 1]),
        stall_torque_Nm=description.servo.stall_torque_Nm,
        no_load_speed_rad_per_s=description.servo.no_load_speed_rad_per_s,
        total_mass_kg=float(model.body_mass.sum()),
        sensors=sensor_slices(model),
        torques=names.torque_slice(),
        imu=_imu(names, description),
        feet=feet,
        hands=hands,
        base_body=base,
        torso_body=names.find("body", description.torso, "torso"),
        pushed_body=names.find("body", description.pushed, "pushed"),
        floor_geom=names.find("geom", description.floor, "floor"),
        fall_height_m=description.fall.below_m,
        fall_tilt_rad=description.fall.beyond_rad,
        sole_half_length_m=float(half_size_m[0]),
        sole_half_width_m=float(half_size_m[1]),
        collision=collision,
        digest=_digest(mjcf.read_text(encoding="utf-8")),
    )


def _imu(names: Names, description: RobotDescription) -> Imu:
    imu, sensor = description.imu, mujoco.mjtSensor
    site = names.find("site", imu.site, "imu.site")
    return Imu(
        site,
        names.sensor(imu.orientation, "imu.orientation", sensor.mjSENS_FRAMEQUAT, site),
        names.sensor(imu.gyro, "imu.gyro", sensor.mjSENS_GYRO, site),
    )


def _foot(names: Names, description: RobotDescription, side: Literal["left", "right"]) -> Foot:
    foot, field, sensor = getattr(description.feet, side), f"feet.{side}", mujoco.mjtSensor
    site = names.find("site", foot.site, f"{field}.site")
    return Foot(
        site,
        names.find("geom", foot.sole, f"{field}.sole"),
        names.sensor(foot.position, f"{field}.position", sensor.mjSENS_FRAMEPOS, site),
        names.sensor(foot.orientation, f"{field}.orientation", sensor.mjSENS_FRAMEQUAT, site),
        names.sensor(foot.velocity, f"{field}.velocity", sensor.mjSENS_FRAMELINVEL, site),
        names.sensor(foot.load, f"{field}.load", sensor.mjSENS_TOUCH, site),
    )


def _constant(values: np.ndarray) -> np.ndarray:
    """A read-only copy, so that one robot can be shared."""
    copy = np.array(values)
    copy.flags.writeable = False
    return copy
