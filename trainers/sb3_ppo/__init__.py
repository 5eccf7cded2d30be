"""Stable-Baselines3's own PPO: configuration in, run folder out. The reference that Brax's results are held against."""

from trainers.sb3_ppo.training import resume, train

__all__ = ["resume", "train"]
