"""Start states on frames of reference motions: reference-state initialisation (Peng et al., "DeepMimic", 2018)."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from wildrobot.config import ReferenceStartsConfig
from wildrobot.motion import playing
from wildrobot.motion.library import Library
from wildrobot.physics.starts import StartBank
from wildrobot.robot import Robot


def make_reference_starts(robot: Robot, config: ReferenceStartsConfig, besides: int) -> StartBank:
    """Draws frames of clips, so many that they are `config.share` of all start states with `besides` others.

    Sensors and velocities are the clip's; the joint targets are its joint angles.

    Raises:
      UsageError: for a clip that does not exist or cannot be used.
    """
    count = max(1, round(config.share / (1.0 - config.share) * besides))
    library = Library.load(robot, config.clips)
    rows = np.asarray(library.frame(*library.sample(jax.random.key(config.seed), count)))
    views = playing.views(robot, library.qpos[rows], library.qvel[rows])
    ctrl = jnp.clip(views.ctrl, *jnp.asarray(robot.joint_range_rad.T, jnp.float32))
    return StartBank(qpos=views.qpos, qvel=views.qvel, ctrl=ctrl, sensordata=views.sensordata)
