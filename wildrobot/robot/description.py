"""The description of a robot: a YAML file beside its MJCF that says which name plays which part.

docs/add_a_robot.md explains the fields; `wildrobot.yaml` is the description of the robot that comes with the package.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Generic, TypeVar

from pydantic import Field

from wildrobot.config import Positive, Section, YamlFiles, validated

PartT = TypeVar("PartT")
Name = Annotated[str, Field(min_length=1)]

_ROBOTS = YamlFiles("robot description", Path(__file__).parent)


class Sides(Section, Generic[PartT]):
    """One of each for the left and for the right."""

    left: PartT
    right: PartT


class ImuNames(Section):
    """The site where the IMU sits, and its sensors."""

    site: Name
    orientation: Name
    gyro: Name


class FootNames(Section):
    """The site at the sole's centre, the sole's box, and the sensors of the site: world frame; load in N."""

    site: Name
    sole: Name
    position: Name
    orientation: Name
    velocity: Name
    load: Name


class Hand(Section):
    """A point of a body, in the body's frame."""

    body: Name
    point_m: tuple[float, float, float]


class Fall(Section):
    """A base lower, or tilted further, than this has fallen."""

    below_m: Positive
    beyond_rad: Positive


class ServoLimits(Section):
    """Torque at standstill, and the speed at which none is left, at the battery's voltage."""

    stall_torque_Nm: Positive
    no_load_speed_rad_per_s: Positive


# Named here, so that pickle finds these classes in this module.
_FEET, _HANDS, _NAMES = Sides[FootNames], Sides[Hand], Sides[Name]


class RobotDescription(Section):
    """All names that the program reads of a robot's MJCF, and what an MJCF cannot say.

    Attributes:
      mjcf: the MJCF, relative to the description.
      home: keyframe of the pose that actions are offsets from.
      base, torso, pushed: bodies: with the free joint; whose centre of mass variants shift; that pushes act on.
      floor: geom.
      hands: None for a robot without.
      sides: how the names of joints begin on each side; what is left is the kind of joint.
      joint_groups: names of the joints on each serial bus.
      ankles: joints that turn back as far as a start state leans, so that the soles stay flat.
    """

    mjcf: Name
    home: Name
    base: Name
    torso: Name
    pushed: Name
    floor: Name
    imu: ImuNames
    feet: Sides[FootNames]
    hands: Sides[Hand] | None = None
    sides: Sides[Name]
    joint_groups: dict[str, tuple[Name, ...]]
    ankles: tuple[Name, ...]
    fall: Fall
    servo: ServoLimits

    def joint_kind(self, joint: str) -> str:
        """`left_hip_pitch` -> `hip_pitch`."""
        for prefix in (self.sides.left, self.sides.right):
            if joint.startswith(prefix):
                return joint.removeprefix(prefix)
        return joint

    def other_side(self, joint: str) -> str:
        """`left_hip_pitch` -> `right_hip_pitch`; a joint of no side is its own."""
        for prefix, other in ((self.sides.left, self.sides.right), (self.sides.right, self.sides.left)):
            if joint.startswith(prefix):
                return other + joint.removeprefix(prefix)
        return joint


def robot_names() -> list[str]:
    """Names of the robots that come with the package."""
    return _ROBOTS.names()


def description_file(name_or_path: str | Path) -> Path:
    """The file of a robot that comes with the package, or the path itself."""
    return _ROBOTS.path(name_or_path)


def describe(name_or_path: str | Path) -> RobotDescription:
    """Reads a description.

    Args:
      name_or_path: the name of a robot that comes with the package (`wildrobot`), or the path of a YAML file.

    Raises:
      UsageError: for a file that cannot be read, or a field that is unknown, missing or of the wrong type.
    """
    file = _ROBOTS.read(name_or_path, holds=", ".join(RobotDescription.model_fields))
    return validated(RobotDescription, file.values, file.source)
