"""Policies of any trainer, in one form that the rest of the code plays."""

from wildrobot.policy.info import ActionMapping, PolicyInfo
from wildrobot.policy.network import (
    Activation,
    Layer,
    NoiseTransform,
    PolicyParameters,
    PolicyStructure,
    Squash,
    act,
)
from wildrobot.policy.policy import Policy, check_fits
from wildrobot.policy.reading import load_policy

__all__ = [
    "ActionMapping",
    "Activation",
    "Layer",
    "NoiseTransform",
    "Policy",
    "PolicyInfo",
    "PolicyParameters",
    "PolicyStructure",
    "Squash",
    "act",
    "check_fits",
    "load_policy",
]
