"""The robot, its physics, its task and its score. Knows no framework of reinforcement learning."""

__version__ = "0.1.0"
