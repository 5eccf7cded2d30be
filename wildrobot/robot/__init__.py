"""A robot is data: an MJCF and a description, compiled and resolved once."""

from wildrobot.robot.description import Hand, RobotDescription, describe, robot_names
from wildrobot.robot.robot import Collision, Foot, Imu, Robot, load_robot, robot_spec

__all__ = [
    "Collision",
    "Foot",
    "Hand",
    "Imu",
    "Robot",
    "RobotDescription",
    "describe",
    "load_robot",
    "robot_names",
    "robot_spec",
]
