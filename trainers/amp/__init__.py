"""Adversarial motion priors (Peng et al., "AMP", 2021): a discriminator that pays for moving like reference motions."""

from trainers.amp.imitation import Imitation
from trainers.amp.learner import AmpState, Experience, StyleLearner, mixed

__all__ = ["AmpState", "Experience", "Imitation", "StyleLearner", "mixed"]
