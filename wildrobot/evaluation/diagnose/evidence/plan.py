"""Which robots are tried out. Each acts by a fixed plan, whatever it observes, so no policy is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from wildrobot.env import WildRobotEnv
from wildrobot.evaluation.diagnose.evidence.clips import ClipFacts

SECONDS = 4.0
"""Length of every trial: four strides, and long enough for a robot without support to fall."""
PULSE_AT_S, PULSE_S, PULSE = 0.2, 0.2, 0.5
"""When a single joint is moved, for how long, and by which action."""
SWEEP = np.concatenate([[-1.0], np.linspace(-0.25, 1.5, 8)])
"""Tracked velocities of the sweep, in units of the command; 0, a quarter and 1 are among them."""
AXES = ("forward", "backward", "left", "right", "turn left", "turn right")
_RANDOM, _CONSTANT, _STAND = 32, 48, 4


class Plan(NamedTuple):
    """Robots side by side, all on the nominal robot without sensor errors, play and pushes.

    Attributes:
      groups: name -> the robots of it.
      start: index in the bank: 0 is home, and clip k starts at k + 1.
      command: vx, vy [m/s], yaw rate [rad/s].
      phase: of the gait clock [cycles].
      tracked_velocity: that the first step's reward finds, in units of `command`; NaN for what the robot does.
      clip: number of the clip that is followed, -1 for none.
      action: shape (steps, robots, joints); of the clips, for a robot whose targets arrive at once.
    """

    groups: Mapping[str, slice]
    start: Int[np.ndarray, " robots"]
    command: Float[np.ndarray, "robots 3"]
    phase: Float[np.ndarray, " robots"]
    tracked_velocity: Float[np.ndarray, "robots 3"]
    clip: Int[np.ndarray, " robots"]
    action: Float[np.ndarray, "steps robots joints"]


def plan(env: WildRobotEnv, clips: Sequence[ClipFacts], seed: int = 0) -> Plan:
    """The robots that the examinations look at."""
    rng, joints = np.random.default_rng(seed), env.action_size
    steps = round(SECONDS / env.control_period_s)
    asked = axis_commands(env)
    walking = np.repeat(asked, 4, axis=0)
    rows: list[tuple[str, np.ndarray, dict[str, np.ndarray]]] = []

    def add(name: str, command: np.ndarray, **more: np.ndarray) -> None:
        rows.append((name, command, more))

    zeros = np.zeros((_STAND, 3))
    add("stand", zeros)
    add("hold", walking, phase=np.tile([0.0, 0.25, 0.5, 0.75], len(asked)))
    if clips:
        numbers = np.arange(len(clips))
        add(
            "clip",
            np.stack([each.command for each in clips]),
            start=numbers + 1,
            clip=numbers,
            phase=np.array([each.first_phase for each in clips]),
            action=np.stack([each.actions(env.action_map, steps) for each in clips], axis=1),
        )
        add("still", np.stack([each.command for each in clips]), phase=np.array([each.first_phase for each in clips]))
    of_random = walking[rng.integers(len(walking), size=_RANDOM)]
    add("random", of_random, action=rng.uniform(-1.0, 1.0, (steps, _RANDOM, joints)))
    constant = rng.uniform(-0.4, 0.4, (_CONSTANT, joints))
    add("constant", np.repeat(asked[:1], _CONSTANT, axis=0), action=np.tile(constant, (steps, 1, 1)))
    add("pulse", np.zeros((2 * joints, 3)), action=_pulses(env, steps))
    points = np.tile(SWEEP, len(asked))
    add("sweep", np.repeat(asked, len(SWEEP), axis=0), tracked_velocity=np.tile(points[:, None], 3))
    return _joined(rows, steps, joints)


def axis_commands(env: WildRobotEnv) -> Float[np.ndarray, "axes 3"]:
    """Half of the fastest command in each direction that the task asks for, in the order of `AXES`; 0 for none."""
    config = env.config.task.command
    ranges = (config.vx_m_per_s, config.vy_m_per_s, config.yaw_rate_rad_per_s)
    commands = np.zeros((6, 3))
    for axis, (low, high) in enumerate(ranges):
        commands[2 * axis, axis], commands[2 * axis + 1, axis] = 0.5 * max(high, 0.0), 0.5 * min(low, 0.0)
    return commands


def _pulses(env: WildRobotEnv, steps: int) -> Float[np.ndarray, "steps robots joints"]:
    """Each joint alone, one way and the other."""
    joints = env.action_size
    first, last = round(PULSE_AT_S / env.control_period_s), round((PULSE_AT_S + PULSE_S) / env.control_period_s)
    action = np.zeros((steps, 2 * joints, joints))
    for joint in range(joints):
        action[first:last, joint, joint] = PULSE
        action[first:last, joints + joint, joint] = -PULSE
    return action


def _joined(rows: Sequence[tuple[str, np.ndarray, dict[str, np.ndarray]]], steps: int, joints: int) -> Plan:
    groups, at = {}, 0
    for name, command, _ in rows:
        groups[name] = slice(at, at + len(command))
        at += len(command)
    full = Plan(
        groups=groups,
        start=np.zeros(at, np.int32),
        command=np.concatenate([command for _, command, _ in rows]).astype(np.float32),
        phase=np.zeros(at, np.float32),
        tracked_velocity=np.full((at, 3), np.nan, np.float32),
        clip=np.full(at, -1, np.int32),
        action=np.zeros((steps, at, joints), np.float32),
    )
    for name, _, more in rows:
        for field, values in more.items():
            array = getattr(full, field)
            if field == "action":
                array[:, groups[name]] = values
            else:
                array[groups[name]] = values
    return full
