"""A film of what was played, drawn when the play is over, so that it costs the robot no time."""

from __future__ import annotations

from collections import deque
from pathlib import Path

import numpy as np
from jaxtyping import Float

from wildrobot.render import film

LONGEST_S = 300.0
"""Length of what is kept: the last minutes."""

_WIDTH, _HEIGHT = 960, 540


class Recording:
    """The configurations that the robot came to, one per control step."""

    def __init__(self, period_s: float):
        self._period_s = period_s
        self._qpos: deque[Float[np.ndarray, " nq"]] = deque(maxlen=round(LONGEST_S / period_s))

    def append(self, qpos: Float[np.ndarray, " nq"]) -> None:
        """Takes one more."""
        self._qpos.append(qpos)

    @property
    def seconds(self) -> float:
        """What is kept, in simulated time."""
        return len(self._qpos) * self._period_s

    def write(self, path: Path, robot: str) -> None:
        """Draws the film, for about as long as it lasts.

        Raises:
          UsageError: if OpenGL does not work here, or the file cannot be written; an older file is as it was.
        """
        film.write(path, np.stack(self._qpos), self._period_s, width=_WIDTH, height=_HEIGHT, robot=robot)
