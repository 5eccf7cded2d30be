"""Examinations of what reference motions ask of the robot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from wildrobot.evaluation.diagnose.evidence.clips import ClipFacts
from wildrobot.evaluation.diagnose.evidence.statics import Statics
from wildrobot.evaluation.diagnose.evidence.trials import Trials
from wildrobot.evaluation.diagnose.registry import Measured, examination
from wildrobot.motion.authoring.acceptance import (
    FLOAT_M,
    PENETRATION_M,
    SLOW_M_PER_S,
    SLOW_RAD_PER_S,
    SPEED_SHARE,
)


@dataclass(frozen=True)
class Motions:
    """The clips that are looked at."""

    clips: Sequence[ClipFacts]

    @property
    def trusted(self) -> list[ClipFacts]:
        """Those that do what they claim: others say nothing of the robot."""
        return [clip for clip in self.clips if all(error <= most for _, error, most in _speed_errors(clip))]


@examination(
    "robot", "exact", unit="of what the servo has",
    why="inverse dynamics says what torque a walk takes at each moment; a servo that has less at that speed falls "
    "behind, and the body with it. Peaks in a twentieth of the time are left out: momentum carries through them",
    source="wildrobot/physics/servo.py: torque falls in a line to none at the no-load speed",
    try_next="Check the torque limit of this joint against the servo's data sheet, and the masses that it carries.",
)  # fmt: skip
def torque_reserve(m: Motions, s: Statics) -> Iterator[Measured]:
    """Do the servos have the torque that a walk takes, at its speeds?"""
    robot, worst = s.robot, {}
    for clip in m.trusted:
        left = 1.0 - np.abs(clip.speed_rad_per_s) / robot.no_load_speed_rad_per_s
        drives = clip.torque_Nm * clip.speed_rad_per_s > 0.0
        has = np.where(drives, robot.stall_torque_Nm * np.maximum(left, 1e-3), np.inf)
        share = np.abs(clip.torque_Nm) / np.minimum(has, s.torque_limit_Nm)
        share = np.quantile(share, 0.95, axis=0)
        joint = int(np.argmax(share))
        name = robot.joint_names[joint]
        worst[name] = max(worst.get(name, 0.0), float(share[joint]))
    for name, share in worst.items():
        yield Measured(name, share, at_most=1.0)


@examination(
    "robot", "exact", unit="m",
    why="the clip says which sole stands, and the model's kinematics where it is: more than 5 mm above or below "
    "the floor "
    "means that an axis, a sign, an order or a length of the model is not that of the robot that the clip was made for",
    source="wildrobot/motion/authoring/acceptance.py: what shipped clips keep to",
    try_next="Show a frame of the clip on the model; compare axes, signs and lengths of the legs with the robot's.",
)  # fmt: skip
def soles_on_floor(m: Motions) -> Iterator[Measured]:
    """Do the soles lie on the floor where the reference motions say that they stand?"""
    for clip in m.trusted:
        low, high = clip.sole_height_m
        yield Measured(f"{clip.name}: lowest corner", low, at_least=-PENETRATION_M)
        yield Measured(f"{clip.name}: highest corner", high, at_most=FLOAT_M)


@examination(
    "robot", "exact", unit="[-]",
    why="the ground must give the horizontal force that accelerates the body: friction no less than what the "
    "walks take "
    "of it",
    source="Coulomb's law on the centre of mass of the clips",
    try_next="Check the friction of soles and floor (env.variants.friction), and which geom's friction MuJoCo takes.",
)  # fmt: skip
def grip(m: Motions, s: Statics) -> Iterator[Measured]:
    """Do the soles grip the floor as much as walking takes?"""
    if m.trusted:
        needed = max(clip.friction for clip in m.trusted)
        yield Measured("friction of soles on the floor, least of the robots", s.friction, at_least=needed)


@examination(
    "robot", "measured", unit="s",
    why="played by the servos alone, a motion that the robot can do stays up for half a stride at the least, in which "
    "one leg carries everything",
    source="wildrobot/motion/authoring/tracking.py",
    try_next="Film the clip open loop (python -m wildrobot.motion); look at gains, torque limits, friction and "
    "latency.",
)  # fmt: skip
def open_loop_walk(t: Trials) -> Iterator[Measured]:
    """How long does the robot stay up if it just plays the clips?"""
    stride_s = 1.0 / t.env.config.task.gait.frequency_hz
    up = t.upright[:, t.of("clip")].cumprod(axis=0).sum(axis=0) * t.env.control_period_s
    if len(up):
        yield Measured("median over clips", float(np.median(up)), at_least=0.5 * stride_s)


@examination(
    "task", "exact", unit="m/s or rad/s",
    why="a reward for style draws the robot to the clip's speed and one for the command to the command's: they must be "
    "the same within 5 %, and within 5 % of a slow walk below that",
    source="wildrobot/motion/authoring/acceptance.py",
    try_next="Make the clip again (make motions), or correct the command that it claims.",
)  # fmt: skip
def clip_speed(m: Motions) -> Iterator[Measured]:
    """Does each clip move as fast as it claims?"""
    for clip in m.clips:
        for what, error, most in _speed_errors(clip):
            yield Measured(f"{clip.name}: {what}", error, at_most=most)


@examination(
    "task", "exact", unit="of the action's range",
    why="targets that a walk needs and that lie beyond home +- scale cannot be asked for; a twentieth of the "
    "time is left "
    "for peaks",
    source="wildrobot/task/action.py: target = home + scale x action",
    try_next="Raise env.task.action.scale_rad of this joint.",
)  # fmt: skip
def action_reach(m: Motions, t: Trials) -> Iterator[Measured]:
    """Can the actions reach the joint targets that a walk needs?"""
    mapping = t.env.action_map
    if not m.trusted:
        return
    needed = np.concatenate([np.abs(clip.targets_rad - mapping.home_rad) for clip in m.trusted])
    share = np.quantile(needed, 0.95, axis=0) / mapping.scale_rad
    for joint in np.argsort(-share)[:3]:
        yield Measured(t.env.robot.joint_names[joint], float(share[joint]), at_most=1.0)


def _speed_errors(clip: ClipFacts) -> Iterator[tuple[str, float, float]]:
    """How far a clip is from the velocity that it claims, and how far it may be: on the ground, about the vertical."""
    error, claimed = np.abs(clip.moved - clip.command), clip.command
    yield "speed", float(np.hypot(*error[:2])), SPEED_SHARE * max(float(np.hypot(*claimed[:2])), SLOW_M_PER_S)
    yield "turn", float(error[2]), SPEED_SHARE * max(abs(float(claimed[2])), SLOW_RAD_PER_S)
