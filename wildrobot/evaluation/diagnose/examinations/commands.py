"""Examinations of what the task asks for, and of how episodes begin and end."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wildrobot.evaluation.diagnose.evidence.draws import Draws
from wildrobot.evaluation.diagnose.evidence.plan import PULSE_AT_S
from wildrobot.evaluation.diagnose.evidence.statics import Statics
from wildrobot.evaluation.diagnose.evidence.trials import Trials
from wildrobot.evaluation.diagnose.registry import Measured, examination
from wildrobot.task.config import CommandConfig

_SIGNS = (("forward", "backward"), ("left", "right"), ("turn left", "turn right"))
_Z = 5.0


@examination(
    "task", "exact", unit="standard errors",
    why=f"shares of thousands of draws differ from the configured ones by chance alone: beyond {_Z:g} standard errors "
    "once in two million",
    source="binomial distribution of the draws",
    try_next="Find the sign or kind of command that the sampler (wildrobot/task/command.py) misses.",
)  # fmt: skip
def commands_drawn(d: Draws) -> Iterator[Measured]:
    """Are commands drawn as they are configured, by sign?"""
    drawn = d.command[~d.on_clip]
    if not len(drawn):
        return
    for axis, signs in enumerate(_SIGNS):
        for sign, name in zip((1, -1), signs, strict=True):
            expected = _expected_share(d.config.task.command, axis, sign)
            share = float(np.mean(sign * drawn[:, axis] > 0.0))
            error = max(np.sqrt(expected * (1.0 - expected) / len(drawn)), 1e-4)
            yield Measured(
                f"{name}: {share:.3f} drawn, {expected:.3f} configured", abs(share - expected) / error, at_most=_Z
            )


@examination(
    "task", "exact", unit="of the commands to that side",
    why="left and right of this robot are one: a task that asks for one side alone teaches one side alone; a "
    "quarter is "
    "left for chance and taste",
    source="commands of all starts, those on clips too",
    try_next="Make the ranges of env.task.command and the clips of env.reference_starts symmetric.",
)  # fmt: skip
def both_sides_asked(d: Draws) -> Iterator[Measured]:
    """Is the left asked for as often as the right?"""
    for axis, (left, right) in ((1, _SIGNS[1]), (2, _SIGNS[2])):
        shares = [float(np.mean(sign * d.command[:, axis] > 1e-6)) for sign in (1, -1)]
        if max(shares) > 0.02:
            yield Measured(f"rarer of {left} and {right}", min(shares) / max(shares), at_least=0.25)


@examination(
    "task", "exact", unit="m/s",
    why="the hip of a swinging leg turns at up to 2.3 v / L: the leg swings in 0.41 of the time, and its speed "
    "is a sine; "
    "beyond half of the no-load speed, servos have less than half of their torque",
    source="kinematics of a stride, wildrobot/physics/servo.py",
    try_next="Ask for slower walks (env.task.command), or build faster servos.",
)  # fmt: skip
def commands_possible(s: Statics, d: Draws) -> Iterator[Measured]:
    """Can the legs swing as fast as the fastest command asks?"""
    leg_m, robot = float(s.robot.home_qpos[2]), s.robot
    fastest = 0.5 * robot.no_load_speed_rad_per_s * leg_m / 2.3
    yield Measured("fastest command forward or backward", float(np.abs(d.command[:, 0]).max()), at_most=fastest)


@examination(
    "task", "exact",
    why="an action takes effect as many control steps later as its episode has drawn, and episodes draw within the "
    "configured range; both ends of it are drawn in thousands of episodes",
    source="wildrobot/task/action.py; the first change of the servo's target after a pulse",
    try_next="Look at what delays the action (ActionMap.delayed) and at what draws the latency.",
    unit="control steps",
)  # fmt: skip
def latency_applied(t: Trials, d: Draws) -> Iterator[Measured]:
    """Are actions as late as configured?"""
    low, high = d.config.task.action.latency_steps
    late = _latencies(t)
    if len(late):
        yield Measured("least, measured", late.min(), low, high)
        yield Measured("most, measured", late.max(), low, high)
        yield Measured("most, drawn less measured", np.abs(late - _drawn(t)).max(), at_most=0)
    yield Measured("least, drawn", d.latency_steps.min(), low, low)
    yield Measured("most, drawn", d.latency_steps.max(), high, high)


@examination(
    "task", "exact",
    why="an environment that starts alike every time teaches one trajectory; one that starts differently from the same "
    "key cannot be repeated",
    source="starts from 4096 keys, twice",
    try_next="Look at what the reset does with its key, and at how many start states the bank holds "
    "(env.starts.count).",
)  # fmt: skip
def starts_differ(d: Draws) -> Iterator[Measured]:
    """Do starts differ from key to key, and repeat for the same key?"""
    starts = d.config.starts
    bound = max(starts.joint_angle_rad, 1e-3 if d.on_clip.any() else 0.0)
    if starts.count > 1 and bound > 0.0:
        yield Measured("different starts", len(np.unique(d.joints_rad, axis=0)), at_least=min(starts.count, 8))
        yield Measured("same key, same start", float(d.repeats), 1.0, 1.0)
    if d.config.task.command.standing_share < 1.0:
        yield Measured("different commands", len(np.unique(d.command, axis=0)), at_least=8)


@examination(
    "task", "measured", unit="of the robots",
    why="a fall is what the robot's description calls one. An end that a standing robot suffers teaches it not "
    "to stand, "
    "and a time limit that counts as a fall teaches it that time is running out (Pardo et al. 2018)",
    source="robots that hold home or play clips; height and tilt read from the physics",
    try_next="Check min_base_height_m and max_tilt_rad, and that the time limit sets truncated and not terminated.",
)  # fmt: skip
def endings(t: Trials) -> Iterator[Measured]:
    """Do episodes end by a fall or by the time limit, and is each called what it is?"""
    calm = np.concatenate([np.arange(t.plan.command.shape[0])[t.of(name)] for name in ("stand", "hold", "clip")])
    up = t.upright[:, calm].cumprod(axis=0).astype(bool)
    alive = t.alive[:, calm]
    ended = (t.terminated[:, calm] & up & alive).any(axis=0)
    yield Measured("terminated while upright", float(ended.mean()), at_most=0.0)
    at_end = up[-1] & alive[-1] & ~ended
    if at_end.any():
        yield Measured("truncated at the time limit", float(t.truncated[-1, calm][at_end].mean()), 1.0, 1.0)
    lying = t.qpos[..., 2] < 0.7 * t.env.robot.fall_height_m
    missed = (lying & t.alive).sum(axis=0) * t.env.control_period_s > 0.2
    yield Measured("lie on the floor and go on", float(missed.mean()), at_most=0.0)


@examination(
    "task", "exact", unit="m/s",
    why="a robot of height h that is pushed at v must step v / sqrt(g / h) aside; further than half a leg and "
    "half a sole "
    "it cannot",
    source="capture point: Pratt et al. 2006",
    try_next="Lower env.task.push.velocity_m_per_s.",
)  # fmt: skip
def pushes_survivable(s: Statics, d: Draws) -> Iterator[Measured]:
    """Can one step catch the largest push?"""
    height = float(s.robot.home_qpos[2])
    reach = 0.5 * height + s.robot.sole_half_length_m
    yield Measured("largest push", d.config.task.push.velocity_m_per_s, at_most=np.sqrt(9.81 / height) * reach)


def _expected_share(config: CommandConfig, axis: int, sign: int) -> float:
    """Of the commands whose component has this sign."""
    low, high = (config.vx_m_per_s, config.vy_m_per_s, config.yaw_rate_rad_per_s)[axis]
    alone = (config.straight_share, config.sideways_share, config.turning_share)
    anything = 1.0 - config.standing_share - sum(alone)
    side = max(high, 0.0) - max(low, 0.0) if sign > 0 else max(-low, 0.0) - max(-high, 0.0)
    return (alone[axis] + anything) * (side / (high - low) if high > low else float(sign * high > 0.0))


def _latencies(t: Trials) -> np.ndarray:
    """Control steps from a pulse to the first change of the target, of each pulse that can show."""
    return np.array([late for late, _ in _pulses(t)])


def _drawn(t: Trials) -> np.ndarray:
    return np.array([drawn for _, drawn in _pulses(t)])


def _pulses(t: Trials) -> Iterator[tuple[int, int]]:
    pulse = t.of("pulse")
    first = round(PULSE_AT_S / t.env.control_period_s)
    change = np.abs(t.ctrl[:, pulse] - t.ctrl[first - 1, pulse]).max(axis=2) > 1e-3
    for robot, drawn in enumerate(t.latency_steps[pulse]):
        if change[:, robot].any():
            yield int(np.argmax(change[:, robot])) - first, int(drawn)
