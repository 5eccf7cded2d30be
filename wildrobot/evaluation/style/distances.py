"""How far robots walk from a reference: metrics of episodes, from the strides in them.

A stride of the robot begins where its left foot leaves the ground, and so does the reference's. A simulated foot does
so somewhat later than a clip claims; so the reference may also begin up to a tenth of a stride earlier or later, and
the best fit counts.

An episode without a complete stride is no missing value, for then standing still would look good: it is cut into
pieces of 1 s, and each is compared with the reference from every frame on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from wildrobot.evaluation.measure.metrics.per_episode import median_per_episode
from wildrobot.evaluation.style.motion import FEET, JOINT_ANGLES, JOINT_VELOCITIES, Motion, Strides, strides
from wildrobot.evaluation.style.smoothness import log_dimensionless_jerk
from wildrobot.evaluation.style.warping import nearest
from wildrobot.motion.derivatives import PERIOD_S

_SHIFT = 0.1
"""How much earlier or later [fraction of a stride] the reference may begin."""
_PIECE_S = 1.0


class Distances(NamedTuple):
    """Of each episode, NaN where it has none: one that falls within 1 s of settling, or does not step.

    Attributes:
      joint_rad, foot_path_m: medians over strides, or over pieces, of the warping distances.
      stride_frequency_ratio: the strides per second over those of the reference; 0 if there are no strides.
      smoothness: the log dimensionless jerk, less that of the reference; medians over strides.
    """

    joint_rad: Float[np.ndarray, " E"]
    foot_path_m: Float[np.ndarray, " E"]
    stride_frequency_ratio: Float[np.ndarray, " E"]
    smoothness: Float[np.ndarray, " E"]


def distances(motion: Motion, cycle: Float[np.ndarray, "m features"]) -> Distances:
    """All metrics of episodes against one stride of a reference that begins with a lift-off of the left foot."""
    found, episodes = strides(motion), motion.alive.shape[1]
    pieces, which = [motion.features[a:b, e] for e, a, b in zip(*found, strict=True)], found.episode
    shift = round(_SHIFT * len(cycle))
    joint, foot = _distances(pieces, which, cycle, np.arange(-shift, shift + 1), episodes)
    without = np.setdiff1d(np.arange(episodes), which)
    cut, of = _cut(motion, without)
    joint_cut, foot_cut = _distances(cut, of, cycle, np.arange(len(cycle)), episodes)
    return Distances(
        np.where(np.isnan(joint), joint_cut, joint),
        np.where(np.isnan(foot), foot_cut, foot),
        stride_frequency_hz(motion, found) * len(cycle) * PERIOD_S,
        _smoothness(motion, found) - _smoothness_of_cycle(cycle),
    )


def stride_frequency_hz(motion: Motion, found: Strides) -> Float[np.ndarray, " E"]:
    """Strides per second, from an episode's first stride to the end of its last; 0 if there are no strides.

    NaN for an episode that is over before it is measured.
    """
    episodes = motion.alive.shape[1]
    count = np.bincount(found.episode, minlength=episodes)
    samples = np.bincount(found.episode, weights=found.end - found.first, minlength=episodes)
    return np.where(motion.alive.any(axis=0), count / np.maximum(samples * PERIOD_S, PERIOD_S), np.nan)


def _distances(
    pieces: list[Float[np.ndarray, "_ features"]],
    episode: Int[np.ndarray, " pieces"],
    cycle: Float[np.ndarray, "m features"],
    shifts: Int[np.ndarray, " shifts"],
    episodes: int,
) -> tuple[Float[np.ndarray, " {episodes}"], Float[np.ndarray, " {episodes}"]]:
    """Of joint angles and of feet: medians over each episode's pieces."""
    joint, foot = (
        nearest([piece[:, columns] for piece in pieces], cycle[:, columns], shifts, points)
        for columns, points in ((JOINT_ANGLES, len(JOINT_ANGLES)), (FEET, len(FEET) // 3))
    )
    return median_per_episode(joint, episode, episodes), median_per_episode(foot, episode, episodes)


def _cut(
    motion: Motion, episodes: Int[np.ndarray, " some"]
) -> tuple[list[Float[np.ndarray, "_ features"]], Int[np.ndarray, " pieces"]]:
    """Some episodes cut into pieces of 1 s, and the episode of each."""
    length = round(_PIECE_S / PERIOD_S)
    pieces, which = [], []
    for episode in episodes:
        walk = motion.until_fall(int(episode))
        whole = len(walk) // length
        pieces += list(walk[: whole * length].reshape(whole, length, walk.shape[1]))
        which += [episode] * whole
    return pieces, np.array(which, np.int64)


def _smoothness(motion: Motion, found: Strides) -> Float[np.ndarray, " E"]:
    """Median over strides of the smoothness; each is taken with a sample of the walk before it and the one after it."""
    values = [
        log_dimensionless_jerk(motion.features[max(a - 1, 0) : b + 1, e][:, JOINT_VELOCITIES], PERIOD_S)
        for e, a, b in zip(*found, strict=True)
    ]
    return median_per_episode(np.array(values, np.float64), found.episode, motion.alive.shape[1])


def _smoothness_of_cycle(cycle: Float[np.ndarray, "m features"]) -> float:
    around = np.concatenate([cycle[-1:], cycle, cycle[:1]])
    return log_dimensionless_jerk(around[:, JOINT_VELOCITIES], PERIOD_S)
