"""Where the gait clock of the task is in a clip."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from wildrobot.motion.clip import Clip


class Stride(NamedTuple):
    """A clip that is one stride, repeated.

    Attributes:
      first_frame: in which the left foot lifts: the clock's phase 0.
      frames: of the stride.
    """

    first_frame: int
    frames: int

    def phase(self, frame: Int[np.ndarray, "*N"]) -> Float[np.ndarray, "*N"]:
        """The clock's phase [cycles, 0 to 1) at frames of the clip."""
        return (frame - self.first_frame) / self.frames % 1.0


def stride_of_clip(clip: Clip) -> Stride | None:
    """The stride of a clip that repeats one; None for any other clip."""
    lifts = np.flatnonzero(~clip.contacts[1:, 0] & clip.contacts[:-1, 0]) + 1
    return Stride(int(lifts[0]), len(clip.qpos) - 1) if clip.loop and len(lifts) == 1 else None
