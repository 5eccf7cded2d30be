"""What is measured of style, by name, and how it is computed of the episodes of one command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from wildrobot.evaluation.measure.metrics.figures import Measure, figure
from wildrobot.evaluation.play.episodes import Episodes
from wildrobot.evaluation.style.discriminator import SAMPLES, told_apart
from wildrobot.evaluation.style.distances import distances
from wildrobot.evaluation.style.motion import settled
from wildrobot.evaluation.style.reference import Reference

SURVIVAL, SPEED_ERROR = figure("survival"), figure("speed_error_m_per_s")
JOINT_DISTANCE = Measure(
    "joint_distance_rad", "joint distance", "rad", "mean", "lower",
    "median over strides of the time-warped distance of the 17 joint angles from the clip's stride, root mean square",
)  # fmt: skip
FOOT_DISTANCE = Measure(
    "foot_path_distance_m", "foot distance", "m", "mean", "lower",
    "the same of both feet's places from the base, in the heading frame",
)  # fmt: skip
STRIDE_FREQUENCY = Measure(
    "stride_frequency_ratio", "stride rate ratio", "", "mean", None,
    "strides per second over the clip's; 0 for who makes none",
)  # fmt: skip
SMOOTHNESS = Measure(
    "smoothness", "smoothness", "", "mean", "higher",
    "log dimensionless jerk of the joints over a stride, less the clip's: 0 is as smooth, -2.3 has 10 times its jerk",
)  # fmt: skip
AUC = Measure(
    "auc", "AUC", "", "mean", "lower",
    "how well a new classifier tells unseen episodes from the clip without noise: 0.5 is by chance, 1 always",
)  # fmt: skip
NOISE = Measure(
    "noise_to_hide", "noise to hide", "", "mean", "lower",
    "noise on both sides, in units of the clip's own movement, that brings that AUC down to 0.75; 0.1 to 100",
)  # fmt: skip
FIGURES: tuple[Measure, ...] = (
    SURVIVAL, SPEED_ERROR, JOINT_DISTANCE, FOOT_DISTANCE, STRIDE_FREQUENCY, SMOOTHNESS, AUC, NOISE,
)  # fmt: skip
MATTERS = {SURVIVAL: 0.02, JOINT_DISTANCE: 0.02, FOOT_DISTANCE: 0.006, NOISE: 3.0}
"""Which figures say who is nearer to the reference, and the smallest difference that matters: of survival as in the
suite `walk`, else about a tenth of what a robot has that holds its home pose."""


class Measured(NamedTuple):
    """One command.

    Attributes:
      values: each figure of each episode, by name, NaN where an episode has none.
      auc: of each episode at each noise of `discriminator.LEVELS`.
      clips: the name of the clip that each episode is held against.
    """

    values: dict[str, Float[np.ndarray, " E"]]
    auc: Float[np.ndarray, "levels E"]
    clips: list[str]


def measure(played: Episodes, references: Sequence[Reference], *, samples: int = SAMPLES) -> Measured:
    """All figures of the episodes of one command.

    Of several references that are equally near, such as a clip and its mirrored one, an episode is held against the
    one whose joint angles it comes nearest to; the classifier knows all of them.

    Args:
      played: with features.
      references: of this command, at least one.
      samples: windows of each side that a classifier is trained on.
    """
    motion = settled(played)
    each = [distances(motion, reference.cycle) for reference in references]
    joint = np.array([its.joint_rad for its in each])
    best = np.where(np.isnan(joint), np.inf, joint).argmin(axis=0)
    chosen = {
        measure.name: np.array([its[column] for its in each])[best, np.arange(len(best))]
        for column, measure in enumerate((JOINT_DISTANCE, FOOT_DISTANCE, STRIDE_FREQUENCY, SMOOTHNESS))
    }
    told = told_apart(motion, [reference.cycle for reference in references], samples=samples)
    values = {SURVIVAL.name: SURVIVAL.of(played), SPEED_ERROR.name: SPEED_ERROR.of(played)} | chosen
    values |= {AUC.name: told.auc[0], NOISE.name: told.noise_to_hide}
    return Measured(values, told.auc, [references[index].clip.name for index in best])
