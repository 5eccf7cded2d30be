"""Typed, strict configuration."""

from wildrobot.config.load import ConfigError, builtin_names, dump_yaml, load_experiment, parse_yaml, validated
from wildrobot.config.schema import (
    ActionConfig,
    BraxPpoConfig,
    CommandConfig,
    EnvConfig,
    Experiment,
    GaitConfig,
    ObservationConfig,
    PhysicsConfig,
    PushConfig,
    RewardConfig,
    Sb3PpoConfig,
    StartsConfig,
    TaskConfig,
    TerminationConfig,
    VariantsConfig,
)

__all__ = [
    "ActionConfig",
    "BraxPpoConfig",
    "CommandConfig",
    "ConfigError",
    "EnvConfig",
    "Experiment",
    "GaitConfig",
    "ObservationConfig",
    "PhysicsConfig",
    "PushConfig",
    "RewardConfig",
    "Sb3PpoConfig",
    "StartsConfig",
    "TaskConfig",
    "TerminationConfig",
    "VariantsConfig",
    "builtin_names",
    "dump_yaml",
    "load_experiment",
    "parse_yaml",
    "validated",
]
