"""RSL-RL's own file in a run folder: networks, optimiser and normalisers, as plain tensors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

MODEL = "model.pt"

ITERATION, STEPS = "iter", "environment_steps"
"""The newest update, counted from 0, and in RSL-RL's `infos` the environment steps up to its end."""


def read(path: Path) -> dict[str, Any]:
    """What `OnPolicyRunner.save` has written, for `PPO.load`; nothing in it can run code.

    Raises:
      LookupError, RuntimeError, ValueError, OSError, pickle.UnpicklingError: for a file that is damaged or another.
    """
    saved = torch.load(path, map_location="cpu", weights_only=True)
    for part in (saved["actor_state_dict"], saved["optimizer_state_dict"]):
        if not isinstance(part, dict):
            raise ValueError("its parts are no dictionaries")
    for count in (saved[ITERATION], saved["infos"][STEPS]):
        if type(count) is not int:
            raise ValueError("its counts are no whole numbers")
    return saved
