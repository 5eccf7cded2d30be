"""Clips to draw from: the shipped ones and the user's own, by weight and phase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from wildrobot.errors import UsageError
from wildrobot.motion.clip import Clip
from wildrobot.motion.clip_file import load
from wildrobot.robot import Robot


def shipped() -> dict[str, Path]:
    """Name -> file of the clips that come with the package."""
    folder = Path(str(resources.files("wildrobot.motion").joinpath("data")))
    return {path.stem: path for path in sorted(folder.glob("*.npz"))}


def find(name_or_path: str) -> Path:
    """The file of a shipped clip, or the path itself.

    Raises:
      UsageError: if there is neither.
    """
    clips, path = shipped(), Path(name_or_path)
    if name_or_path in clips:
        return clips[name_or_path]
    if not path.is_file():
        raise UsageError(f"no clip {name_or_path!r}: give a .npz file, or one of {', '.join(clips)}")
    return path


def files(names: Sequence[str] = ()) -> list[Path]:
    """The files of clips by name or path; of all shipped ones if none is named.

    Raises:
      UsageError: as `find`.
    """
    return [find(name) for name in names or shipped()]


@dataclass(frozen=True)
class Library:
    """Clips of one robot, laid end to end.

    Attributes:
      clips: in order.
      weights: how likely each is to be drawn, summing to 1.
      first: index of each clip's first frame in the arrays.
      frames: how many frames each has to draw from: a loop's closing frame is left out, being its first.
      qpos, qvel: of all frames of all clips, closing frames too.
    """

    clips: tuple[Clip, ...]
    weights: Float[np.ndarray, " C"]
    first: Int[np.ndarray, " C"]
    frames: Int[np.ndarray, " C"]
    qpos: Float[np.ndarray, "N nq"]
    qvel: Float[np.ndarray, "N nv"]

    @classmethod
    def from_clips(cls, clips: Sequence[Clip], weights: Mapping[str, float] | None = None) -> Library:
        """Lays clips end to end.

        Args:
          clips: at least one.
          weights: by name; if not given, each clip's is its duration, so that every frame is as likely.

        Raises:
          UsageError: if there is no clip, two share a name, a weight names none, or no weight is positive.
        """
        names = [clip.name for clip in clips]
        if not clips:
            raise UsageError("a library of clips needs at least one; name a shipped clip or give a .npz file")
        if len(set(names)) < len(names):
            raise UsageError(f"two clips share a name among {', '.join(names)}; rename one of the files")
        if weights is not None and (
            set(weights) != set(names) or min(weights.values()) < 0 or not any(weights.values())
        ):
            raise UsageError(
                "weights need one number for each clip, none negative and one positive; "
                f"the clips are: {', '.join(names)}"
            )
        chosen = np.array([clip.duration_s if weights is None else weights[clip.name] for clip in clips])
        lengths = np.array([len(clip.qpos) for clip in clips])
        return cls(
            clips=tuple(clips),
            weights=chosen / chosen.sum(),
            first=np.concatenate([[0], np.cumsum(lengths)[:-1]]),
            frames=lengths - np.array([clip.loop for clip in clips], int),
            qpos=np.concatenate([clip.qpos for clip in clips]),
            qvel=np.concatenate([clip.qvel for clip in clips]),
        )

    @classmethod
    def load(cls, robot: Robot, names: Sequence[str] = (), weights: Mapping[str, float] | None = None) -> Library:
        """Reads clips by name or path; all shipped ones if none is named.

        Raises:
          UsageError: as `find`, `clip_file.load` and `of`.
        """
        return cls.from_clips([load(file, robot) for file in files(names)], weights)

    def sample(self, key: Array, count: int) -> tuple[Int[Array, " count"], Float[Array, " count"]]:
        """Draws clips by weight, and a phase in [0, 1) of each, uniformly."""
        clip_key, phase_key = jax.random.split(key)
        which = jax.random.choice(clip_key, len(self.clips), (count,), p=jnp.asarray(self.weights))
        return which, jax.random.uniform(phase_key, (count,))

    def frame(self, which: Int[Array, "*N"], phase: Float[Array, "*N"]) -> Int[Array, "*N"]:
        """The row of `qpos` for a phase in [0, 1) of a clip."""
        frames = jnp.asarray(self.frames)[which]
        within = jnp.minimum((phase * frames).astype(jnp.int32), frames - 1)
        return jnp.asarray(self.first)[which] + within
