"""The result as JSON: written, read back, and read from files that older versions wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wildrobot.config import validated
from wildrobot.errors import UsageError
from wildrobot.evaluation.judge.result.evaluation import Evaluation
from wildrobot.evaluation.record import read_json

_VERSION = Evaluation.model_fields["schema_version"].default


def to_json(evaluation: Evaluation) -> str:
    """The whole result on one line."""
    return evaluation.model_dump_json(by_alias=True)


def json_schema() -> dict[str, Any]:
    """The schema for programs in other languages: JSON Schema, draft 2020-12."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Evaluation.model_json_schema()}


def load(path: Path) -> Evaluation:
    """Reads what `to_json` wrote, in this version or an earlier one.

    Raises:
      UsageError: for a file that cannot be read, is no result of an evaluation, or is newer than this program.
    """
    return from_tree(read_json(path, writer="--json"), str(path))


def from_tree(tree: Any, source: str) -> Evaluation:
    """The same from what `json.load` gives; `source` says where it is from.

    Raises:
      UsageError: naming each field that is unknown, missing, of the wrong type or out of range, and each name of a
        metric, case, suite or policy that the result does not define.
    """
    if not isinstance(tree, dict) or tree.get("schema") != "wildrobot-evaluation":
        raise UsageError(f"{source}: not the result of an evaluation; give a file that --json wrote")
    version = tree.get("schema_version")
    if version == 2:
        tree = _from_version_2(tree)
    elif version != _VERSION:
        raise UsageError(
            f"{source}: its schema_version is {version}, and this program reads 2 and {_VERSION}; "
            "judge the policies again, or update WildRobot"
        )
    return validated(Evaluation, tree, source)


def _from_version_2(tree: dict[str, Any]) -> dict[str, Any]:
    """Version 2 called a metric a figure and a fraction a share, and did not save a suite's headline."""
    tree = _renamed(tree)
    tree["schema_version"] = _VERSION
    tree["metrics"] = {
        name: info | {"name": name, "kind": "fraction" if info["kind"] == "share" else info["kind"]}
        for name, info in tree["metrics"].items()
    }
    for suite in tree["suites"]:
        seconds = suite.pop("seconds")
        suite["headline"] = {}
        for case in suite["cases"]:
            case["settings"] = None
            case["seconds"] = case.get("seconds") or seconds
            if case["push"]:
                case["push"].pop("direction_deg", None)
    return tree


_NEW_NAMES = {
    "figures": "metrics",
    "figure": "metric",
    "saturated_share": "saturated_fraction",
    "overspeed_share": "overspeed_fraction",
}


def _renamed(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {_NEW_NAMES.get(name, name): _renamed(value) for name, value in tree.items()}
    return [_renamed(value) for value in tree] if isinstance(tree, list) else tree
