"""Typed, strict configuration: what all sections share, and how a file is read and explained."""

from wildrobot.config.dump import dump_yaml
from wildrobot.config.fields import FieldRow, field_rows, fields_text
from wildrobot.config.load import load, validated
from wildrobot.config.migrations import VERSION
from wildrobot.config.section import (
    LONGEST_S,
    Count,
    CountRange,
    Layers,
    NonNegative,
    NonNegativeInt,
    Number,
    Ordered,
    Positive,
    Range,
    Robots,
    Seconds,
    SecondsRange,
    Section,
    Seed,
    Share,
    SmallCount,
    Steps,
    Strict,
    Threads,
)
from wildrobot.config.tree import builtin_names, read_tree
from wildrobot.config.yaml_files import YamlFiles, parse_yaml, shipped_folder

__all__ = [
    "LONGEST_S",
    "VERSION",
    "Count",
    "CountRange",
    "FieldRow",
    "Layers",
    "NonNegative",
    "NonNegativeInt",
    "Number",
    "Ordered",
    "Positive",
    "Range",
    "Robots",
    "Seconds",
    "SecondsRange",
    "Section",
    "Seed",
    "Share",
    "SmallCount",
    "Steps",
    "Strict",
    "Threads",
    "YamlFiles",
    "builtin_names",
    "dump_yaml",
    "field_rows",
    "fields_text",
    "load",
    "parse_yaml",
    "read_tree",
    "shipped_folder",
    "validated",
]
