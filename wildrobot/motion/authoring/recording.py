"""What a walk of a recorded human is made of: one cycle, its two swings, and how the body moves above them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import cast

import numpy as np
from jaxtyping import Float
from scipy.signal import butter, filtfilt

from wildrobot.errors import UsageError
from wildrobot.motion.authoring.cycle import CYCLE_S, SHORTEST_WAY, Cycle, best
from wildrobot.motion.authoring.human import Human, about, heading_rad

LOW_PASS_HZ = 6.0
_SAMPLES = 200
"""Samples of a cycle."""
_STRAIGHT_RAD = 0.2
"""Below this turn per cycle, treat as straight: two cycles of one walk differ by as much."""
_FORWARD = 0.5
"""Cosine between where a human faces and where they go: within 60 degrees is forward."""
_SLID = 0.2
"""How far the ankle of a standing foot may slide, as a share of the cycle's way: recorded walks have 0.05."""
_COPIES = 3
"""Cycles in a row that are filtered; the middle one is kept."""


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
    """Takes the best cycle of a recording.

    Raises:
      UsageError: if the human does not take exactly one step with each foot in a cycle, or does not walk forward.
    """
    cycle = best(human)
    if human.loop and not cycle.whole:
        human = dataclasses.replace(human, loop=False)
    first, second, last = cycle.first, cycle.second, cycle.last
    end = last - first
    times = first + end * np.linspace(0.0, 1.0, _SAMPLES)
    way = _at(human, human.places_m["pelvis"], [first, last])
    step = way[1, :2] - way[0, :2]
    chord = float(np.hypot(*step))
    _require_a_walk(human, cycle, step)
    ends = (0, -1) if human.loop else (round(first), round(last))
    before, after = heading_rad(human.turns["pelvis"])[list(ends)]
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


def _require_a_walk(human: Human, cycle: Cycle, step: Float[np.ndarray, " 2"]) -> None:
    """Checks how long a cycle lasts, how far it leads, and that it leads forward, over feet that stand."""
    duration_s = (cycle.last - cycle.first) * human.period_s
    chord = float(np.hypot(*step))
    if chord < SHORTEST_WAY * human.leg_length_m:
        raise UsageError(
            f"{human.name} comes only {chord:.2f} m forward in a cycle of {duration_s:.2f} s; "
            "give a recording of somebody walking, not exported in place, whose root and joints are in one unit"
        )
    if not CYCLE_S[0] <= duration_s <= CYCLE_S[1]:
        raise UsageError(
            f"{human.name} takes two steps in {duration_s:.2g} s, and a walk takes {CYCLE_S[0]} to {CYCLE_S[1]} s; "
            "give a plain walk, and a file whose frame time is right"
        )
    times = np.linspace(cycle.first, cycle.last, _SAMPLES)
    forward, left = (_at(human, human.turns["pelvis"][:, :, axis], times, turning=True).mean(axis=0) for axis in (0, 1))
    cosine = float(step @ forward[:2]) / chord
    if cosine < _FORWARD:
        if cosine < -_FORWARD and _knees_m(human) < 0:
            raise UsageError(
                f"{human.name} walks the way its knees bend, but with its left hip on the right: left and right are "
                "exchanged, or its axes are left-handed; exchange them with --name, and mirror a left-handed file"
            )
        way = "backward" if cosine < -_FORWARD else f"to its {'left' if step @ left[:2] > 0 else 'right'}"
        raise UsageError(f"{human.name} walks {way}; give a recording of somebody who walks forward")
    for side, begin, end in (("right", cycle.first, cycle.second), ("left", cycle.second, cycle.last)):
        slid = np.diff(_at(human, human.places_m[f"{side}_ankle"], [begin, end])[:, :2], axis=0)
        if np.linalg.norm(slid) > _SLID * chord:
            raise UsageError(
                f"{human.name} slides {np.linalg.norm(slid):.2f} m with its {side} foot while the other one swings, "
                f"in a cycle of {chord:.2f} m; give a plain walk whose root and joints are in one unit"
            )


def _knees_m(human: Human) -> float:
    """How far the knees are before the middle of hip and ankle, on average."""
    ahead = [
        human.places_m[f"{side}_knee"] - 0.5 * (human.places_m[f"{side}_hip"] + human.places_m[f"{side}_ankle"])
        for side in ("left", "right")
    ]
    return float((np.mean(ahead, axis=0) * human.turns["pelvis"][:, :, 0]).sum(axis=1).mean())


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
    if not human.lean_known:
        pelvis, chest = _upright(pelvis), _upright(chest)
    waist = heading_rad(np.swapaxes(pelvis, 1, 2) @ chest)
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


def _upright(turns: Float[np.ndarray, "S 3 3"]) -> Float[np.ndarray, "S 3 3"]:
    """Pitched by one angle, so that up is upward on average."""
    forward, _, upward = turns[:, 2].mean(axis=0)
    return turns @ about(1, np.arctan2(forward, upward))
