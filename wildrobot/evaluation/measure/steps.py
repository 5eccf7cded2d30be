"""Swings and steps, found in the foot loads.

A foot is on the ground while it bears more than the real robot's foot switch needs. Clinical gait analysis uses the
same events (Perry and Burnfield, Gait Analysis, 2nd ed. 2010, chapters 1 and 2).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

CONTACT_N = 2.0
"""Load [N] above which a foot is on the ground: the threshold of the real robot's foot switches."""
SHORTEST_SWING_S = 0.06
"""A shorter time without load is no swing, but a rattling contact."""


class Swing(NamedTuple):
    """One foot in the air: samples `lift` to `touch_down - 1` are unloaded, `touch_down` is loaded again."""

    lift: int
    touch_down: int


class Swings(NamedTuple):
    """Swings of many episodes, by episode, then foot, then time."""

    episode: Int[np.ndarray, " swings"]
    foot: Int[np.ndarray, " swings"]
    lift: Int[np.ndarray, " swings"]
    touch_down: Int[np.ndarray, " swings"]


class Steps(NamedTuple):
    """Steps of many episodes, by episode, then time: `foot` lands, after the other foot landed at sample `before`."""

    episode: Int[np.ndarray, " steps"]
    foot: Int[np.ndarray, " steps"]
    before: Int[np.ndarray, " steps"]
    landing: Int[np.ndarray, " steps"]


def swings(load_N: Float[np.ndarray, " T"], period_s: float) -> list[Swing]:
    """The complete swings of one foot: on the ground before, and after."""
    found = all_swings(load_N[:, None, None], np.ones((len(load_N), 1), bool), period_s)
    return [Swing(*pair) for pair in zip(found.lift.tolist(), found.touch_down.tolist(), strict=True)]


def all_swings(load_N: Float[np.ndarray, "T E feet"], alive: Bool[np.ndarray, "T E"], period_s: float) -> Swings:
    """The complete swings of all feet: on the ground before, and after, and not interrupted by a fall."""
    # A foot that is "in the air" from the fall on never touches down, so that no swing ends after the fall.
    ground = ((load_N > CONTACT_N) & alive[..., None]).reshape(len(load_N), -1).T
    column, change = np.nonzero(ground[:, 1:] != ground[:, :-1])
    change += 1
    lift = np.flatnonzero(~ground[column, change][:-1] & (column[1:] == column[:-1]))
    lift = lift[(change[lift + 1] - change[lift]) * period_s >= SHORTEST_SWING_S - 1e-9]
    episode, foot = np.divmod(column[lift], load_N.shape[2])
    return Swings(episode, foot, lift=change[lift], touch_down=change[lift + 1])


def steps(found: Swings) -> Steps:
    """The steps among swings: landings that follow one of the other foot. Hopping on one foot makes none."""
    order = np.lexsort((found.foot, found.touch_down, found.episode))
    episode, foot, landing = (field[order] for field in (found.episode, found.foot, found.touch_down))
    step = np.flatnonzero((episode[1:] == episode[:-1]) & (foot[1:] != foot[:-1])) + 1
    return Steps(episode[step], foot[step], before=landing[step - 1], landing=landing[step])


def clearances_m(
    found: Swings, clearance_m: Float[np.ndarray, "T E 2"], alive: Bool[np.ndarray, "T E"]
) -> Float[np.ndarray, " swings"]:
    """The largest height [m] of the sole's lowest corner during each swing."""
    if not len(found.lift):
        return np.zeros(0)
    samples, _, feet = clearance_m.shape
    height = np.where(alive[..., None], clearance_m, 0.0).reshape(samples, -1).T.ravel()
    column = (found.episode * feet + found.foot) * samples
    # reduceat takes the maximum from each index to the next; every second one, from touch-down to lift, is dropped.
    bounds = np.column_stack([column + found.lift, column + found.touch_down]).ravel()
    return np.maximum.reduceat(height, bounds)[::2].astype(np.float64)


def lengths_m(
    found: Steps, foot_position_m: Float[np.ndarray, "T E 2 2"], heading_rad: Float[np.ndarray, "T E"]
) -> Float[np.ndarray, " steps"]:
    """Step lengths [m]: how far along the heading a foot lands ahead of where the other foot last landed.

    The length of a backward step is negative.
    """
    landed = foot_position_m[found.landing, found.episode, found.foot].astype(np.float64)
    way = landed - foot_position_m[found.before, found.episode, 1 - found.foot]
    heading = heading_rad[found.landing, found.episode]
    return way[:, 0] * np.cos(heading) + way[:, 1] * np.sin(heading)
