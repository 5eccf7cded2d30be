"""Examinations of what the actor sees."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from wildrobot.evaluation.diagnose.evidence.trials import Trials
from wildrobot.evaluation.diagnose.registry import Measured, examination
from wildrobot.task.entries import ACTOR
from wildrobot.task.observation import HISTORY


@examination(
    "task", "measured",
    why="noise as strong as all that an entry tells of a walk hides it: the signal's variance is at least the noise's",
    source="robots that play clips and robots that move at random, in the experiment's own sensing",
    try_next="Lower env.task.observation.noise of this entry to what the sensor's data sheet says.",
    unit="signal / noise (variances)",
)  # fmt: skip
def signal_to_noise(t: Trials) -> Iterator[Measured]:
    """Is there more signal than noise in what the actor sees?"""
    seen = _seen(t)
    for name, columns in entries(t).items():
        half_width = getattr(t.env.config.task.observation.noise, name, 0.0) if ACTOR[name].noisy else 0.0
        if half_width > 0.0:
            noise = half_width**2 / 3.0
            yield Measured(name, float(np.median(seen[:, columns].var(axis=0))) / noise - 1.0, at_least=1.0)


@examination(
    "task", "measured", unit="of the configured noise",
    why="the noise of a robot that stands is all that changes in what it reads of itself: its deviation is the "
    "half width "
    "over sqrt(3), within a fifth; joints and base move a little",
    source="last second of robots that hold home",
    try_next="Look at how noise is added (wildrobot/task/observation.py), and in which unit.",
)  # fmt: skip
def noise_applied(t: Trials) -> Iterator[Measured]:
    """Is the noise as strong as configured?"""
    stand, last = t.of("stand"), round(1.0 / t.env.control_period_s)
    if not t.upright[-1, stand].all():
        return
    for name, columns in entries(t).items():
        half_width = getattr(t.env.config.task.observation.noise, name, 0.0) if ACTOR[name].noisy else 0.0
        if half_width > 0.0:
            seen = t.obs[-last:, stand][..., columns]
            yield Measured(name, np.sqrt(np.mean(seen.var(axis=0))) / (half_width / np.sqrt(3.0)), 0.8, 1.25)


@examination(
    "task", "measured",
    why="a value that never changes tells nothing; commands of a single value and joints without play are no exception",
    source="robots under all commands that play clips, stand and move at random",
    try_next="Check that the entry (wildrobot/task/entries.py) is filled, and from the right robot.",
    unit="values",
)  # fmt: skip
def constant_observations(t: Trials) -> Iterator[Measured]:
    """Which entries never change?"""
    spread = np.ptp(_seen(t), axis=0)
    command = t.env.config.task.command
    fixed = [low == high for low, high in (command.vx_m_per_s, command.vy_m_per_s, command.yaw_rate_rad_per_s)]
    for name, columns in entries(t).items():
        still = spread[columns] < 1e-6
        if name == "command":
            still &= ~np.array(fixed)
        yield Measured(name, float(still.sum()), at_most=0.0)


@examination(
    "task", "measured", unit="pairs",
    why="two values that are always the same waste one, and are how a joint that is read twice shows",
    source="correlation above 0.9999 over the same robots",
    try_next="Look for an index that is used twice (wildrobot/robot/robot.py: sensor and joint addresses).",
)  # fmt: skip
def duplicate_observations(t: Trials) -> Iterator[Measured]:
    """Which entries are copies of others?"""
    now = np.concatenate([np.arange(columns.start, columns.stop) for columns in entries(t).values()])
    seen = _seen(t)[:, now]
    moving = seen.std(axis=0) > 1e-6
    correlation = np.abs(np.corrcoef(seen[:, moving].T)) - np.eye(int(moving.sum()))
    yield Measured("of all entries of a moment", float((correlation > 0.9999).sum() // 2), at_most=0.0)


@examination(
    "task", "measured", unit="correlation",
    why="however late and noisy, what is read of a joint goes with that joint more than with any other: where another "
    "is nearer, a joint is read twice, or two are exchanged",
    source="robots that move at random, so that joints move each on its own; true angles from the physics",
    try_next="Compare the order of the joints in the observation with that of the actuators.",
)  # fmt: skip
def joint_readings(t: Trials) -> Iterator[Measured]:
    """Does what is read of each joint follow that joint?"""
    columns, random = entries(t).get("joint_angle"), t.of("random")
    if columns is None:
        return
    up = (t.upright & t.alive)[:, random]
    true = t.qpos[:, random][up][:, t.env.robot.qpos_index]
    both = np.abs(np.corrcoef(true.T, t.obs[:, random][up][:, columns].T))
    joints = t.env.action_size
    follows = both[:joints, joints:]
    own = follows.diagonal()
    others = np.where(np.eye(joints, dtype=bool), 0.0, follows).max(axis=0)
    for name, lead in zip(t.env.robot.joint_names, own - others, strict=True):
        yield Measured(f"{name}: with itself less with another", lead, at_least=0.0)


@examination(
    "task", "exact", unit="R^2",
    why="an actor that does not see the command cannot follow it; a linear fit must find vx and vy in what it "
    "sees, but "
    "for rounding",
    source="least squares from observations to commands",
    try_next="Check that the command is among the entries, and that it is the episode's own.",
)  # fmt: skip
def command_seen(t: Trials) -> Iterator[Measured]:
    """Does the actor see what it is asked for?"""
    robots = np.concatenate([np.arange(len(t.plan.command))[t.of(name)] for name in ("stand", "hold", "random")])
    seen = t.obs[0, robots]
    columns = entries(t).get("command")
    asked = t.plan.command[robots]
    for axis, name in enumerate(("vx", "vy")):
        total = np.sum((asked[:, axis] - asked[:, axis].mean()) ** 2)
        if total > 0.0:
            inside = seen[:, columns] if columns is not None else seen[:, :0]
            inside = np.concatenate([inside, np.ones((len(robots), 1))], axis=1)
            fit = inside @ np.linalg.lstsq(inside, asked[:, axis], rcond=None)[0]
            yield Measured(name, 1.0 - np.sum((asked[:, axis] - fit) ** 2) / total, at_least=0.99)


def entries(t: Trials) -> dict[str, slice]:
    """Where each entry of this moment lies; what was seen before is left out."""
    found, at = {}, 0
    for name, size in t.env.observation_layout:
        if name != HISTORY:
            found[name] = slice(at, at + size)
        at += size
    return found


def _seen(t: Trials) -> Float[np.ndarray, "samples n"]:
    """What robots saw that move, while they were up."""
    groups = [name for name in ("clip", "random", "hold") if t.of(name).stop]
    parts = [t.obs[:, t.of(name)][(t.upright & t.alive)[:, t.of(name)]] for name in groups]
    return np.concatenate(parts)
