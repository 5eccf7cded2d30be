"""The motions that style is measured against: which clips, and which of them under a command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
from jaxtyping import Float

from wildrobot.errors import UsageError
from wildrobot.evaluation.style.motion import LEFT
from wildrobot.motion import library
from wildrobot.motion.clip import Clip
from wildrobot.motion.clip_file import load
from wildrobot.motion.features import clip_features
from wildrobot.robot import Robot

SETS = {"generated": ("forward-*",), "human": ("human-walk-*", "human-forward-*")}
"""Names for sets of shipped clips that walk straight ahead."""
WITHIN = 0.03
"""A command is compared with a clip at most so far from it [m/s; rad/s]."""
_EQUALLY_NEAR = 0.005
"""Clips as near to a command as this [m/s; rad/s] to the nearest count as it does: a clip and its mirrored one."""


@dataclass(frozen=True)
class Reference:
    """One stride of a clip that repeats.

    Attributes:
      clip: where it is from.
      cycle: features of one period, from the frame at which the left foot lifts off.
    """

    clip: Clip
    cycle: Float[np.ndarray, "m features"]

    @classmethod
    def from_clips(cls, robot: Robot, clips: Sequence[Clip]) -> list[Reference]:
        """Takes clips.

        Raises:
          UsageError: if one of them is not one stride that repeats.
        """
        lifts = [_lift(clip) for clip in clips]
        every = zip(clips, lifts, clip_features(robot, clips), strict=True)
        return [cls(clip, np.roll(found[:-1].astype(np.float64), -lift, axis=0)) for clip, lift, found in every]


def _lift(clip: Clip) -> int:
    """The frame at which the left foot lifts off."""
    left = clip.contacts[:-1, LEFT]
    lifts = np.flatnonzero(np.roll(left, 1) & ~left)
    if not clip.loop or len(lifts) != 1:
        raise UsageError(
            f"style is compared stride by stride, and the clip {clip.name} is not one stride that repeats; "
            f"choose {' or '.join(SETS)}, or clips like {_shipped('generated')[0]}"
        )
    return int(lifts[0])


def chosen(robot: Robot, names: Sequence[str]) -> list[Reference]:
    """The references of sets and clips, each of them once.

    Raises:
      UsageError: for a name that is neither a set nor a clip, or a clip that is not one stride.
    """
    files = {}
    for name in names:
        for each in _shipped(name) if name in SETS else (name,):
            try:
                files[library.find(each)] = None
            except UsageError as error:
                raise UsageError(f"{error}; or one of the sets {', '.join(SETS)}") from None
    return Reference.from_clips(robot, [load(path, robot) for path in files])


def nearest(references: Sequence[Reference], command: Sequence[float]) -> list[Reference]:
    """The references of a command (vx, vy [m/s], yaw rate [rad/s]): the nearest one, and those equally near.

    Empty if no clip is within `WITHIN` of it.
    """
    apart = [float(np.abs(each.clip.command - np.asarray(command)).max()) for each in references]
    limit = min(min(apart) + _EQUALLY_NEAR, WITHIN + 1e-9)
    return [each for each, its in zip(references, apart, strict=True) if its <= limit]


def _shipped(name: str) -> list[str]:
    return sorted(each for each in library.shipped() if any(fnmatchcase(each, pattern) for pattern in SETS[name]))
