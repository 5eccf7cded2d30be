"""All examinations; importing this package registers them."""

from wildrobot.evaluation.diagnose.examinations import commands, motions, observations, reward, robot

__all__ = ["commands", "motions", "observations", "reward", "robot"]
