"""Velocities, accelerations and jerks of a motion that is given as configurations at the control rate."""

from __future__ import annotations

import mujoco
import numpy as np
from jaxtyping import Float

from wildrobot.motion import planar

PERIOD_S = 0.02
"""Frame period of every clip: the control period of the real robot."""


def steps(
    model: mujoco.MjModel, qpos: Float[np.ndarray, "T nq"], *, loop: bool, around: int = 2
) -> Float[np.ndarray, "T+2*{around}-1 nv"]:
    """Mean velocities between neighbouring frames, with `around` frames more on both sides than there are.

    What lies beyond the ends is the loop's continuation, or else the end frames, standing still.
    """
    extended = _extended(qpos, loop, around)
    velocities = np.empty((len(extended) - 1, model.nv))
    for index in range(len(velocities)):
        mujoco.mj_differentiatePos(model, velocities[index], PERIOD_S, extended[index], extended[index + 1])
        # The free joint's angular part is a rotation vector in the first frame's base; its linear part is the world's.
    return velocities


def velocity(model: mujoco.MjModel, qpos: Float[np.ndarray, "T nq"], *, loop: bool) -> Float[np.ndarray, "T nv"]:
    """Velocity at each frame: the mean of the step before and the step after."""
    between = steps(model, qpos, loop=loop, around=1)
    return 0.5 * (between[:-1] + between[1:])


def acceleration(model: mujoco.MjModel, qpos: Float[np.ndarray, "T nq"], *, loop: bool) -> Float[np.ndarray, "T nv"]:
    """Acceleration at each frame: the second difference."""
    return np.diff(steps(model, qpos, loop=loop, around=1), axis=0) / PERIOD_S


def jerk(model: mujoco.MjModel, qpos: Float[np.ndarray, "T nq"], *, loop: bool) -> Float[np.ndarray, "T+1 nv"]:
    """Jerk between the frames: the third difference."""
    return np.diff(steps(model, qpos, loop=loop, around=2), n=2, axis=0) / PERIOD_S**2


def _extended(qpos: Float[np.ndarray, "T nq"], loop: bool, around: int) -> Float[np.ndarray, "T+2*{around} nq"]:
    if not loop:
        return np.concatenate([np.repeat(qpos[:1], around, axis=0), qpos, np.repeat(qpos[-1:], around, axis=0)])
    # The last frame is the first one again: continue with the second, and begin with the last but one.
    first, last = planar.pose_of(qpos[0]), planar.pose_of(qpos[-1])
    after = planar.placed(qpos[: around + 1], last)[1:]
    before = _ending_at(qpos[-around - 1 :], first)[:-1]
    return np.concatenate([before, qpos, after])


def _ending_at(qpos: Float[np.ndarray, "T nq"], at: planar.Pose) -> Float[np.ndarray, "T nq"]:
    """The motion, moved so that its last frame is at a pose."""
    return planar.placed(qpos[::-1], at)[::-1]
