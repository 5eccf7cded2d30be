"""Start states on frames of reference motions: reference-state initialisation (Peng et al., "DeepMimic", 2018)."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from wildrobot.config import ReferenceStartsConfig
from wildrobot.motion import playing
from wildrobot.motion.clip import Clip
from wildrobot.motion.library import Library
from wildrobot.physics.starts import StartBank
from wildrobot.robot import Robot


def make_reference_starts(robot: Robot, config: ReferenceStartsConfig, besides: int) -> StartBank:
    """Draws frames of clips, so many that they are `config.share` of all start states with `besides` others.

    Sensors and velocities are the clip's; the joint targets are its joint angles. A start on a clip that repeats goes on
    as the clip does: under its command, at its phase.

    Raises:
      UsageError: for a clip that does not exist or cannot be used.
    """
    count = max(1, round(config.share / (1.0 - config.share) * besides))
    library = Library.load(robot, config.clips)
    which, phase = library.sample(jax.random.key(config.seed), count)
    rows, which = np.asarray(library.frame(which, phase)), np.asarray(which)
    frame = rows - library.first[which]
    gaits = np.array([_gait(clip) for clip in library.clips])
    views = playing.views(robot, library.qpos[rows], library.qvel[rows])
    ctrl = jnp.clip(views.ctrl, *jnp.asarray(robot.joint_range_rad.T, jnp.float32))
    moving = gaits[which, 1] > 0
    commands = np.stack([clip.command for clip in library.clips])[which]
    return StartBank(
        qpos=views.qpos,
        qvel=views.qvel,
        ctrl=ctrl,
        sensordata=views.sensordata,
        moving=jnp.asarray(moving),
        command=jnp.asarray(np.where(moving[:, None], commands, 0.0), jnp.float32),
        phase=jnp.asarray(np.where(moving, (frame - gaits[which, 0]) / np.maximum(gaits[which, 1], 1) % 1.0, 0.0), jnp.float32),
    )


def _gait(clip: Clip) -> tuple[int, int]:
    """The frame in which the left foot lifts, and the frames of a stride; (0, 0) for what is no repeated stride."""
    lifts = np.flatnonzero(~clip.contacts[1:, 0] & clip.contacts[:-1, 0]) + 1
    return (int(lifts[0]), len(clip.qpos) - 1) if clip.loop and len(lifts) == 1 else (0, 0)
