"""What a walk of a recorded human is made of: one cycle, its two swings, and how the body moves above them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from jaxtyping import Float
from scipy.signal import butter, filtfilt

from wildrobot.errors import UsageError
from wildrobot.motion.authoring.human import Human

LOW_PASS_HZ = 6.0
_SAMPLES = 200
"""Of a cycle."""
_STRAIGHT_RAD = 0.2
"""Below this turn per cycle, treat as straight: two cycles of one walk differ by as much."""
_COPIES = 3
"""Cycles in a row that are filtered, of which the middle one is kept."""


@dataclass(frozen=True)
class Recording:
    """One cycle of a walk from the moment when the left foot begins to swing; shares of it run from 0 to 1.

    Attributes:
      duration_s: of the cycle.
      second: share of it at which the right foot begins to swing.
      chord_m, turn_rad: how far it leads, and how much it turns.
      progress: how far each foot has come in its own swing, 0 to 1, at even times, shape (2, S).
      height: of each ankle in its swing, over the line from start to end, 1 at its highest, shape (2, S).
      angles_rad: name of a joint or of `base_roll`, `base_pitch` -> angle at even times of the cycle, shape (S,), as
        the robot counts it; of roll and pitch only what changes.
    """

    duration_s: float
    second: float
    chord_m: float
    turn_rad: float
    progress: Float[np.ndarray, "2 S"]
    height: Float[np.ndarray, "2 S"]
    angles_rad: dict[str, Float[np.ndarray, " S"]]


def analysed(human: Human) -> Recording:
    """Finds a cycle in a recording.

    Raises:
      UsageError: if the human does not take exactly one step with each foot in a cycle, or does not get anywhere.
    """
    first, second, last = _exchanges(human)
    end = last - first
    times = first + end * np.linspace(0.0, 1.0, _SAMPLES)
    way = _at(human, human.places_m["pelvis"], [first, last])
    step = way[1, :2] - way[0, :2]
    chord = float(np.hypot(*step))
    if chord < 0.3 * human.leg_length_m:
        raise UsageError(
            f"{human.name} comes only {chord:.2f} m forward in a cycle of {end * human.period_s:.2f} s; "
            "give a recording of somebody walking"
        )
    ends = (0, -1) if human.loop else (round(first), round(last))
    before, after = (_yaw(human.turns["pelvis"][frame]) for frame in ends)
    turn = float((after - before + np.pi) % (2 * np.pi) - np.pi)
    progress, height = [], []
    for side, (begin, finish) in (("left", (first, second)), ("right", (second, last))):
        ankle = _at(human, human.places_m[f"{side}_ankle"], np.linspace(begin, finish, _SAMPLES))
        across = ankle[-1, :2] - ankle[0, :2]
        progress.append(_settled((ankle[:, :2] - ankle[0, :2]) @ across / (across @ across), 1.0))
        lifted = _settled(ankle[:, 2] - ankle[0, 2], 0.0, last=ankle[-1, 2] - ankle[0, 2])
        if lifted.max() < 0.02 * human.leg_length_m:
            raise UsageError(f"{human.name} does not lift its {side} foot over the other one; give a plain walk")
        height.append(np.maximum(lifted, 0.0) / lifted.max())
    return Recording(
        duration_s=end * human.period_s,
        second=(second - first) / end,
        chord_m=chord,
        turn_rad=turn if abs(turn) > _STRAIGHT_RAD else 0.0,
        progress=np.array(progress),
        height=np.array(height),
        angles_rad={name: _smoothed(values, end * human.period_s) for name, values in _angles(human, times).items()},
    )


def _exchanges(human: Human) -> tuple[float, float, float]:
    """Frames at which the left, the right, and again the left foot becomes the faster one."""
    speeds = []
    for side in ("left", "right"):
        place = human.places_m[f"{side}_ankle"][:, :2]
        between = np.linalg.norm(np.diff(place, axis=0), axis=1)
        # At the frames themselves; a loop has the same speed at both ends.
        ends = (between[-1], between[0]) if human.loop else (between[0], between[-1])
        speeds.append(0.5 * (np.concatenate([[ends[0]], between]) + np.concatenate([between, [ends[1]]])))
    faster = speeds[0] - speeds[1]
    count = len(faster) - 1
    if human.loop:
        faster = np.concatenate([faster[:-1], faster[:-1], faster])
    crossings = np.flatnonzero(np.diff(np.sign(faster)) != 0)
    exact = crossings + faster[crossings] / (faster[crossings] - faster[crossings + 1])
    rising = [i for i in range(len(exact) - 2) if faster[crossings[i]] < 0]
    if not rising or (human.loop and abs(exact[rising[0] + 2] - exact[rising[0]] - count) > 0.5):
        raise UsageError(
            f"{human.name} holds no cycle of one step with each foot; give a recording of a plain walk, "
            "a loop with exactly two steps, or a longer one"
        )
    first = rising[0]
    return float(exact[first]), float(exact[first + 1]), float(exact[first + 2])


def _at(
    human: Human, values: Float[np.ndarray, "T n"], frames: Float[np.ndarray, " N"] | list[float], turning: bool = False
) -> Float[np.ndarray, "N n"]:
    """Values between frames; beyond the end of a loop, those of its continuation (which is taken for straight)."""
    count = len(values) - 1
    frames = np.asarray(frames)
    rounds, within = np.divmod(frames, count) if human.loop else (np.zeros(len(frames)), frames)
    found = np.stack([np.interp(within, np.arange(count + 1), column) for column in values.T], axis=1)
    return found if turning else found + rounds[:, None] * (values[-1] - values[0]) * [1, 1, 0]


def _settled(values: Float[np.ndarray, " S"], end: float, last: float | None = None) -> Float[np.ndarray, " S"]:
    """A swing's course from 0 to `end`, changed by a cubic so that it begins and ends at rest."""
    share = np.linspace(0.0, 1.0, len(values))
    values = values - share * ((values[-1] if last is None else last) - end)
    begin, finish = (values[1] - values[0]) / share[1], (values[-1] - values[-2]) / share[1]
    return values - begin * (share - 2 * share**2 + share**3) - finish * (share**3 - share**2)


