"""The robot: its MJCF, compiled, with every name resolved to an index once."""

from wildrobot.robot.robot import Collision, Robot, load_robot

__all__ = ["Collision", "Robot", "load_robot"]
