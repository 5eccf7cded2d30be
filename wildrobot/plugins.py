"""What other packages add to this one, by entry points: readers of policies, settings of trainers."""

from __future__ import annotations

import functools
import tomllib
from importlib import metadata
from pathlib import Path

_DISTRIBUTION = "wildrobot"
_PYPROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


@functools.cache
def plugins(group: str) -> tuple[metadata.EntryPoint, ...]:
    """The entry points of a group, those of this project first.

    In a source tree, this project's are read from its pyproject.toml: the metadata of an editable installation would
    say what they were when it was installed.
    """
    installed = tuple(metadata.entry_points(group=group))
    if not _PYPROJECT.is_file():
        return installed
    project = tomllib.loads(_PYPROJECT.read_text(encoding="utf-8"))["project"]
    own = tuple(
        metadata.EntryPoint(name, value, group)
        for name, value in project.get("entry-points", {}).get(group, {}).items()
    )
    return own + tuple(entry for entry in installed if entry.dist is None or entry.dist.name != _DISTRIBUTION)
