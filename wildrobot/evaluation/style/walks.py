"""Single walks as the judge records them: a clip itself, and the robot that plays it by its servos."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from wildrobot.evaluation.play.episodes import Episodes, RobotFacts
from wildrobot.evaluation.play.rollout import from_readings
from wildrobot.motion import clip as clips
from wildrobot.motion import playing
from wildrobot.motion.authoring.dynamics import dynamics
from wildrobot.motion.authoring.tracking import track
from wildrobot.motion.clip import Clip
from wildrobot.motion.derivatives import PERIOD_S
from wildrobot.motion.features import features
from wildrobot.motion.playing import Views
from wildrobot.robot import Robot
from wildrobot.task.view import read

LENGTH_S = 10.0


def of_clip(robot: Robot, clip: Clip) -> Episodes:
    """A clip that repeats, for 10 s; each foot that it says stands bears half of the weight."""
    qpos = clips.repeated(clip, LENGTH_S)
    frame = np.arange(len(qpos)) % (len(clip.qpos) - 1)
    found = _episodes(robot, playing.views(robot, qpos, clip.qvel[frame]), clip.command.tolist(), fallen=False)
    return dataclasses.replace(found, foot_load_N=clip.contacts[frame][:, None] * 0.5 * found.robot.weight_N)


def open_loop(robot: Robot, clip: Clip, command: Sequence[float]) -> Episodes:
    """The robot that plays a clip by its servos alone: how near to the clip one can come on this robot.

    It starts on the clip's first frame, and plays at the clip's speed, whatever the command is that it is judged by.
    """
    done = track(robot, clip, dynamics(robot, clip.qpos, clip.contacts, loop=clip.loop))
    arrays = (done.qpos, done.qvel, np.zeros((len(done.qpos), len(robot.joint_names))), done.sensordata)
    views = Views(*(jnp.asarray(array, jnp.float32) for array in arrays))
    return _episodes(robot, views, command, fallen=done.upright_s < done.played_s)


def _episodes(robot: Robot, views: Views, command: Sequence[float], *, fallen: bool) -> Episodes:
    readings = jax.jit(jax.vmap(partial(read, robot)))(views)
    recorded = from_readings(readings) | {
        "features": jax.jit(jax.vmap(partial(features, robot)))(views),
        "alive": jnp.arange(len(views.qpos)) < len(views.qpos) - fallen,
        "action": jnp.zeros((len(views.qpos), len(robot.joint_names))),
    }
    return Episodes(
        command=np.asarray(command, np.float32),
        control_period_s=PERIOD_S,
        film_qpos=np.asarray(views.qpos),
        robot=RobotFacts.from_model(robot, robot.model),
        **{name: np.asarray(x)[:, None] for name, x in recorded.items()},
    )
