"""Named changes of the environment: whatever the configuration has, a suite can set for a case.

    settings:
      stale: {task.sensing.joint_period_steps: [7, 7]}

Each is a path in `EnvConfig` and the value that it gets; a mapping replaces all that lies there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wildrobot.config import validated
from wildrobot.errors import UsageError
from wildrobot.experiment import EnvConfig, load_experiment


def with_settings(tree: dict[str, Any], settings: Mapping[str, Any], source: str) -> dict[str, Any]:
    """A copy of a configuration's tree in which some fields have other values.

    Raises:
      UsageError: for a path through what has no fields; `source` says where the settings are from.
    """
    for path, value in settings.items():
        tree = _with(tree, path.split("."), value, f"{source}: {path}")
    return tree


def check_settings(settings: Mapping[str, Any], source: str) -> None:
    """Holds settings against the schema of the environment, so that a mistake shows before anything is played.

    Raises:
      UsageError: for a field that is unknown, of the wrong type or out of range.
    """
    tree = load_experiment("walk").env.model_dump(mode="json")
    validated(EnvConfig, with_settings(tree, settings, source), source)


def _with(tree: Any, path: list[str], value: Any, source: str) -> dict[str, Any]:
    if not isinstance(tree, dict):
        raise UsageError(f"{source}: nothing is nested at {path[0]}; end the path before it")
    name, *rest = path
    return tree | {name: _with(tree.get(name, {}), rest, value, source) if rest else value}
