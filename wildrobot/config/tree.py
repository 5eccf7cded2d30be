"""Experiment files as plain values: what they extend, and which file says what."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import ruamel.yaml

from wildrobot.config.migrations import Tree, migrate
from wildrobot.errors import UsageError


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
        text, source, folder = _read(extended, files[-1][0] if files else None)
        if source in (chain := [name for name, _ in files]):
            raise UsageError(f"{chain[0]}: extends itself: {' -> '.join([*chain, source])}; end the circle")
        tree = parse_yaml(text, source)
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
    try:
        return ruamel.yaml.YAML(typ="safe", pure=True).load(text)
    except ruamel.yaml.YAMLError as error:
        raise UsageError(f"{source}: not valid YAML: {' '.join(str(error).split())}") from None


def builtin_names() -> list[str]:
    """Names of the experiments that come with the package."""
    return sorted(path.stem for path in _shipped().glob("*.yaml"))


def _shipped() -> Path:
    """The folder of the experiments: within the package where it is installed, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    within = package / "configs"
    return within if within.is_dir() else package.parent / "configs"


def _read(name_or_path: str | Path, extended_by: str | None) -> tuple[str, str, Path]:
    """The text of a file, what to call it, and the folder that paths in it are relative to."""
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml") and str(name_or_path) in builtin_names():
        entry = _shipped() / f"{name_or_path}.yaml"
        return entry.read_text(encoding="utf-8"), f"configs/{name_or_path}.yaml", Path()
    try:
        return path.read_text(encoding="utf-8"), str(path), path.parent
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{f'{extended_by}: extends ' if extended_by else ''}{name_or_path}: not a readable configuration file "
            f"({getattr(error, 'strerror', None) or error}); give the path of a YAML file or one of the names: "
            f"{', '.join(builtin_names())}"
        ) from None


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
