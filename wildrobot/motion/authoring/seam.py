"""A recording that is said to be one seamless cycle: whether it is, and its first frame once more at the end."""

from __future__ import annotations

import dataclasses

import numpy as np
from jaxtyping import Float

from wildrobot.errors import UsageError
from wildrobot.motion.authoring.human import Human, about, heading_rad

_SAME, _NEXT = 0.5, 2.5
"""Of what the body changes from frame to frame: below the first, two poses are one; below the second, one follows."""
_STILL = 0.005
"""Of the leg's length: a smaller change is none."""


def poses(human: Human) -> Float[np.ndarray, "T parts 3"]:
    """Where the parts are [m], seen from the pelvis along its heading."""
    facing = about(2, -heading_rad(human.turns["pelvis"]))
    places = np.stack(list(human.places_m.values()), axis=1)
    return np.einsum("tij,tpj->tpi", facing, places - human.places_m["pelvis"][:, None])


def closed(human: Human) -> Human:
    """The recording as a loop, whose last frame is the first one again, further on.

    Some files end with that frame, others with the one before it; then it is added, as far on as the body goes between
    two frames.

    Raises:
      UsageError: if the end does not go on with the beginning.
    """
    seen = poses(human)

    def apart(first: int, second: int) -> float:
        return float(np.linalg.norm(seen[first] - seen[second], axis=1).max())

    step = max(0.5 * (apart(0, 1) + apart(-1, -2)), _STILL * human.leg_length_m)
    gap = apart(0, -1)
    if gap < _SAME * step:
        return dataclasses.replace(human, loop=True)
    if gap > _NEXT * step:
        raise UsageError(
            f"{human.name} is no seamless cycle: its last pose is {1e3 * gap:.0f} mm from its first, and two frames "
            f"{1e3 * step:.0f} mm; leave out --loop, or cut what does not belong to the cycle, such as a T-pose"
        )
    pelvis, heading = human.places_m["pelvis"], np.unwrap(heading_rad(human.turns["pelvis"]))
    turn = heading[-1] - heading[0] + 0.5 * (heading[1] - heading[0] + heading[-1] - heading[-2])
    turned = about(2, turn)
    # The way between two frames, along the heading at each end, and on from the last frame.
    ways = [about(2, -heading[k]) @ (pelvis[k + 1] - pelvis[k]) for k in (0, len(pelvis) - 2)]
    there = pelvis[-1] + about(2, heading[-1]) @ (0.5 * (ways[0] + ways[1])) * [1, 1, 0]
    there[2] = pelvis[0, 2]
    return dataclasses.replace(
        human,
        places_m={
            part: np.concatenate([course, (there + turned @ (course[0] - pelvis[0]))[None]])
            for part, course in human.places_m.items()
        },
        turns={part: np.concatenate([course, (turned @ course[0])[None]]) for part, course in human.turns.items()},
        loop=True,
    )
