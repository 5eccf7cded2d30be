"""PPO + AMP on Brax's own building blocks: one compiled step over a mesh of devices, resumable to the bit."""

from trainers.brax.amp.checkpoints import of_policy
from trainers.brax.amp.resuming import resume
from trainers.brax.amp.training import starts_symmetric, train

__all__ = ["of_policy", "resume", "starts_symmetric", "train"]
