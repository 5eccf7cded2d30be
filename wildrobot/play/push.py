"""Forces of a person's hand on the robot: a push of fixed length, and a pull for as long as the hand holds on."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

from wildrobot.errors import UsageError

LARGEST_FORCE_N, LONGEST_S = 60.0, 2.0


class Hand:
    """What acts on the robot's pushed body, in the world frame."""

    def __init__(self) -> None:
        self._push_N, self._left_s = np.zeros(3, np.float32), 0.0
        self._pull_N = np.zeros(3, np.float32)

    def push(self, force_N: float, direction_rad: float, seconds: float, heading_rad: float) -> None:
        """A horizontal push from now on, for some seconds.

        Args:
          force_N: its size.
          direction_rad: where to, counter-clockwise from the robot's heading.
          seconds: how long.
          heading_rad: of the robot.

        Raises:
          UsageError: for a force or a time that is out of range.
        """
        for name, value, largest in (("force_N", force_N, LARGEST_FORCE_N), ("seconds", seconds, LONGEST_S)):
            if not 0.0 <= value <= largest:
                raise UsageError(f"{name} of a push must be from 0 to {largest:g}, not {value:g}")
        angle = heading_rad + direction_rad
        self._push_N = np.array([force_N * math.cos(angle), force_N * math.sin(angle), 0.0], np.float32)
        self._left_s = seconds

    def pull(self, force_N: Float[np.ndarray, " 3"]) -> None:
        """A pull until the next call, no larger than `LARGEST_FORCE_N`; zeros let go."""
        size = float(np.linalg.norm(force_N))
        if not math.isfinite(size):
            return
        self._pull_N = (force_N * min(1.0, LARGEST_FORCE_N / max(size, 1e-9))).astype(np.float32)

    def force_N(self, period_s: float) -> Float[np.ndarray, " 3"]:
        """The force during the next control period."""
        force = self._pull_N.copy()
        if self._left_s > 1e-9:
            force += self._push_N
            self._left_s -= period_s
        return force

    def let_go(self) -> None:
        """Ends push and pull."""
        self._left_s, self._pull_N = 0.0, np.zeros(3, np.float32)
