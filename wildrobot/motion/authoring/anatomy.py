"""From where the joints of a foreign skeleton are to a human: what is up, what is a metre, and how the body is turned.

A joint's own axes are no help: one program lays them along the bones, another along the world, and what a skeleton
looks like with all angles zero is the program's choice too. Where hips and shoulders are is the same for all of them.
Of a joint's own axes only how they turn from frame to frame is used.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from wildrobot.errors import UsageError

UNITS_M = {"m": 1.0, "cm": 0.01, "mm": 0.001, "inch": 0.0254, "foot": 0.3048, "cmu": 0.0254 / 0.45}
"""Name -> metres; `cmu` is that of Carnegie Mellon's recordings, 1 / 0.45 inch."""
_LEG_M, _SAID_LEG_M = (0.5, 1.1), (0.3, 1.3)
"""From hip to knee to ankle: bounds that no leg keeps in two units, and those for a unit that somebody says."""
UPS = ("x", "y", "z", "-x", "-y", "-z")
_UPRIGHT, _SURELY_UPRIGHT = 0.5, 0.8
"""Cosines of the body's mean lean: more than 60 degrees is no walk; within 37 it is plain which axis is up."""
_BONES = tuple(
    (f"{side}_{upper}", f"{side}_{lower}")
    for side in ("left", "right")
    for upper, lower in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))
)
_STIFF, _ALIKE, _SHORTEST = 0.1, 0.25, 0.25
"""How much a bone's length may change, and left and right differ; how short a bone may be beside its neighbour."""

Places = Mapping[str, Float[np.ndarray, "T 3"]]


def require_a_body(source: str, places: Places) -> None:
    """Checks that bones are of one length, the same on both sides, and that hips and shoulders have a width.

    Raises:
      UsageError: naming the bone that fails.
    """
    lengths = {}
    for upper, lower in _BONES:
        course = np.linalg.norm(places[upper] - places[lower], axis=1)
        length = lengths[upper] = float(np.median(course))
        if length <= 0 or np.quantile(np.abs(course - length), 0.9) > _STIFF * length:
            raise UsageError(
                f"{source}: {upper.replace('_', ' ')} and {lower.replace('_', ' ')} are from {course.min():.3g} to "
                f"{course.max():.3g} units apart, and a bone has one length; export joint angles, or say another joint "
                f"with --name {lower}=JOINT"
            )
    for upper, lower in _BONES[:4]:
        if abs(lengths[upper] - lengths[upper.replace("left", "right")]) > _ALIKE * lengths[upper]:
            raise UsageError(
                f"{source}: from {upper[5:]} to {lower[5:]} it is {lengths[upper]:.3g} units on the left and "
                f"{lengths[upper.replace('left', 'right')]:.3g} on the right; say other joints with --name"
            )
    for first, second in (("hip", "knee"), ("shoulder", "elbow")):
        pair = lengths[f"left_{first}"], lengths[f"left_{second}"]
        if min(pair) < _SHORTEST * max(pair):
            raise UsageError(
                f"{source}: the bone below its {first} measures {pair[0]:.3g} units, that below its {second} "
                f"{pair[1]:.3g}; say other joints with --name left_{second}=JOINT"
            )
    leg = lengths["left_hip"] + lengths["left_knee"]
    for part in ("hip", "shoulder"):
        width = float(np.median(np.linalg.norm(places[f"left_{part}"] - places[f"right_{part}"], axis=1)))
        if width < 0.05 * leg:
            raise UsageError(
                f"{source}: its left and right {part} are at one place, so that nothing says where it faces; "
                f"say other joints with --name left_{part}=JOINT"
            )


def up_axis(source: str, places: Places, up: str | None) -> str:
    """Which axis of the file is up: the one that was said, else the one along which the body stands.

    Raises:
      UsageError: if the body does not stand along it, or along none.
    """
    if up is not None and up not in UPS:
        raise UsageError(f"--up is one of {', '.join(UPS)}, not {up[:40]}")

    def middle(part: str) -> Float[np.ndarray, "T 3"]:
        return 0.5 * (places[f"left_{part}"] + places[f"right_{part}"])

    body = middle("shoulder") - middle("ankle")
    body = (body / np.maximum(np.linalg.norm(body, axis=1, keepdims=True), 1e-12)).mean(axis=0)
    seen = UPS[int(np.argmax(np.append(body, -body)))]
    if up is None and np.abs(body).max() < _SURELY_UPRIGHT:
        raise UsageError(
            f"{source}: the body stands along no axis (from feet to shoulders {np.round(body, 2).tolist()}); "
            "give somebody who walks upright, or say which axis is up with --up"
        )
    if up is not None and np.append(body, -body)[UPS.index(up)] < _UPRIGHT:
        raise UsageError(f"{source}: the body stands along {seen}, not along {up}; leave out --up, or say --up={seen}")
    return up or seen


def to_z_up(up: str) -> Float[np.ndarray, "3 3"]:
    """The rotation of a file's axes into z up; of y up, which is usual, also from facing z into facing x."""
    vertical = "xyz".index(up[-1])
    basis = np.roll(np.eye(3), vertical + 1, axis=1)
    return basis if up[0] != "-" else np.diag([1.0, -1.0, -1.0]) @ basis


def metres_per_unit(source: str, places: Places, said: str | float | None) -> float:
    """The file's unit: what was said, else the one in which the legs are as long as a human's.

    Args:
      source: the file, for messages.
      places: in the file's unit.
      said: a name of `UNITS_M`, or metres.

    Raises:
      UsageError: if it is no unit, or the legs are not a human's in it.
    """
    leg = float(
        np.median(
            np.linalg.norm(places["left_hip"] - places["left_knee"], axis=1)
            + np.linalg.norm(places["left_knee"] - places["left_ankle"], axis=1)
        )
    )
    if said is None:
        for metres in UNITS_M.values():
            if _LEG_M[0] <= leg * metres <= _LEG_M[1]:
                return metres
        raise UsageError(
            f"{source}: its legs measure {leg:.3g} units, which are a human's in none of {', '.join(UNITS_M)}; "
            "say how many metres a unit is with --unit"
        )
    try:
        metres = UNITS_M[said] if said in UNITS_M else float(said)
    except ValueError:
        metres = np.nan
    if not (0 < metres < np.inf):
        raise UsageError(f"a unit is one of {', '.join(UNITS_M)} or a positive number of metres, not {str(said)[:40]}")
    shortest, longest = _SAID_LEG_M
    if not shortest <= leg * metres <= longest:
        raise UsageError(
            f"{source}: with {metres:g} m per unit its legs are {leg * metres:.3g} m long, and a human's "
            f"{shortest} to {longest} m; leave out --unit, or say the file's: {', '.join(UNITS_M)} or metres"
        )
    return metres


def facing(across: Float[np.ndarray, "T 3"], own: Float[np.ndarray, "T 3 3"]) -> Float[np.ndarray, "T 3 3"]:
    """How a part of the body is turned: columns forward, left and up, upright on average.

    Args:
      across: from its right to its left joint, z up.
      own: how the axes of the joint that carries both are turned, z up, whatever they are.
    """
    left = across / np.linalg.norm(across, axis=1, keepdims=True)
    # What is up, as the joint's own axes see it, is fixed in the body: its mean, carried along.
    upward = np.einsum("tij,j->ti", own, own[:, 2, :].mean(axis=0))
    upward -= left * (upward * left).sum(axis=1, keepdims=True)
    upward /= np.maximum(np.linalg.norm(upward, axis=1, keepdims=True), 1e-12)
    return np.stack([np.cross(left, upward), left, upward], axis=-1)
