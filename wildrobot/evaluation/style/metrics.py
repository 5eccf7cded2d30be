"""What is measured of style, by name, and how it is computed from the episodes of one command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float

from wildrobot.evaluation.measure.metrics import MetricInfo, find
from wildrobot.evaluation.play.episodes import Episodes
from wildrobot.evaluation.style.discriminator import SAMPLES, classify
from wildrobot.evaluation.style.distances import distances
from wildrobot.evaluation.style.motion import settled
from wildrobot.evaluation.style.reference import Reference


def _info(name: str, label: str, unit: str, better: Literal["higher", "lower"] | None, description: str) -> MetricInfo:
    return MetricInfo(name=name, label=label, unit=unit, kind="mean", better=better, description=description)


SURVIVAL, SPEED_ERROR = find("survival").info, find("speed_error_m_per_s").info
JOINT_DISTANCE = _info(
    "joint_distance_rad", "joint distance", "rad", "lower",
    "median over strides of the time-warped distance of the joint angles from the clip's stride, root mean square",
)  # fmt: skip
FOOT_DISTANCE = _info(
    "foot_path_distance_m", "foot distance", "m", "lower",
    "the same of both feet's places from the base, in the heading frame",
)  # fmt: skip
STRIDE_FREQUENCY = _info(
    "stride_frequency_ratio", "stride rate ratio", "", None,
    "strides per second over the clip's; 0 if there are no strides",
)  # fmt: skip
SMOOTHNESS = _info(
    "smoothness", "smoothness", "", "higher",
    "log dimensionless jerk of the joints over a stride, less the clip's: 0 is as smooth, -2.3 has 10 times its jerk",
)  # fmt: skip
AUC = _info(
    "auc", "AUC", "", "lower",
    "how well a new classifier tells unseen episodes from the clip without noise: 0.5 is by chance, 1 always",
)  # fmt: skip
NOISE = _info(
    "noise_to_hide", "noise to hide", "", "lower",
    "noise on both sides, in units of the clip's own movement, that brings that AUC down to 0.75; 0.1 to 100",
)  # fmt: skip
STYLE_METRICS: dict[str, MetricInfo] = {
    info.name: info
    for info in (
        SURVIVAL, SPEED_ERROR, JOINT_DISTANCE, FOOT_DISTANCE, STRIDE_FREQUENCY, SMOOTHNESS, AUC, NOISE,
    )
}  # fmt: skip
MATTERS = {SURVIVAL.name: 0.02, JOINT_DISTANCE.name: 0.02, FOOT_DISTANCE.name: 0.006, NOISE.name: 3.0}
"""The metrics that say which group is nearer to the reference, and the smallest difference that matters: of survival as
in the suite `walk`, else about a tenth of what a robot has that holds its home pose."""


class Measured(NamedTuple):
    """One command.

    Attributes:
      values: each metric of each episode, by name, NaN where an episode has none.
      auc: of each episode at each noise of `discriminator.LEVELS`.
      clips: the name of the clip that each episode is held against.
    """

    values: dict[str, Float[np.ndarray, " E"]]
    auc: Float[np.ndarray, "levels E"]
    clips: list[str]


def measure(played: Episodes, references: Sequence[Reference], *, samples: int = SAMPLES) -> Measured:
    """All metrics of the episodes of one command.

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
        info.name: np.array([its[column] for its in each])[best, np.arange(len(best))]
        for column, info in enumerate((JOINT_DISTANCE, FOOT_DISTANCE, STRIDE_FREQUENCY, SMOOTHNESS))
    }
    separation = classify(motion, [reference.cycle for reference in references], samples=samples)
    values = {info.name: find(info.name).compute(played) for info in (SURVIVAL, SPEED_ERROR)} | chosen
    values |= {AUC.name: separation.auc[0], NOISE.name: separation.noise_to_hide}
    return Measured(values, separation.auc, [references[index].clip.name for index in best])
