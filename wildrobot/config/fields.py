"""All fields of a configuration in one list: dotted path, value, unit and range, from the schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel

_UNITS = {
    "_rad_per_s": "rad/s", "_m_per_s": "m/s", "_per_s": "1/s", "_rad": "rad", "_m": "m", "_s": "s", "_hz": "1/s",
    "_steps": "steps", "_timesteps": "steps", "_kl": "nat",
}  # fmt: skip
"""Units by the ends of names, longer ends first."""
_IN_DESCRIPTION = re.compile(r"^\[(.+?)\] ")
_LONGEST_VALUE = 36


class FieldRow(NamedTuple):
    """One field: its dotted path, value, unit (`-` for none), range or choices, and what it means if that is said."""

    path: str
    value: str
    unit: str
    range: str
    meaning: str


def field_rows(section: BaseModel) -> list[FieldRow]:
    """Every field that an override can name, sections resolved, with the values of this one."""
    schema = type(section).model_json_schema()
    return list(_rows(section.model_dump(mode="json"), schema, schema.get("$defs", {}), ""))


def fields_text(section: BaseModel) -> str:
    """The rows as an aligned text, for `--help`."""
    rows = [FieldRow("FIELD", "VALUE", "UNIT", "RANGE", ""), *field_rows(section)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ("  ".join(text.ljust(width) for text, width in zip(row, [*widths, 0], strict=True)) for row in rows)
    return "\n".join(f"  {line.rstrip()}" for line in lines)


def _rows(
    values: Mapping[str, Any], schema: Mapping[str, Any], definitions: Mapping[str, Any], prefix: str, unit: str = "-"
) -> Iterator[FieldRow]:
    """The rows of a section, or of a mapping whose values are all of one kind, such as the joints of `scale_rad`."""
    known = schema.get("properties", {})
    for name, value in values.items():
        field = _resolved(known.get(name, schema.get("additionalProperties", {})), definitions)
        meaning = field.get("description", "")
        found = _unit(name, meaning) or unit
        if isinstance(value, dict):
            yield from _rows(value, field, definitions, f"{prefix}{name}.", found)
        else:
            meaning = _IN_DESCRIPTION.sub("", meaning).removeprefix("reward per second: ")
            allowed = _range(field)
            yield FieldRow(f"{prefix}{name}", _shown(value), found, allowed, "" if meaning == allowed else meaning)


def _resolved(field: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """A field's schema with references resolved; for one that may be null, the schema of its other values."""
    choices = [each for each in field.get("anyOf", ()) if each.get("type") != "null"]
    if choices:
        field = {**choices[0], **{name: text for name, text in field.items() if name == "description"}}
    if "$ref" in field:
        field = {**definitions[field["$ref"].rpartition("/")[2]], **field}
    return field


def _unit(name: str, meaning: str) -> str | None:
    said = _IN_DESCRIPTION.match(meaning)
    if said:
        return said[1]
    if meaning.startswith("reward per second"):
        return "1/s"
    return next((unit for end, unit in _UNITS.items() if f"_{name}".endswith(end)), None)


def _range(field: Mapping[str, Any]) -> str:
    """What a value may be; for a list, what each of its elements may be."""
    if "enum" in field or "const" in field:
        return " | ".join(str(each) for each in field.get("enum", [field.get("const")]))
    kind = field.get("type")
    if kind == "array":
        elements = field.get("prefixItems") or [field.get("items", {})]
        return f"list of {_range(elements[0])}"
    if kind == "boolean":
        return "true | false"
    low, high = field.get("minimum"), field.get("maximum", field.get("exclusiveMaximum"))
    if low is None or high is None:
        return {"string": "text", "object": "section"}.get(str(kind), str(kind))
    return f"[{low:.5g}, {high:.5g}{')' if 'exclusiveMaximum' in field else ']'}"


def _shown(value: Any) -> str:
    text = json.dumps(value).replace('"', "")
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 3]}..."
