"""Typed, strict configuration: what all sections share, and how a file is read and explained."""

from wildrobot.config.dump import dump_yaml
from wildrobot.config.load import load, validated
from wildrobot.config.migrations import VERSION
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
from wildrobot.config.tree import builtin_names, parse_yaml, read_tree

__all__ = [
    "VERSION",
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
    "read_tree",
    "validated",
]
