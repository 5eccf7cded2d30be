"""Typed, strict configuration: what all sections share, and how a file is read and explained."""

from wildrobot.config.load import ConfigError, builtin_names, dump_yaml, load, parse_yaml, validated
from wildrobot.config.section import (
    Count,
    CountRange,
    NonNegative,
    NonNegativeInt,
    NonNegativeRange,
    Ordered,
    Positive,
    PositiveRange,
    Range,
    Section,
    Share,
    Strict,
)

__all__ = [
    "ConfigError",
    "Count",
    "CountRange",
    "NonNegative",
    "NonNegativeInt",
    "NonNegativeRange",
    "Ordered",
    "Positive",
    "PositiveRange",
    "Range",
    "Section",
    "Share",
    "Strict",
    "builtin_names",
    "dump_yaml",
    "load",
    "parse_yaml",
    "validated",
]
