"""The robot: its MJCF, compiled, with every name resolved to an index once."""

from wildrobot.robot.robot import NO_LOAD_SPEED_RAD_PER_S, Collision, Robot, load_robot, robot_spec

__all__ = ["NO_LOAD_SPEED_RAD_PER_S", "Collision", "Robot", "load_robot", "robot_spec"]
