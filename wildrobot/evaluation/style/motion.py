"""What style is measured on: how robots move, cut into strides."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from wildrobot.evaluation.measure.metrics.per_episode import SETTLE_S
from wildrobot.evaluation.measure.steps import all_swings
from wildrobot.evaluation.play.episodes import Episodes
from wildrobot.motion.derivatives import PERIOD_S
from wildrobot.motion.features import layout
from wildrobot.robot import load_robot

LEFT = 0


LAYOUT = layout(load_robot())
"""Of `wildrobot.motion.features`, for the robot that the shipped clips are of."""


def _columns(*names: str) -> np.ndarray:
    """Where parts of the features are in a row."""
    return np.concatenate([np.arange(LAYOUT[name].start, LAYOUT[name].stop) for name in names])


JOINT_ANGLES = _columns("joint_angle_rad")
JOINT_VELOCITIES = _columns("joint_velocity_rad_per_s")
FEET = _columns("left_foot_from_base_heading_m", "right_foot_from_base_heading_m")
"""Columns of the features."""


class Motion(NamedTuple):
    """E robots at 50 Hz, after they have settled; samples that are not alive mean nothing.

    Attributes:
      features: of `wildrobot.motion.features`.
      foot_load_N: left, right.
      alive: has not fallen up to this sample.
    """

    features: Float[np.ndarray, "T E features"]
    foot_load_N: Float[np.ndarray, "T E 2"]
    alive: Bool[np.ndarray, "T E"]

    def until_fall(self, episode: int) -> Float[np.ndarray, "_ features"]:
        """The features of one robot until it falls."""
        return self.features[self.alive[:, episode], episode]


class Strides(NamedTuple):
    """From a lift-off of the left foot up to, and not including, its next one; by episode, then time."""

    episode: Int[np.ndarray, " strides"]
    first: Int[np.ndarray, " strides"]
    end: Int[np.ndarray, " strides"]


def settled(played: Episodes) -> Motion:
    """The motion from 2 s on: before, a robot that starts from rest is still finding its gait."""
    assert played.features is not None, "the session did not record features"
    first = round(SETTLE_S / PERIOD_S)
    return Motion(played.features[first:], played.foot_load_N[first:], played.alive[first:])


def strides(motion: Motion) -> Strides:
    """The complete strides: both their lift-offs begin swings that end in a landing, before any fall."""
    found = all_swings(motion.foot_load_N, motion.alive, PERIOD_S)
    episode, lift = (field[found.foot == LEFT] for field in (found.episode, found.lift))
    same = episode[1:] == episode[:-1]
    return Strides(episode[1:][same], first=lift[:-1][same], end=lift[1:][same])
