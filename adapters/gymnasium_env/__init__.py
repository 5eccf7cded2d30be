"""The environment core as Gymnasium environments: many robots, and one."""

from adapters.gymnasium_env.single import WalkEnv
from adapters.gymnasium_env.vector import VectorWalkEnv

__all__ = ["VectorWalkEnv", "WalkEnv"]
