"""A robot is data: an MJCF and a description, compiled and resolved once."""

from wildrobot.robot.description import Hand, RobotDescription, describe, robot_names
from wildrobot.robot.robot import Collision, Foot, Imu, Robot, compiled_digest, load_robot, robot_spec

__all__ = [
    "Collision",
    "Foot",
    "Hand",
    "Imu",
    "Robot",
    "RobotDescription",
    "compiled_digest",
    "describe",
    "load_robot",
    "robot_names",
    "robot_spec",
]