def _angles(human: Human, times: Float[np.ndarray, " S"]) -> dict[str, Float[np.ndarray, " S"]]:
    """What pelvis, waist and arms do, in the robot's angles."""
    pelvis, chest = (
        _at(human, human.turns[part].reshape(-1, 9), times, turning=True).reshape(-1, 3, 3)
        for part in ("pelvis", "chest")
    )
    waist = np.array([_yaw(low.T @ high) for low, high in zip(pelvis, chest, strict=True)])
    # Roll and pitch as the horizontal parts of the body's own axes, about a mean that is the human's, not the robot's.
    roll, pitch = pelvis[:, 2, 1], -pelvis[:, 2, 0]
    found = {
        "waist_yaw": -(waist - waist.mean()),
        "base_roll": roll - roll.mean(),
        "base_pitch": pitch - pitch.mean(),
    }
    for side, sign in (("left", 1.0), ("right", -1.0)):
        shoulder, elbow, wrist = (
            _at(human, human.places_m[f"{side}_{part}"], times) for part in ("shoulder", "elbow", "wrist")
        )
        upper = np.einsum("tji,tj->ti", chest, elbow - shoulder)
        fore = np.einsum("tji,tj->ti", chest, wrist - elbow)
        # The robot's shoulder pitch turns first: forward, counted positive on the left and negative on the right.
        found[f"{side}_shoulder_pitch"] = sign * np.arctan2(upper[:, 0], -upper[:, 2])
        outward = sign * np.arctan2(upper[:, 1], np.hypot(upper[:, 0], upper[:, 2]))
        found[f"{side}_shoulder_roll"] = -sign * outward
        cosine = (upper * fore).sum(axis=1) / np.linalg.norm(upper, axis=1) / np.linalg.norm(fore, axis=1)
        found[f"{side}_elbow_pitch"] = np.arccos(np.clip(cosine, -1.0, 1.0))
    return found


def _smoothed(values: Float[np.ndarray, " S"], duration_s: float) -> Float[np.ndarray, " S"]:
    """Closed to a loop and freed of what is faster than `LOW_PASS_HZ`, without delay."""
    closed = values - np.linspace(-0.5, 0.5, len(values)) * (values[-1] - values[0])
    rate_hz = (len(values) - 1) / duration_s
    above, below = cast("tuple[np.ndarray, np.ndarray]", butter(2, LOW_PASS_HZ / (rate_hz / 2)))
    long = np.concatenate([np.tile(closed[:-1], _COPIES), closed[-1:]])
    start = (_COPIES // 2) * (len(values) - 1)
    return filtfilt(above, below, long)[start : start + len(values)]


def _yaw(turn: Float[np.ndarray, "3 3"]) -> float:
    return float(np.arctan2(turn[1, 0], turn[0, 0]))
