"""The reference motions as a discriminator sees them: windows, chosen to match the commands of policies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from trainers.amp.discriminator import weighted_mean
from wildrobot.errors import UsageError
from wildrobot.motion import features
from wildrobot.motion.clip import Clip
from wildrobot.motion.derivatives import PERIOD_S
from wildrobot.motion.library import Library
from wildrobot.robot import Robot
from wildrobot.task.command import is_standing

YAW_RADIUS_M = 0.4
"""Makes yaw rates [rad/s] and velocities [m/s] comparable: how far commands are from each other."""


def check_time_base(period_s: float) -> None:
    """Refuses robots that are seen more or less often than clips have frames.

    Raises:
      UsageError: for another period between the features of a robot than `PERIOD_S`.
    """
    if abs(period_s - PERIOD_S) > 1e-9:
        raise UsageError(
            f"style is judged every {PERIOD_S:g} s, as the clips are, and robots act every {period_s:g} s here; set "
            f"env.physics and action_repeat to {PERIOD_S:g} s, or amp.style_weight=0"
        )


def walking_clips(robot: Robot, names: Sequence[str]) -> tuple[Clip, ...]:
    """Clips by name or path.

    Raises:
      UsageError: if none is named, for one that there is not, or that stands still: its style would reward standing.
    """
    if not names:
        raise UsageError("amp.clips is empty; name clips that walk, or set amp.style_weight=0")
    clips = Library.load(robot, names).clips
    still = [clip.name for clip in clips if clip.contacts.all()]
    if still:
        raise UsageError(f"amp.clips: {', '.join(still)} never lifts a foot; name clips that walk")
    return clips


class Reference(NamedTuple):
    """Windows of clips, laid end to end.

    Attributes:
      windows: of all clips.
      commands: that each clip realises: vx [m/s], vy [m/s], yaw rate [rad/s].
      first, windows_of: of each clip, its first window and how many it has.
      joints: where the joint angles lie in the features.
    """

    windows: Float[Array, "N window features"]
    commands: Float[Array, "C 3"]
    first: Int[Array, " C"]
    windows_of: Int[Array, " C"]
    joints: slice

    @classmethod
    def load(cls, robot: Robot, clips: Sequence[str]) -> Reference:
        """Reads clips by name or path.

        Raises:
          UsageError: as `walking_clips`.
        """
        found = walking_clips(robot, clips)
        return cls.from_clips(robot, found, features.clip_features(robot, found))

    @classmethod
    def from_clips(
        cls, robot: Robot, clips: Sequence[Clip], found: Sequence[Float[np.ndarray, "_ features"]]
    ) -> Reference:
        """Of clips, and what `features.clip_features` has found of them: computing those takes a second."""
        windows = [features.windows_of_clip(clip, each) for clip, each in zip(clips, found, strict=True)]
        counts = np.array([len(each) for each in windows])
        return cls(
            windows=jnp.asarray(np.concatenate(windows)),
            commands=jnp.asarray(np.stack([clip.command for clip in clips]), jnp.float32),
            first=jnp.asarray(np.cumsum(counts) - counts),
            windows_of=jnp.asarray(counts),
            joints=features.layout(robot)["joint_angle_rad"],
        )

    def nearest(self, commands: Float[Array, "*N 3"]) -> tuple[Int[Array, "*N"], Float[Array, "*N"]]:
        """The clip whose command is nearest, and how far [m/s] away it is."""
        scale = jnp.array([1.0, 1.0, YAW_RADIUS_M])
        distances = jnp.linalg.norm((commands[..., None, :] - self.commands) * scale, axis=-1)
        return jnp.argmin(distances, axis=-1), jnp.min(distances, axis=-1)

    def covers(self, commands: Float[Array, "*N 3"], tolerance_m_per_s: float) -> Bool[Array, "*N"]:
        """Whether there is a clip for a command. Standing still is never covered: the task alone asks for that."""
        standing = jnp.vectorize(is_standing, signature="(n)->()")(commands)
        return (self.nearest(commands)[1] <= tolerance_m_per_s) & ~standing

    def draw(self, key: Array, commands: Float[Array, "N 3"]) -> Float[Array, "N window features"]:
        """One window for each command: of the clip that is nearest, at a phase that is uniform."""
        clip, _ = self.nearest(commands)
        offset = (jax.random.uniform(key, clip.shape) * self.windows_of[clip]).astype(jnp.int32)
        return self.windows[self.first[clip] + jnp.minimum(offset, self.windows_of[clip] - 1)]

    def motion_distance_rad(
        self, windows: Float[Array, "N window features"], weights: Float[Array, " N"]
    ) -> Float[Array, ""]:
        """Mean distance of windows from the nearest reference window: RMS over joints and frames [rad]."""
        ours = windows[..., self.joints].reshape(len(windows), -1)
        theirs = self.windows[..., self.joints].reshape(len(self.windows), -1)
        squares = jnp.sum(ours**2, axis=1)[:, None] + jnp.sum(theirs**2, axis=1) - 2.0 * ours @ theirs.T
        nearest = jnp.sqrt(jnp.maximum(jnp.min(squares, axis=1), 0.0) / ours.shape[1])
        return weighted_mean(nearest, weights)
