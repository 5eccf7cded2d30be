"""Policies of any trainer, in one form that the rest of the code plays."""

from wildrobot.policy.fitting import config_for, interface_of
from wildrobot.policy.info import PolicyInfo, TrainingRecord
from wildrobot.policy.interface import Interface
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
    "Activation",
    "Interface",
    "Layer",
    "NoiseTransform",
    "Policy",
    "PolicyInfo",
    "PolicyParameters",
    "PolicyStructure",
    "Squash",
    "TrainingRecord",
    "act",
    "check_fits",
    "config_for",
    "interface_of",
    "load_policy",
]
