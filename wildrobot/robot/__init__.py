"""The robot: its MJCF, compiled, with every name resolved to an index once."""

from wildrobot.robot.robot import Collision, Robot, load_robot, robot_spec

__all__ = ["Collision", "Robot", "load_robot", "robot_spec"]
