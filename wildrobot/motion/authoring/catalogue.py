"""The walks that are shipped: which commands, and how the robot steps for each.

The settings were found by a search that made the torques small and the simulated robot follow; they are not tuned to
look alike, but differ little.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wildrobot.errors import UsageError
from wildrobot.motion.authoring import deepmimic, gait
from wildrobot.motion.authoring.footsteps import Command, Rhythm
from wildrobot.motion.authoring.gait import Style
from wildrobot.motion.authoring.retarget import Settings, retarget
from wildrobot.motion.clip import Clip, of_motion
from wildrobot.robot import Robot, load_robot

_FORWARD = Rhythm(step_frames=28, double_frames=4, width_m=0.132, lift_m=0.025, roll_share=0.5, lean_skew=0.15)
_ADVANCING = Style(com_height_m=0.3084, lean_rad=0.2, rise_m=0.0045)
_FAST = dataclasses.replace(
    _FORWARD,
    step_frames=27,
    double_frames=3,
    width_m=0.13,
    lift_m=0.02,
    inset_m=-0.0116,
    roll_share=0.855,
    lean_skew=0.0436,
)
_HURRYING = Style(com_height_m=0.3093, lean_rad=0.1973, rise_m=0.0071, arm_swing_rad_per_m=1.145)
_CURVED = dataclasses.replace(_FORWARD, lean_skew=0.05)
_BACKWARD = dataclasses.replace(_FORWARD, step_frames=27, lift_m=0.026, lean_skew=-0.1)
_RETREATING = Style(com_height_m=0.311, lean_rad=0.2, rise_m=0.0044)
_SIDEWAYS = Rhythm(step_frames=28, double_frames=4, width_m=0.144, lift_m=0.028, inset_m=-0.01, lean_skew=-0.18)
_ROCKING = Style(com_height_m=0.3096, lean_rad=0.2, rise_m=0.0052)


def _walk(command: Command, rhythm: Rhythm, style: Style) -> Callable[[str, Robot], Clip]:
    return lambda name, robot: gait.walk(name, robot, command, rhythm, style)


def _start_and_stop(command: Command, rhythm: Rhythm, style: Style) -> Callable[[str, Robot], Clip]:
    return lambda name, robot: gait.start_and_stop(name, robot, command, rhythm, style)


def _stand(name: str, robot: Robot) -> Clip:
    """The home pose, held for a second."""
    qpos = np.tile(robot.home_qpos, (51, 1))
    provenance = {"source": "the robot's keyframe `home`", "licence": "Apache-2.0", "settings": {}}
    return of_motion(name, robot, qpos, np.ones((51, 2), bool), True, (0.0, 0.0, 0.0), (0, 50), provenance)


CLIPS: dict[str, Callable[[str, Robot], Clip]] = {
    "stand": _stand,
    "step-in-place": _walk((0.0, 0.0, 0.0), _SIDEWAYS, _ROCKING),
    "forward-0.05": _walk((0.05, 0.0, 0.0), _FORWARD, _ADVANCING),
    "forward-0.10": _walk((0.10, 0.0, 0.0), _FORWARD, _ADVANCING),
    "forward-0.15": _walk((0.15, 0.0, 0.0), _FORWARD, _ADVANCING),
    "forward-0.20": _walk((0.20, 0.0, 0.0), _FORWARD, _ADVANCING),
    "forward-0.25": _walk((0.25, 0.0, 0.0), _FAST, _HURRYING),
    "forward-0.30": _walk((0.30, 0.0, 0.0), _FAST, _HURRYING),
    "backward-0.10": _walk((-0.10, 0.0, 0.0), _BACKWARD, _RETREATING),
    "backward-0.20": _walk((-0.20, 0.0, 0.0), _BACKWARD, _RETREATING),
    "left-0.06": _walk((0.0, 0.06, 0.0), _SIDEWAYS, _ROCKING),
    "right-0.06": _walk((0.0, -0.06, 0.0), _SIDEWAYS, _ROCKING),
    "turn-left-0.20": _walk((0.0, 0.0, 0.20), _SIDEWAYS, _ROCKING),
    "turn-right-0.20": _walk((0.0, 0.0, -0.20), _SIDEWAYS, _ROCKING),
    "curve-left-0.15-0.20": _walk((0.15, 0.0, 0.20), _CURVED, _ADVANCING),
    "curve-right-0.15-0.20": _walk((0.15, 0.0, -0.20), _CURVED, _ADVANCING),
    "start-stop-0.10": _start_and_stop((0.10, 0.0, 0.0), _FORWARD, _ADVANCING),
    "start-stop-0.20": _start_and_stop((0.20, 0.0, 0.0), _FORWARD, _ADVANCING),
}
"""Name -> what makes it, from nothing else. `acceptance` measures what a clip claims; only what passes is written."""


@dataclass(frozen=True)
class Recorded:
    """A walk from the recordings that the `pybullet` wheel ships: which one, and how it is retargeted."""

    file: str
    stride: float
    mirrored: bool = False


RECORDED: dict[str, Recorded] = {
    "human-walk-0.10": Recorded("humanoid3d_walk.txt", 0.2),
    "human-walk-0.19": Recorded("humanoid3d_walk.txt", 0.4),
    "human-walk-0.19-mirrored": Recorded("humanoid3d_walk.txt", 0.4, mirrored=True),
    "human-forward-0.19": Recorded("walker/0walk_forward.txt", 0.4),
    "human-forward-0.19-mirrored": Recorded("walker/0walk_forward.txt", 0.4, mirrored=True),
    "human-turn-left0": Recorded("walker/turn_left0.txt", 0.3),
    "human-turn-left0-mirrored": Recorded("walker/turn_left0.txt", 0.3, mirrored=True),
    "human-turn-right1": Recorded("walker/turn_right1.txt", 0.3),
    "human-turn-right1-mirrored": Recorded("walker/turn_right1.txt", 0.3, mirrored=True),
}
"""Name -> which recording it is made from."""


def make(name: str, recordings: Path | None) -> Clip:
    """Computes a clip of `CLIPS` or `RECORDED`.

    Args:
      name: of the clip.
      recordings: the folder of the recordings, which those of `RECORDED` need.

    Raises:
      UsageError: if a recording is missing.
    """
    robot = load_robot(collision="feet")
    if name in CLIPS:
        return CLIPS[name](name, robot)
    recorded = RECORDED[name]
    if recordings is None:
        raise UsageError(
            f"{name} needs the recordings of pybullet_data; {deepmimic.where()}, or say --recordings FOLDER"
        )
    human = deepmimic.load(recordings / recorded.file)
    human = human.mirrored() if recorded.mirrored else human
    return retarget(name, human, robot, Settings(stride=recorded.stride))
