"""The baseline that AMP is compared with: a reward for being where a reference is at the same phase of the gait.

Peng et al. 2018 ("DeepMimic", section 5) with its weights and scales, but without the term of the centre of mass, which
the task's own velocity term stands for; the other weights are scaled to sum to 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from trainers.amp.reference import Reference, walking_clips
from wildrobot.errors import UsageError
from wildrobot.motion import features, gait_phase
from wildrobot.motion.derivatives import PERIOD_S
from wildrobot.robot import Robot

TERMS = (
    (0.65, 2.0, ("joint_angle_rad",)),
    (0.10, 0.1, ("joint_velocity_rad_per_s",)),
    (
        0.15,
        40.0,
        tuple(f"{side}_{end}_from_base_heading_m" for end in ("foot", "hand") for side in ("left", "right")),
    ),
)
"""Weight, scale and features of each term: weight x exp(-scale x squared distance)."""
_PHASES = 128
_CADENCE_TOLERANCE = 0.06


class Imitation(NamedTuple):
    """What a robot at a phase of the gait should be like.

    Attributes:
      reference: the clips.
      by_phase: features of each clip by phase, 0 where the left foot lifts.
      layout: `features.layout` of the robot.
    """

    reference: Reference
    by_phase: Float[Array, "C phases features"]
    layout: Mapping[str, slice]

    @classmethod
    def load(cls, robot: Robot, clips: tuple[str, ...], frequency_hz: float) -> Imitation:
        """Reads clips by name or path.

        Args:
          robot: that imitates.
          clips: to imitate.
          frequency_hz: of the gait clock.

        Raises:
          UsageError: as `walking_clips`, and for a clip that is no repeated stride, or one of another cadence.
        """
        found, strides = walking_clips(robot, clips), []
        for clip in found:
            stride = gait_phase.stride_of_clip(clip)
            if stride is None:
                raise UsageError(f"amp.clips: {clip.name} is no repeated stride, which imitation needs; leave it out")
            own_hz = 1.0 / (stride.frames * PERIOD_S)
            if abs(own_hz / frequency_hz - 1.0) > _CADENCE_TOLERANCE:
                raise UsageError(
                    f"amp.clips: {clip.name} makes {own_hz:.2f} strides per second, and the gait clock "
                    f"{frequency_hz:g}; set env.task.gait.frequency_hz={own_hz:.2f}, or leave the clip out"
                )
            strides.append(stride)
        seen, tables = features.clip_features(robot, found), []
        for stride, each in zip(strides, seen, strict=True):
            frames = each[:-1]
            at = stride.first_frame + np.arange(_PHASES) / _PHASES * len(frames)
            tables.append(frames[np.round(at).astype(int) % len(frames)])
        reference = Reference.from_clips(robot, found, seen)
        return cls(reference, jnp.asarray(np.stack(tables)), features.layout(robot))

    def reward(
        self, seen: Float[Array, "*N features"], command: Float[Array, "*N 3"], phase: Float[Array, "*N"]
    ) -> Float[Array, "*N"]:
        """1 where a robot is like the clip that is nearest to its command, at its phase; towards 0 further away."""
        clip, _ = self.reference.nearest(command)
        wanted = self.by_phase[clip, jnp.round(phase * _PHASES).astype(jnp.int32) % _PHASES]
        return similarity(seen, wanted, self.layout)


def similarity(
    seen: Float[Array, "*N features"], wanted: Float[Array, "*N features"], layout: Mapping[str, slice]
) -> Float[Array, "*N"]:
    """The weighted terms, summed to at most 1; parts that the layout of the features lacks count as equal."""
    total = sum(weight for weight, _, _ in TERMS)
    squares = jnp.square(seen - wanted)

    def term(weight: float, scale: float, names: tuple[str, ...]) -> Float[Array, "*N"]:
        distance = sum(squares[..., layout[name]].sum(axis=-1) for name in names if name in layout)
        return weight / total * jnp.exp(-scale * jnp.asarray(distance))

    return jnp.asarray(sum(term(*each) for each in TERMS))
