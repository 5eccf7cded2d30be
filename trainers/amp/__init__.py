"""Adversarial motion priors (Peng et al., "AMP", 2021): a discriminator that pays for moving like reference motions."""
