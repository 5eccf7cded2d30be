"""PPO + AMP on Brax's own building blocks: one compiled step over a mesh of devices, resumable to the bit."""

from trainers.brax.amp.training import resume, train

__all__ = ["resume", "train"]
