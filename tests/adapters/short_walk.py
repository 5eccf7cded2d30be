"""Short walks through the Gymnasium adapter."""

from typing import Any

import numpy as np

LIMIT = 8
"""Control steps of an episode of the fixture `core`."""


def still(count: int = 4) -> np.ndarray:
    return np.zeros((count, 17), np.float32)


def stepped(robots: Any, times: int, actions: Any = None) -> Any:
    """What the last of some steps returns."""
    actions = still(robots.num_envs) if actions is None else actions
    return [robots.step(actions) for _ in range(times)][-1]
