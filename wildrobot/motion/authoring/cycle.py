"""Where in a recording the best cycle of a walk is: a step of the left foot and one of the right."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from wildrobot.errors import UsageError
from wildrobot.motion.authoring.human import Human
from wildrobot.motion.authoring.seam import poses

SHORTEST_WAY = 0.3
"""Shortest way of a cycle, in lengths of the leg."""
_BETWEEN_S = 1 / 30
"""Time over which speeds are taken, so that the noise of fast cameras is not taken for steps."""
_SWING, _SLOWEST_SWING, _JUMP = 0.2, 0.05, 15.0
"""How much faster than the other foot one is that swings: of the largest difference, and in lengths of the leg per
second; and the speed in these that only a recording that jumps has."""
CYCLE_S = (0.4, 4.0)
"""How long two steps take."""
_SAMPLES = 50


@dataclass(frozen=True)
class Cycle:
    """Frames, with fractions, at which the left, the right and again the left foot becomes the faster one.

    Attributes:
      first, second, last: these frames.
      whole: whether it is all of a loop.
    """

    first: float
    second: float
    last: float
    whole: bool


def best(human: Human) -> Cycle:
    """Finds the cycle that leads on most evenly and ends in the pose with which it begins.

    A recording may begin and end with standing, a T-pose, or a turn: what is no walk closes and leads on worse.

    Raises:
      UsageError: if there is no cycle of one step with each foot.
    """
    hint = "" if human.loop else "; of a BVH file that is one seamless cycle, say so with --loop"
    if human.loop:
        count = len(human.places_m["pelvis"]) - 1
        faster, _ = _faster(human)
        for cycle in _cycles(np.concatenate([faster[:-1], faster[:-1], faster])):
            if abs(cycle.last - cycle.first - count) <= 0.5:
                return dataclasses.replace(cycle, whole=True)
        # A loop of more than two steps: what is sought is the best two of them.
        human = dataclasses.replace(human, loop=False)
    faster, jumps = _faster(human)
    sound = [c for c in _cycles(faster) if not jumps[int(c.first) : int(np.ceil(c.last))].any()]
    if not sound:
        raise UsageError(
            f"{human.name} holds no cycle of one step with each foot; "
            f"give a recording of a plain walk, a longer one{hint}"
        )
    seen = poses(human)
    return min(sound, key=lambda cycle: _faults(human, seen, cycle))


def _faster(human: Human) -> tuple[Float[np.ndarray, " T"], Bool[np.ndarray, " T-1"]]:
    """How much faster the left foot is than the right at each frame [legs/s]; and between which frames it jumps."""
    rate = 1.0 / (human.period_s * human.leg_length_m)
    steps = [
        rate * np.linalg.norm(np.diff(human.places_m[f"{side}_ankle"][:, :2], axis=0), axis=1)
        for side in ("left", "right")
    ]
    jumps = np.maximum(*steps) > _JUMP
    half = min(max(1, round(_BETWEEN_S / human.period_s)), len(jumps))
    mean = np.full(2 * half, 0.5 / half)
    # At the frames themselves; a loop goes on at both ends.
    padded = [np.pad(np.where(jumps, 0.0, step), half, "wrap" if human.loop else "edge") for step in steps]
    left, right = (np.convolve(values, mean, "valid") for values in padded)
    return left - right, jumps


def _cycles(faster: Float[np.ndarray, " T"]) -> list[Cycle]:
    """All that there are, in order of time."""
    least = max(_SLOWEST_SWING, _SWING * float(np.abs(faster).max()))
    swinging = np.flatnonzero(np.abs(faster) > least)
    swaps = np.flatnonzero(np.diff(np.sign(faster[swinging])))
    # Between two swings the difference is zero once, or more often by noise, or for as long as both feet stand.
    exchanges = [_zero(faster, int(swinging[swap]), int(swinging[swap + 1])) for swap in swaps]
    starts = [index for index in range(len(swaps) - 2) if faster[swinging[swaps[index]]] < 0]
    return [Cycle(*exchanges[index : index + 3], whole=False) for index in starts]


def _zero(faster: Float[np.ndarray, " T"], before: int, after: int) -> float:
    """Where the sign changes between two frames: the middle of the places at which it does."""
    values = faster[before : after + 1]
    changes = np.flatnonzero(np.diff(np.sign(values)) != 0)
    return before + float(np.mean(changes + values[changes] / (values[changes] - values[changes + 1])))


def _faults(human: Human, seen: Float[np.ndarray, "T parts 3"], cycle: Cycle) -> tuple[bool, float]:
    """Whether it cannot be a walk, and how far it is from an even one [-]."""
    frames = np.arange(len(seen))
    times = np.linspace(cycle.first, cycle.last, _SAMPLES)
    way = np.stack([np.interp(times, frames, course) for course in human.places_m["pelvis"][:, :2].T], axis=1)
    way -= way[0]
    chord = float(np.linalg.norm(way[-1]))
    duration_s = (cycle.last - cycle.first) * human.period_s
    if chord < SHORTEST_WAY * human.leg_length_m or not CYCLE_S[0] <= duration_s <= CYCLE_S[1]:
        return True, -chord
    uneven = np.abs(way @ way[-1] / chord**2 - np.linspace(0.0, 1.0, _SAMPLES)).max()
    flat = seen.reshape(len(seen), -1)
    begin, end = (np.array([np.interp(time, frames, course) for course in flat.T]) for time in times[[0, -1]])
    gap = np.sqrt(np.mean(np.sum((end - begin).reshape(-1, 3) ** 2, axis=1))) / human.leg_length_m
    lame = abs((cycle.second - cycle.first) / (cycle.last - cycle.first) - 0.5)
    return False, float(gap + uneven + lame)
