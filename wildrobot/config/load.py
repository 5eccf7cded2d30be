"""Reads experiment files, applies overrides, and explains what is wrong with them in one message."""

from __future__ import annotations

import difflib
import io
import json
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import ruamel.yaml
from pydantic import BaseModel, ValidationError

from wildrobot.errors import UsageError

SchemaT = TypeVar("SchemaT", bound=BaseModel)


class ConfigError(UsageError):
    """The configuration cannot be used; the message names the file, the field and what would be valid."""


def load(schema: type[SchemaT], name_or_path: str | Path, overrides: Sequence[str] = ()) -> SchemaT:
    """Reads a file of `configs/`, or of the same form.

    Args:
      schema: what the file must be.
      name_or_path: the name of a file that comes with the package (`walk`), or the path of a YAML file.
      overrides: `dotted.path=value`, the value in YAML.

    Raises:
      ConfigError: for a file that cannot be read, or a field that is unknown, missing, of the wrong type or out
        of range.
    """
    text, source = _read(name_or_path)
    tree = parse_yaml(text, source)
    if not isinstance(tree, dict):
        raise ConfigError(f"{source}: expected a mapping with the sections {_listed(schema.model_fields)}")
    origins = {}
    for override in overrides:
        origins[_override(tree, override)] = f"command line ({override})"
    return validated(schema, tree, source, origins)


def validated(
    schema: type[SchemaT], tree: dict[str, Any], source: str, origins: dict[str, str] | None = None
) -> SchemaT:
    """Checks a tree of plain values against a schema; `origins` says which fields come from elsewhere."""
    try:
        # Through JSON, where strict mode takes a list for a tuple, as YAML writes it.
        return schema.model_validate_json(json.dumps(tree))
    except ValidationError as error:
        lines = [_explain(schema, problem, source, origins or {}) for problem in _causes(error.errors())]
        raise ConfigError("\n".join(lines)) from None
    except (TypeError, ValueError) as error:  # a date; an alias of what it lies in
        raise ConfigError(f"{source}: {error}; use numbers, text, true/false, lists and mappings only") from None


def dump_yaml(section: BaseModel) -> str:
    """The configuration as YAML that loads back equal."""
    stream = io.StringIO()
    yaml = ruamel.yaml.YAML()
    yaml.default_flow_style = False
    yaml.dump(section.model_dump(mode="json"), stream)
    return stream.getvalue()


def builtin_names() -> list[str]:
    """Names of the experiments that come with the package."""
    files = (entry.name for entry in resources.files("configs").iterdir())
    return sorted(name.removesuffix(".yaml") for name in files if name.endswith(".yaml"))


def _read(name_or_path: str | Path) -> tuple[str, str]:
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml") and str(name_or_path) in builtin_names():
        entry = resources.files("configs").joinpath(f"{name_or_path}.yaml")
        return entry.read_text(encoding="utf-8"), f"configs/{name_or_path}.yaml"
    try:
        return path.read_text(encoding="utf-8"), str(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{name_or_path}: not a readable configuration file ({getattr(error, 'strerror', None) or error}); "
            f"give the path of a YAML file or one of the names: {_listed(builtin_names())}"
        ) from None


def parse_yaml(text: str, source: str) -> Any:
    """Plain values from YAML.

    Raises:
      ConfigError: if it is not YAML; `source` says where the text comes from.
    """
    try:
        return ruamel.yaml.YAML(typ="safe", pure=True).load(text)
    except ruamel.yaml.YAMLError as error:
        raise ConfigError(f"{source}: not valid YAML: {' '.join(str(error).split())}") from None


def _override(tree: dict[str, Any], override: str) -> str:
    path, equals, text = override.partition("=")
    if not equals or not path:
        raise ConfigError(f"command line: {override!r} is not of the form dotted.path=value")
    *parents, leaf = path.split(".")
    node: Any = tree
    for depth, name in enumerate(parents):
        if not isinstance(node, dict) or name not in node:
            raise ConfigError(f"command line ({override}): {_unknown('.'.join(parents[: depth + 1]), name, node)}")
        node = node[name]
    if not isinstance(node, dict) or leaf not in node:
        raise ConfigError(f"command line ({override}): {_unknown(path, leaf, node)}")
    node[leaf] = parse_yaml(text, f"command line ({override})")
    return path


def _causes(problems: Sequence[Any]) -> list[Any]:
    """A list whose items are wrong is also reported as too short, which is no cause."""
    wrong = [problem["loc"] for problem in problems]
    return [
        problem
        for problem in problems
        if problem["type"] != "too_short"
        or not any(len(loc) > len(problem["loc"]) and loc[: len(problem["loc"])] == problem["loc"] for loc in wrong)
    ]


def _explain(schema: type[BaseModel], problem: Any, source: str, origins: dict[str, str]) -> str:
    location = [str(part) for part in problem["loc"]]
    path = ".".join(location)
    origin = next((text for field, text in origins.items() if path.startswith(field)), source)
    if problem["type"] == "extra_forbidden":
        return f"{origin}: {_unknown(path, location[-1], _fields_at(schema, location[:-1]))}"
    if problem["type"] == "missing":
        return f"{origin}: {path} is missing"
    if problem["type"] == "too_short":
        return f"{origin}: {path}: give at least {problem['ctx']['min_length']}"
    given = problem["input"]
    shown = "" if isinstance(given, dict) else f", not {json.dumps(given)}"
    return f"{origin}: {path or 'the file'}: {_plain(problem['msg'])}{shown}"


def _plain(message: str) -> str:
    message = message.removeprefix("Value error, ").removeprefix("Input ")
    return message.replace("should be", "must be")


def _unknown(path: str, name: str, valid: Any) -> str:
    names = list(valid) if isinstance(valid, dict) else []
    if not names:
        return f"unknown field {path}: nothing is nested there"
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"unknown field {path}: {hint}valid here: {_listed(names)}"


def _fields_at(schema: type[BaseModel], location: Sequence[str]) -> dict[str, Any]:
    node: Any = schema
    inside = False
    for name in location:
        if inside:  # an index of a list, or a key of a mapping
            inside = False
            continue
        annotation = node.model_fields[name].annotation
        inside = get_origin(annotation) in (tuple, dict)
        node = next((t for t in (annotation, *get_args(annotation)) if hasattr(t, "model_fields")), None)
        if node is None:
            return {}
    return node.model_fields


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
