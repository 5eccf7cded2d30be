"""TensorBoard's events, without what their writer would load besides."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tensorboardX import SummaryWriter


class TensorBoard:
    """Writes scalars into a folder."""

    def __init__(self, folder: Path, *, purge_step: int | None):
        """TensorBoard forgets what earlier files in the folder say of `purge_step` and later."""
        self._writer = _summary_writer(folder, purge_step=purge_step)

    def log(self, steps: int, figures: Mapping[str, float]) -> None:
        for name, value in figures.items():
            self._writer.add_scalar(name, value, steps)

    def film(self, steps: int, path: Path) -> None:
        """Nothing: TensorBoard shows no MP4."""

    def close(self) -> None:
        self._writer.close()


def _summary_writer(folder: Path, *, purge_step: int | None) -> SummaryWriter:
    """Without PyTorch, which tensorboardX imports where it is installed, to take its tensors: 190 MB for nothing."""
    modules: dict[str, Any] = sys.modules
    absent = "torch" not in modules
    if absent:
        modules["torch"] = None  # what is None here cannot be imported, which tensorboardX is prepared for
    try:
        from tensorboardX import SummaryWriter
    finally:
        if absent:
            del modules["torch"]
    return SummaryWriter(str(folder), purge_step=purge_step)
