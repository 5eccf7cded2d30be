"""YAML files as plain values: found by name among those that come with the package, or by path, and parsed."""

from __future__ import annotations

import copy
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import ruamel.yaml

from wildrobot.errors import UsageError, shortened

_LONGEST, _MOST_VALUES, _DEEPEST = 200_000, 20_000, 30
"""Characters, values and levels of a file that can still be a configuration; `walk.yaml` has 9,000, 300 and 6."""


class YamlFile(NamedTuple):
    """A file that has been read.

    Attributes:
      values: its mapping; change it as you like.
      source: what a message calls it.
      path: where it is.
    """

    values: dict[str, Any]
    source: str
    path: Path


@dataclass(frozen=True)
class YamlFiles:
    """Files of one kind: those that come with the package have names, a user's own are given by path.

    Attributes:
      kind: what a message calls one, such as `suite`.
      folder: where the files of the package are.
    """

    kind: str
    folder: Path

    def names(self) -> list[str]:
        """Names of the files that come with the package."""
        return sorted(path.stem for path in self.folder.glob("*.yaml"))

    def path(self, name_or_path: str | Path) -> Path:
        """The file of that name that comes with the package, or the path itself."""
        return self.folder / f"{name_or_path}.yaml" if str(name_or_path) in self.names() else Path(name_or_path)

    def read(self, name_or_path: str | Path, *, holds: str) -> YamlFile:
        """Reads a file.

        Args:
          name_or_path: a name, or the path of a YAML file.
          holds: what belongs in it, for the message if it is no mapping.

        Raises:
          UsageError: for a file that cannot be read, is not YAML, or is no mapping.
        """
        path = self.path(name_or_path)
        shipped = path != Path(name_or_path)
        source = f"{self.folder.name}/{path.name}" if shipped else str(path)
        try:
            values = copy.deepcopy(_shipped(path, source)) if shipped else _parsed_file(path, source)
        except (OSError, ValueError) as error:
            raise UsageError(
                f"{name_or_path}: not a readable {self.kind} ({getattr(error, 'strerror', None) or error}); give the "
                f"path of a YAML file or one of the names: {', '.join(self.names())}"
            ) from None
        if not isinstance(values, dict):
            raise UsageError(f"{source}: expected a mapping with {holds}")
        return YamlFile(values, source, path)


def shipped_folder() -> Path:
    """The folder of the experiments: within the package where it is installed, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    within = package / "configs"
    return within if within.is_dir() else package.parent / "configs"


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


def _parsed_file(path: Path, source: str) -> Any:
    return parse_yaml(path.read_text(encoding="utf-8"), source)


_shipped = functools.cache(_parsed_file)
"""The same for a file of the package, which does not change; its values are shared, so copy them."""


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
