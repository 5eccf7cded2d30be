"""Experiment files as plain values: what they extend, and which file says what."""

from __future__ import annotations

import copy
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import ruamel.yaml

from wildrobot.config.migrations import Tree, migrate
from wildrobot.errors import UsageError, shortened


class SourcedTree(NamedTuple):
    """A configuration as plain values.

    Attributes:
      values: the mapping, in the newest version.
      sources: where each field comes from, by its dotted path; a field without a source comes from its section's.
    """

    values: Tree
    sources: dict[str, str]


def read_tree(name_or_path: str | Path) -> SourcedTree:
    """Reads an experiment file and those that it extends; what it says goes before what they say.

    `extends: walk` names a file of `configs/`, or gives a path relative to the file. Mappings are merged, everything
    else replaces.

    Raises:
      UsageError: for a file that cannot be read, is no mapping, is of a newer version, or extends itself.
    """
    files: list[tuple[str, Tree]] = []
    extended: str | Path | None = name_or_path
    while extended is not None:
        tree, source, folder = _read(extended, files[-1][0] if files else None)
        if source in (chain := [name for name, _ in files]):
            raise UsageError(f"{chain[0]}: extends itself: {' -> '.join([*chain, source])}; end the circle")
        if not isinstance(tree, dict):
            raise UsageError(f"{source}: expected a mapping of sections, such as env")
        extended = _extended(tree.pop("extends", None), source, folder)
        files.append((source, migrate(tree, source)))
    values, sources = {}, {}
    for source, tree in reversed(files):
        values = merged(values, tree)
        sources |= dict.fromkeys(_paths(tree), source)
    return SourcedTree(values, sources)


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> Tree:
    """The base with changes: mappings are merged, everything else replaces."""
    both = dict(base)
    for name, value in changes.items():
        old = both.get(name)
        both[name] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return both


def parse_yaml(text: str, source: str) -> Any:
    """Plain values from YAML.

    Raises:
      UsageError: if it is not YAML; `source` says where the text comes from.
    """
    if len(text) > _LONGEST:
        raise UsageError(f"{source}: has {len(text):,} characters, and no configuration has more than {_LONGEST:,}")
    try:
        tree = ruamel.yaml.YAML(typ="safe", pure=True).load(text)
    except RecursionError:
        raise UsageError(f"{source}: not valid YAML: it is nested too deeply; a configuration has few levels") from None
    except Exception as error:  # of a date, a number or a tag that is none, ruamel.yaml raises what Python does
        raise UsageError(f"{source}: not valid YAML: {shortened(' '.join(str(error).split()), 400)}") from None
    _check_size(tree, source)
    return tree


_LONGEST, _MOST_VALUES, _DEEPEST = 200_000, 20_000, 30
"""Characters, values and levels of a file that can still be a configuration; `walk.yaml` has 9,000, 300 and 6."""


def _check_size(tree: Any, source: str) -> None:
    """Refuses what a few aliases (`*name`) blow up to any size, what lies in itself, and names that are no text."""
    left = [(tree, 0)]
    count = 0
    while left:
        value, depth = left.pop()
        children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        count += len(children)
        if count > _MOST_VALUES or depth > _DEEPEST:
            raise UsageError(
                f"{source}: holds more than {_MOST_VALUES:,} values or {_DEEPEST} levels, aliases counted in full; no "
                "configuration is so large"
            )
        odd = [name for name in value if not isinstance(name, str)] if isinstance(value, dict) else []
        if odd:
            raise UsageError(f"{source}: the name {shortened(repr(odd[0]), 60)} is no text; write it in quotes")
        left += [(child, depth + 1) for child in children]


def builtin_names() -> list[str]:
    """Names of the experiments that come with the package."""
    return sorted(path.stem for path in shipped_folder().glob("*.yaml"))


def shipped_folder() -> Path:
    """The folder of the experiments: within the package where it is installed, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    within = package / "configs"
    return within if within.is_dir() else package.parent / "configs"


@functools.cache
def _builtin(name: str) -> Any:
    """Plain values of an experiment that comes with the package; they are shared, so change a copy."""
    text = (shipped_folder() / f"{name}.yaml").read_text(encoding="utf-8")
    return parse_yaml(text, f"configs/{name}.yaml")


def _read(name_or_path: str | Path, extended_by: str | None) -> tuple[Any, str, Path]:
    """The values of a file, what to call it, and the folder that paths in it are relative to."""
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml") and str(name_or_path) in builtin_names():
        return copy.deepcopy(_builtin(str(name_or_path))), f"configs/{name_or_path}.yaml", Path()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{f'{extended_by}: extends ' if extended_by else ''}{name_or_path}: not a readable configuration file "
            f"({getattr(error, 'strerror', None) or error}); give the path of a YAML file or one of the names: "
            f"{', '.join(builtin_names())}"
        ) from None
    return parse_yaml(text, str(path)), str(path), path.parent


def _extended(value: Any, source: str, folder: Path) -> str | Path | None:
    if value is None or value in builtin_names():
        return value
    if not isinstance(value, str):
        raise UsageError(f"{source}: extends must be a name or a path, not {value!r}")
    return folder / value


def _paths(tree: Mapping[str, Any], prefix: str = "") -> list[str]:
    """The dotted paths of all fields and sections."""
    paths = []
    for name, value in tree.items():
        path = f"{prefix}{name}"
        paths += [path, *(_paths(value, f"{path}.") if isinstance(value, dict) else ())]
    return paths
