"""TensorBoard's events, without what their writer would load besides."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tensorboardX import SummaryWriter


def summary_writer(folder: Path, *, purge_step: int | None) -> SummaryWriter:
    """A writer of scalars; TensorBoard forgets what earlier files in the folder say of `purge_step` and later.

    tensorboardX imports PyTorch wherever it is installed, to accept its tensors too: 190 MB that no scalar needs.
    """
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
