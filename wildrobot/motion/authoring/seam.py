"""A recording that is said to be one seamless cycle: whether it is, and how it goes on."""

from __future__ import annotations

import dataclasses

import numpy as np
from jaxtyping import Float

from wildrobot.errors import UsageError
from wildrobot.motion.authoring.human import Human, about, heading_rad

_SAME, _NEXT = 0.5, 2.5
"""As shares of the change from frame to frame: below the first, two poses are one; below the second, one follows."""
_COPIES = 3
"""Copies of a cycle: enough to hold it whole, whatever moment it begins with."""
_STILL = 0.005
"""As a share of the leg's length: a smaller change counts as none."""


def poses(human: Human) -> Float[np.ndarray, "T parts 3"]:
    """Where the parts are [m], seen from the pelvis along its heading."""
    facing = about(2, -heading_rad(human.turns["pelvis"]))
    places = np.stack(list(human.places_m.values()), axis=1)
    return np.einsum("tij,tpj->tpi", facing, places - human.places_m["pelvis"][:, None])


def repeated(human: Human) -> Human:
    """The recording and its continuation, each copy placed and turned as the end of the one before asks for.

    Some files end with their first frame, further on; others with the frame before it. Then the body goes as far to the
    next copy as it goes between two frames.

    Raises:
      UsageError: if the end does not go on with the beginning.
    """
    seen = poses(human)

    def apart(first: int, second: int) -> float:
        return float(np.linalg.norm(seen[first] - seen[second], axis=1).max())

    step = max(0.5 * (apart(0, 1) + apart(-1, -2)), _STILL * human.leg_length_m)
    gap = apart(0, -1)
    if gap > _NEXT * step:
        raise UsageError(
            f"{human.name} is no seamless cycle: its last pose is {1e3 * gap:.0f} mm from its first, and two frames "
            f"{1e3 * step:.0f} mm; leave out --loop, or cut what does not belong to the cycle, such as a T-pose"
        )
    pelvis, heading = human.places_m["pelvis"], np.unwrap(heading_rad(human.turns["pelvis"]))
    count, turn, way = len(pelvis) - 1, heading[-1] - heading[0], pelvis[-1] - pelvis[0]
    if gap > _SAME * step:
        count += 1
        turn += 0.5 * (heading[1] - heading[0] + heading[-1] - heading[-2])
        ways = [about(2, -heading[k]) @ (pelvis[k + 1] - pelvis[k]) for k in (0, -2)]
        way = way + about(2, heading[-1]) @ (0.5 * (ways[0] + ways[1]))
    way[2] = 0.0
    turned = [about(2, copy * turn) for copy in range(_COPIES)]
    starts = pelvis[0] + np.cumsum([0 * way, *(matrix @ way for matrix in turned[:-1])], axis=0)
    return dataclasses.replace(
        human,
        places_m={
            part: np.concatenate(
                [start + (course[:count] - pelvis[0]) @ matrix.T for start, matrix in zip(starts, turned, strict=True)]
            )
            for part, course in human.places_m.items()
        },
        turns={
            part: np.concatenate([matrix @ course[:count] for matrix in turned]) for part, course in human.turns.items()
        },
    )
