"""Configurations as YAML text, each field with what it means."""

from __future__ import annotations

import io
from typing import Any

import ruamel.yaml
from pydantic import BaseModel
from ruamel.yaml.comments import CommentedMap, CommentedSeq

_COMMENT_COLUMN, _WIDTH = 48, 120


def dump_yaml(section: BaseModel) -> str:
    """All fields with their values, and their descriptions as comments; loads back equal."""
    stream = io.StringIO()
    yaml = ruamel.yaml.YAML()
    yaml.default_flow_style = False
    yaml.width = _WIDTH
    yaml.dump(_commented(section), stream)
    return stream.getvalue()


def _commented(section: BaseModel) -> CommentedMap:
    values = section.model_dump(mode="json")
    tree = CommentedMap()
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        tree[name] = _commented(value) if isinstance(value, BaseModel) else _plain(values[name])
        if field.description:
            tree.yaml_add_eol_comment(field.description, name, column=_COMMENT_COLUMN)
    return tree


def _plain(value: Any) -> Any:
    """Lists on one line."""
    if not isinstance(value, list):
        return value
    row = CommentedSeq(value)
    row.fa.set_flow_style()
    return row
