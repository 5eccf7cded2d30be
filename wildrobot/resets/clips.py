"""Start states on frames of reference motions: reference-state initialisation (Peng et al., "DeepMimic", 2018)."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from wildrobot.motion import gait_phase, playing
from wildrobot.motion.library import Library
from wildrobot.resets.bank import StartBank
from wildrobot.resets.config import ReferenceStartsConfig
from wildrobot.robot import Robot
from wildrobot.task.command import is_standing


def make_clip_starts(robot: Robot, config: ReferenceStartsConfig, besides: int) -> StartBank:
    """Draws as many frames of clips as make them `config.share` of all start states, besides `besides` others.

    Sensors and velocities are the clip's; the joint targets are its joint angles. A start on a clip of a
    repeated stride goes on as the clip does: under its command, at its phase.

    Raises:
      UsageError: for a clip that does not exist or cannot be used.
    """
    count = max(1, round(config.share / (1.0 - config.share) * besides))
    library = Library.load(robot, config.clips)
    which, phase = library.sample(jax.random.key(config.seed, impl="threefry2x32"), count)
    rows, which = np.asarray(library.frame(which, phase)), np.asarray(which)
    moving, command, phase = np.zeros(count, bool), np.zeros((count, 3)), np.zeros(count)
    for index, clip in enumerate(library.clips):
        here, stride = which == index, gait_phase.stride_of_clip(clip)
        if stride is not None and not is_standing(jnp.asarray(clip.command)):
            moving[here], command[here] = True, clip.command
            # A step is held to the phase that it begins with, and reaches the next frame.
            phase[here] = stride.phase(rows[here] - library.first[index] + 1)
    views = playing.views(robot, library.qpos[rows], library.qvel[rows])
    ctrl = jnp.clip(views.ctrl, *jnp.asarray(robot.joint_range_rad.T, jnp.float32))
    return StartBank(
        qpos=views.qpos,
        qvel=views.qvel,
        ctrl=ctrl,
        sensordata=views.sensordata,
        moving=jnp.asarray(moving),
        command=jnp.asarray(command, jnp.float32),
        phase=jnp.asarray(phase, jnp.float32),
    )
