"""Checks configurations against their schema, applies overrides, and explains what is wrong in one message."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from wildrobot.config.migrations import Tree
from wildrobot.config.tree import read_tree
from wildrobot.config.yaml_files import parse_yaml
from wildrobot.errors import LONGEST, UsageError, shortened

SchemaT = TypeVar("SchemaT", bound=BaseModel)


def load(schema: type[SchemaT], name_or_path: str | Path, overrides: Sequence[str] = ()) -> SchemaT:
    """Reads an experiment file.

    Args:
      schema: what the file must be.
      name_or_path: the name of a file that comes with the package (`walk`), or the path of a YAML file.
      overrides: `dotted.path=value`, the value in YAML.

    Raises:
      UsageError: for a file that cannot be read, or a field that is unknown, missing, of the wrong type or out of
        range.
    """
    values, sources = read_tree(name_or_path)
    for override in overrides:
        sources |= dict.fromkeys(_override(values, schema, override), f"command line ({override})")
    return validated(schema, values, str(name_or_path), sources)


def validated(schema: type[SchemaT], tree: Tree, source: str, sources: Mapping[str, str] | None = None) -> SchemaT:
    """Checks a tree of plain values against a schema.

    Args:
      schema: what the tree must be.
      tree: plain values, as YAML or JSON holds them.
      source: where they come from.
      sources: the same of single fields and sections, by their dotted path, where it is not `source`.

    Raises:
      UsageError: one line for each field that is unknown, missing, of the wrong type or out of range.
    """
    try:
        # Through JSON, where strict mode takes a list for a tuple, as YAML writes it.
        return schema.model_validate_json(json.dumps(tree))
    except ValidationError as error:
        lines = [_explain(schema, problem, source, sources or {}) for problem in _causes(error.errors())]
        raise UsageError(_few(lines)) from None
    except (TypeError, ValueError) as error:  # a date; an alias of what it lies in
        raise UsageError(f"{source}: {error}; use numbers, text, true/false, lists and mappings only") from None


def _few(lines: list[str]) -> str:
    """As many lines as fit into a message, and how many more there are."""
    shown = [shortened(line, LONGEST - 40) for line in lines]
    many = len(shown)
    while len(shown) > 1 and sum(len(line) + 1 for line in shown) > LONGEST - 40:
        shown.pop()
    return "\n".join([*shown, *([f"and {many - len(shown)} more mistakes"] if len(shown) < many else [])])


def _override(tree: Tree, schema: type[BaseModel], override: str) -> list[str]:
    """Sets a field; returns its dotted path and those of the sections that did not exist before."""
    path, equals, text = override.partition("=")
    if not equals or not path:
        raise UsageError(f"command line: {override!r} is not of the form dotted.path=value")
    names = path.split(".")
    for depth, name in enumerate(names):
        valid = _names_at(schema, names[:depth])
        if valid is not None and name not in valid:
            raise UsageError(f"command line ({override}): {_unknown('.'.join(names[: depth + 1]), name, valid)}")
    changed, section = [path], tree
    for depth, name in enumerate(names[:-1]):
        if not isinstance(section.get(name), dict):
            section[name] = {}
            changed.append(".".join(names[: depth + 1]))
        section = section[name]
    section[names[-1]] = parse_yaml(text, f"command line ({override})")
    return changed


def _causes(problems: Sequence[Any]) -> list[Any]:
    """The problems without those that only follow: a list whose items are wrong is also reported as too short."""
    wrong = [problem["loc"] for problem in problems]
    return [
        problem
        for problem in problems
        if problem["type"] != "too_short"
        or not any(len(loc) > len(problem["loc"]) and loc[: len(problem["loc"])] == problem["loc"] for loc in wrong)
    ]


def _explain(schema: type[BaseModel], problem: Any, source: str, sources: Mapping[str, str]) -> str:
    location = [str(part) for part in problem["loc"]]
    path = ".".join(location)
    ancestors = (".".join(location[:depth]) for depth in range(len(location), 0, -1))
    origin = next((sources[ancestor] for ancestor in ancestors if ancestor in sources), source)
    if problem["type"] == "extra_forbidden":
        return f"{origin}: {_unknown(path, location[-1], _names_at(schema, location[:-1]) or ())}"
    if problem["type"] == "missing":
        return f"{origin}: {path} is missing"
    if problem["type"] == "too_short":
        return f"{origin}: {path}: give at least {problem['ctx']['min_length']}"
    given = problem["input"]
    shown = "" if isinstance(given, dict) else f", not {shortened(json.dumps(given), 60)}"
    return f"{origin}: {path or 'the file'}: {_plain(problem['msg'])}{shown}"


def _plain(message: str) -> str:
    message = message.removeprefix("Value error, ").removeprefix("Input ")
    return message.replace("should be", "must be")


def _unknown(path: str, name: str, valid: Collection[str]) -> str:
    if not valid:
        return f"unknown field {path}: nothing is nested there"
    near = difflib.get_close_matches(name, valid, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"unknown field {path}: {hint}valid here: {', '.join(valid)}"


def _names_at(schema: type[BaseModel], location: Sequence[str]) -> Collection[str] | None:
    """The names that are valid in the section at a location: none where nothing is nested, None where any is."""
    node: Any = schema
    any_name = False
    for name in location:
        if any_name:  # an index of a list, or a key of a mapping
            any_name = False
            continue
        if node is None:
            return ()
        annotation = node.model_fields[name].annotation
        any_name = get_origin(annotation) in (tuple, dict)
        node = next((t for t in (annotation, *get_args(annotation)) if hasattr(t, "model_fields")), None)
    if any_name:
        return None
    return node.model_fields if node is not None else ()
