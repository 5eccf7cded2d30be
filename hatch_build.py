"""The wheel installs one package, `wildrobot`: the others of the checkout lie in it, and clash with nobody's.

`adapters` becomes `wildrobot.adapters`, `trainers` becomes `wildrobot.trainers`, and the files of `configs/` its data.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_INSIDE = ("adapters", "trainers", "configs")
_NAMES = re.compile(r"(^\s*(?:from|import)\s+|\bpython -m )(adapters|trainers)(?=[\s.\"])", re.MULTILINE)
"""Where code names one of the packages: in an import, and in a command that it tells the user."""


class MoveInside(BuildHookInterface):
    """Writes the tree that the wheel holds."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it builds a wheel; an editable installation is the checkout itself."""
        if version == "editable":
            return
        root, self._tree = Path(self.root), Path(self.directory) / ".wheel"
        shutil.rmtree(self._tree, ignore_errors=True)
        unwanted = shutil.ignore_patterns("__pycache__", "*.py[co]")
        shutil.copytree(root / "wildrobot", self._tree / "wildrobot", ignore=unwanted)
        for package in _INSIDE:
            shutil.copytree(root / package, self._tree / "wildrobot" / package, ignore=unwanted)
        for path in self._tree.rglob("*.py"):
            path.write_text(moved(path.read_text(encoding="utf-8")), encoding="utf-8")
        build_data["force_include"][str(self._tree)] = "/"
        for group in self.metadata.core.entry_points.values():
            group.update({name: f"wildrobot.{value}" for name, value in group.items() if value.startswith(_INSIDE)})

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Removes the tree."""
        if version != "editable":
            shutil.rmtree(self._tree)


def moved(source: str) -> str:
    """Python source whose imports and commands name the packages as the wheel has them."""
    return _NAMES.sub(r"\1wildrobot.\2", source)
