"""A recorded human walk, made into one that the robot can do.

The human gives the rhythm, how the feet swing, the arms, the waist and the nodding of the body; the robot gives what it
cannot do without: soles flat on the floor, steps no longer than its legs, the zero moment point inside of them, and
the lean over the standing foot that its hip servos need (`footsteps.leant`), where a human hip sinks the other way.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from wildrobot.errors import UsageError
from wildrobot.motion.authoring import footsteps
from wildrobot.motion.authoring.footsteps import Plan, Rhythm
from wildrobot.motion.authoring.gait import Style
from wildrobot.motion.authoring.human import Human
from wildrobot.motion.authoring.realise import Carriage, realise
from wildrobot.motion.authoring.recording import Recording, analysed
from wildrobot.motion.clip import Clip, of_motion
from wildrobot.motion.derivatives import PERIOD_S
from wildrobot.robot import Robot

LEG_LENGTH_M = 0.411
"""From the hip to the ankle's height above the sole, as that of a human is counted: 0.494 of DeepMimic's humanoid."""


RHYTHM = Rhythm(width_m=0.122, lift_m=0.02, inset_m=-0.018, roll_share=0.9, lean_skew=0.25)
STYLE = Style(com_height_m=0.310, lean_rad=0.21, rise_m=0.007)

_ARMS_RAD = {"shoulder_pitch": 0.29, "shoulder_roll": 0.12, "elbow_pitch": 0.28}
"""Bounds of the human's arms, which would else leave the reach of the policy's actions in `configs/walk.yaml`: what no
policy can do, a discriminator would hold against every one."""


@dataclass(frozen=True)
class Settings:
    """How a recording becomes a walk of the robot.

    Attributes:
      time_scale: how many times slower than the human.
      stride: share of the human's stride, scaled by the length of the legs, that the robot takes.
      swing: share of the human's course of the swinging feet; the rest is the smoothest one, which takes least torque.
      arms: share of the human's swing of the arms.
      rhythm: of the steps; how long one lasts is the human's, both of a cycle alike.
      style: how the body is carried; elbows and arms are the human's.
    """

    time_scale: float = 1.0
    stride: float = 0.4
    swing: float = 0.4
    arms: float = 0.5
    rhythm: Rhythm = RHYTHM
    style: Style = STYLE

    def __post_init__(self) -> None:
        if not (self.time_scale > 0 and self.stride > 0):
            raise UsageError("time scale and stride must be positive; 1 and 0.4 are a good start")
        if not (0 <= self.swing <= 1 and 0 <= self.arms <= 1):
            raise UsageError("the shares of the human's swing and arms must be from 0 to 1; 0.4 is a good start")


def retarget(name: str, human: Human, robot: Robot, settings: Settings) -> Clip:
    """Makes a loop of one cycle; whether the robot can do it is for `acceptance` to say.

    Raises:
      UsageError: if the recording holds no cycle of a walk.
    """
    recording = analysed(human)
    scale = LEG_LENGTH_M / human.leg_length_m
    frames = max(8, round(0.5 * recording.duration_s * settings.time_scale / PERIOD_S))
    duration_s = 2 * frames * PERIOD_S
    turn = recording.turn_rad * settings.stride
    # The chord of an arc is shorter than the arc by sin(a / 2) / (a / 2).
    arc_m = recording.chord_m * scale * settings.stride / float(np.sinc(turn / (2 * np.pi)))
    command = (arc_m / duration_s, 0.0, turn / duration_s)
    rhythm = dataclasses.replace(settings.rhythm, step_frames=frames)
    plan = _swung_as(footsteps.cycle(command, rhythm), recording, rhythm, settings.swing)
    qpos = realise(robot, plan, _carriage(robot, plan, recording, settings), settings.style.filter_rounds)
    known = dataclasses.asdict(dataclasses.replace(settings, rhythm=rhythm))
    provenance = {"source": human.source, "licence": human.licence, "settings": {"leg_scale": scale} | known}
    return of_motion(name, robot, qpos, plan.contacts, True, command, plan.steady, provenance)


def _swung_as(plan: Plan, recording: Recording, rhythm: Rhythm, share: float) -> Plan:
    """The plan, its feet swinging as the human's do, to a share."""
    feet, height = plan.feet.copy(), plan.foot_height_m.copy()
    for foot in (0, 1):
        first = foot * rhythm.step_frames + rhythm.double_frames
        last = (foot + 1) * rhythm.step_frames
        done = np.linspace(0.0, 1.0, last - first + 1)
        times = np.linspace(0.0, 1.0, recording.progress.shape[1])
        gone = np.interp(done, times, recording.progress[foot])
        here, there = plan.feet[first, foot, :2], plan.feet[last, foot, :2]
        human = here + gone[:, None] * (there - here)
        swing = slice(first, last + 1)
        feet[swing, foot, :2] += share * (human - plan.feet[swing, foot, :2])
        lifted = rhythm.lift_m * np.interp(done, times, recording.height[foot])
        height[swing, foot] += share * (lifted - plan.foot_height_m[swing, foot])
    return dataclasses.replace(plan, feet=feet, foot_height_m=height)


def _carriage(robot: Robot, plan: Plan, recording: Recording, settings: Settings) -> Carriage:
    """Arms, waist and nodding are the human's; the lean over the standing foot is the robot's own."""
    frames = len(plan.body)
    # The human's cycle begins where the left foot begins to be the faster one: in the middle of a double support.
    delay = settings.rhythm.double_frames / 2 / (frames - 1)
    shares = (np.linspace(0.0, 1.0, frames) - delay) % 1.0
    joints = np.tile(robot.home_targets_rad, (frames, 1))

    def course(name: str, share: float = 1.0) -> Float[np.ndarray, " T"]:
        values = recording.angles_rad[name]
        smaller = values.mean() + share * (values - values.mean())
        return np.interp(shares, np.linspace(0.0, 1.0, len(values)), smaller)

    for index, joint in enumerate(robot.joint_names):
        if joint in recording.angles_rad:
            joints[:, index] = np.clip(
                _softened(robot.joint_kinds[index], course(joint, settings.arms)), *robot.joint_range_rad[index]
            )
    style = settings.style
    return Carriage(
        joints_rad=joints,
        roll_rad=-style.lean_rad * plan.lean,
        pitch_rad=course("base_pitch"),
        com_height_m=style.com_height_m + style.rise_m * plan.rise,
    )


def _softened(kind: str, angles_rad: Float[np.ndarray, " T"]) -> Float[np.ndarray, " T"]:
    """Angles drawn smoothly within the bounds of `_ARMS_RAD`."""
    bound = _ARMS_RAD.get(kind)
    return angles_rad if bound is None else bound * np.tanh(angles_rad / bound)
