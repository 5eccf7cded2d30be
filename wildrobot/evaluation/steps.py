"""Steps, found in the foot loads: swings, touch-downs, and what they look like.

A foot is on the ground while it bears more than the real robot's foot switch needs. Clinical gait analysis uses the
same events (Perry and Burnfield, Gait Analysis, 2010).
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

CONTACT_N = 2.0
"""Load [N] above which a foot is on the ground: the threshold of the real robot's foot switches."""
SHORTEST_SWING_S = 0.06
"""A shorter time without load is no swing, but a rattling contact."""


class Swing(NamedTuple):
    """One foot in the air: samples `lift` to `touch_down - 1` are unloaded, `touch_down` is loaded again."""

    lift: int
    touch_down: int


def swings(load_N: Float[np.ndarray, " T"], period_s: float) -> list[Swing]:
    """The complete swings of one foot: on the ground before, and after."""
    ground = load_N > CONTACT_N
    change = np.flatnonzero(ground[1:] != ground[:-1]) + 1
    if len(change) and ground[change[0]]:  # the first change is a touch-down of a foot that began in the air
        change = change[1:]
    pairs = (Swing(int(a), int(b)) for a, b in zip(change[::2], change[1::2], strict=False))
    return [swing for swing in pairs if (swing.touch_down - swing.lift) * period_s >= SHORTEST_SWING_S - 1e-9]


def swing_clearances_m(
    load_N: Float[np.ndarray, "T E 2"],
    clearance_m: Float[np.ndarray, "T E 2"],
    alive: Bool[np.ndarray, "T E"],
    period_s: float,
) -> Float[np.ndarray, " swings"]:
    """The largest height [m] of the sole's lowest corner during each swing, of both feet in all episodes."""
    highest = [
        clearance_m[swing.lift : swing.touch_down, episode, foot].max()
        for episode, end in enumerate(alive.sum(axis=0))
        for foot in (0, 1)
        for swing in swings(load_N[:end, episode, foot], period_s)
    ]
    return np.array(highest, np.float64)


def step_lengths_m(
    load_N: Float[np.ndarray, "T E 2"],
    foot_position_m: Float[np.ndarray, "T E 2 2"],
    heading_rad: Float[np.ndarray, "T E"],
    alive: Bool[np.ndarray, "T E"],
    period_s: float,
) -> Float[np.ndarray, " steps"]:
    """Step lengths [m] of all episodes: how far along the heading a foot lands ahead of the other foot's last landing.

    Only landings that follow one of the other foot make a step; the length of a backward step is negative.
    """
    lengths = []
    for episode, end in enumerate(alive.sum(axis=0)):
        landings = sorted(
            (swing.touch_down, foot) for foot in (0, 1) for swing in swings(load_N[:end, episode, foot], period_s)
        )
        for (before, other), (now, foot) in itertools.pairwise(landings):
            if foot == other:
                continue
            way = foot_position_m[now, episode, foot] - foot_position_m[before, episode, other]
            heading = heading_rad[now, episode]
            lengths.append(way[0] * np.cos(heading) + way[1] * np.sin(heading))
    return np.array(lengths, np.float64)
