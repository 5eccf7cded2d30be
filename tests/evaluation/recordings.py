"""Recordings of episodes that can be worked out by hand."""

import dataclasses

import numpy as np

from wildrobot.evaluation.play.episodes import RECORDED, Episodes, RobotFacts

PERIOD_S = 0.1
WEIGHT_N = 40.0
ROBOT = RobotFacts(
    name="wildrobot",
    joint_names=tuple(f"joint {i}" for i in range(17)),
    torque_limit_Nm=np.full(17, 4.0),
    weight_N=WEIGHT_N,
    no_load_speed_rad_per_s=5.8,
)
STANDING = {"gravity": (0.0, 0.0, -1.0), "foot_load_N": WEIGHT_N / 2}


def recording(samples, episodes=1, *, command=(0.0, 0.0, 0.0), period_s=PERIOD_S, falls=None, robot=ROBOT, **arrays):
    """Stands upright and still, but for the given arrays, each broadcast to (samples, episodes, ...).

    `falls`: episode -> sample of its fall. Samples from there on mean nothing: here they are NaN.
    """
    joints = len(robot.joint_names)
    alive = np.ones((samples, episodes), bool)
    for episode, sample in (falls or {}).items():
        alive[sample:, episode] = False
    shapes = {
        "position_m": (2,), "velocity_m_per_s": (2,), "heading_rad": (), "yaw_rate_rad_per_s": (), "gravity": (3,),
        "action": (joints,), "joint_velocity_rad_per_s": (joints,), "torque_Nm": (joints,), "foot_position_m": (2, 2),
        "foot_velocity_m_per_s": (2, 2), "foot_clearance_m": (2,), "foot_load_N": (2,),
    }  # fmt: skip
    filled = {}
    for name, shape in shapes.items():
        value = (STANDING | arrays).pop(name, 0.0)
        filled[name] = np.broadcast_to(np.asarray(value, np.float32), (samples, episodes, *shape)).copy()
        filled[name][~alive] = np.nan
    assert set(arrays) <= set(shapes), f"unknown: {set(arrays) - set(shapes)}"
    return Episodes(
        command=np.array(command, np.float32), control_period_s=period_s, alive=alive,
        film_qpos=np.zeros((samples, 7 + joints), np.float32), robot=robot, **filled,
    )  # fmt: skip


def facts(*torque_limits_Nm):
    """A robot with one joint for each torque limit, otherwise like `ROBOT`."""
    names = tuple(f"joint {index}" for index in range(len(torque_limits_Nm)))
    return dataclasses.replace(ROBOT, joint_names=names, torque_limit_Nm=np.array(torque_limits_Nm))


def times(samples, period_s=PERIOD_S):
    """Sample times [s], to be broadcast over episodes: shape (samples, 1)."""
    return np.arange(samples)[:, None] * period_s


def joined(*recordings):
    """Several recordings of one command as the episodes of one."""
    arrays = {
        name: np.concatenate([getattr(part, name) for part in recordings], axis=1)
        for name in RECORDED
        if name not in ("film_qpos", "features")
    }
    return dataclasses.replace(recordings[0], **arrays)
