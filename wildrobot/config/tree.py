"""Experiment files as plain values: what they extend, and which file says what."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from wildrobot.config.migrations import Tree, migrate
from wildrobot.config.yaml_files import YamlFile, YamlFiles, shipped_folder
from wildrobot.errors import UsageError

_EXPERIMENTS = YamlFiles("configuration file", shipped_folder())


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
    files: list[YamlFile] = []
    extended: str | Path | None = name_or_path
    while extended is not None:
        file = _read(extended, files[-1].source if files else None)
        if file.path.resolve() in [each.path.resolve() for each in files]:
            chain = [each.source for each in (*files, file)]
            raise UsageError(f"{chain[0]}: extends itself: {' -> '.join(chain)}; end the circle")
        extended = _extended(file)
        files.append(file._replace(values=migrate(file.values, file.source)))
    values, sources = {}, {}
    for file in reversed(files):
        values = merged(values, file.values)
        sources |= dict.fromkeys(_paths(file.values), file.source)
    return SourcedTree(values, sources)


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> Tree:
    """The base with changes: mappings are merged, everything else replaces."""
    both = dict(base)
    for name, value in changes.items():
        old = both.get(name)
        both[name] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return both


def builtin_names() -> list[str]:
    """Names of the experiments that come with the package."""
    return _EXPERIMENTS.names()


def _read(name_or_path: str | Path, extended_by: str | None) -> YamlFile:
    try:
        return _EXPERIMENTS.read(name_or_path, holds="sections, such as env")
    except UsageError as error:
        raise UsageError(f"{extended_by}: extends {error}" if extended_by else error) from None


def _extended(file: YamlFile) -> str | Path | None:
    """What a file extends, taken out of its values."""
    value = file.values.pop("extends", None)
    if value is None or value in builtin_names():
        return value
    if not isinstance(value, str):
        raise UsageError(f"{file.source}: extends must be a name or a path, not {value!r}")
    return file.path.parent / value


def _paths(tree: Mapping[str, Any], prefix: str = "") -> list[str]:
    """The dotted paths of all fields and sections."""
    paths = []
    for name, value in tree.items():
        path = f"{prefix}{name}"
        paths += [path, *(_paths(value, f"{path}.") if isinstance(value, dict) else ())]
    return paths
