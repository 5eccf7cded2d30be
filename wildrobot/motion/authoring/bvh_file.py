"""The BVH format: text into a skeleton and the channels of its joints, and from these to where the joints are.

Programs write it differently: blanks in names, any case, one line or many, a byte order mark, decimal commas. All of
that is read; what cannot be understood is a `ValueError` that says what is wrong.
"""

from __future__ import annotations

import codecs
import dataclasses
import re
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from wildrobot.motion.authoring.human import about

_CHANNEL = re.compile(r"[xyz](position|rotation)")
_MOTION = re.compile(r"\}\s*MOTION\b", re.IGNORECASE)
_FRAMES = re.compile(r"\bframes\s*:?\s*(\d+)", re.IGNORECASE)
_FRAME_TIME = re.compile(r"\bframe\s*time\s*:?\s*(\S+)", re.IGNORECASE)
_HEADER = 200
"""Characters in which a motion says its frames and their time."""
_NO_NAME = ("{", "}", "OFFSET", "CHANNELS")
"""Words that end the name of a joint."""
_LARGEST = 1e9
"""Largest number accepted: no length in any unit, and no angle, is larger."""
_SLOWEST_S = 0.2
"""Longest time between frames; with fewer than 5 frames a second, no step can be seen."""
_SMALLEST_DEG = 6.4
"""Nobody walks with less: all angles below a full turn in radians are radians."""


@dataclass(frozen=True)
class Joint:
    """One joint of a skeleton, or the end of a bone.

    Attributes:
      name: as in the file, with its blanks.
      parent: its index, -1 for a root.
      offset: place in the parent, in the file's unit.
      channels: such as `zrotation`, in the order of their columns.
      end: whether it is an `End Site`.
    """

    name: str
    parent: int
    offset: Float[np.ndarray, " 3"]
    channels: tuple[str, ...]
    end: bool


@dataclass(frozen=True)
class Motion:
    """What a file holds: joints, parents before children, and a row of channels [unit or degrees] for each frame."""

    joints: tuple[Joint, ...]
    period_s: float
    frames: Float[np.ndarray, "T channels"]

    def problem(self) -> str | None:
        """What says that the numbers are not in the format's units; None if nothing does."""
        if self.period_s > _SLOWEST_S:
            return (
                f"its frames are {self.period_s:g} s apart, and a walk needs 5 in a second; `Frame Time` is in seconds"
            )
        channels = [(joint.parent, name) for joint in self.joints for name in joint.channels]
        turned = self.frames[:, [name.endswith("rotation") for _, name in channels]]
        moved = self.frames[:, [name.endswith("position") and parent >= 0 for parent, name in channels]]
        if np.ptp(moved, axis=0).any() and not np.ptp(turned, axis=0).any():
            return "its joints move without turning; export rotations of the joints, not their positions alone"
        largest = float(np.abs(turned).max(initial=0.0))
        if 0 < largest < _SMALLEST_DEG:
            return (
                f"no angle in it is larger than {largest:.2g}; angles must be in degrees, and these look like radians"
            )
        return None


def parse(data: bytes) -> Motion:
    """Reads the bytes of a file.

    Raises:
      ValueError: if they are no BVH motion.
    """
    # A comma is a decimal point if the file has no other; else it stands between numbers.
    text = _decoded(data)
    text = re.sub(r"(?<=[\d.]),", " " if re.search(r"\.\d", text) else ".", text)
    if not re.match(r"\s*HIERARCHY\b", text, re.IGNORECASE):
        raise ValueError("it does not begin with HIERARCHY")
    split = _MOTION.search(text)
    if split is None:
        raise ValueError("its hierarchy does not end with } and MOTION")
    joints = _hierarchy(re.sub(r"([{}])", r" \1 ", text[: split.start() + 1]).split()[1:])
    return Motion(joints, *_motion(text[split.end() :], sum(len(joint.channels) for joint in joints)))


def _decoded(data: bytes) -> str:
    """UTF-8 with or without a mark, UTF-16 with one, or the bytes as Latin-1, which takes them all."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _hierarchy(words: list[str]) -> tuple[Joint, ...]:
    joints: list[Joint] = []
    stack: list[int] = []
    at = 0
    while at < len(words):
        word = words[at].upper()
        if word in ("OFFSET", "CHANNELS") and not stack:
            raise ValueError(f"{word} stands outside of a joint")
        if word in ("ROOT", "JOINT", "END"):
            opening = next((i for i in range(at, len(words)) if words[i].upper() in _NO_NAME), at)
            if words[opening] != "{":
                raise ValueError(f"a {{ is missing after {' '.join(words[at : at + 2])}")
            name = " ".join(words[at + 1 : opening])
            joints.append(Joint(name, stack[-1] if stack else -1, np.zeros(3), (), word == "END"))
            stack.append(len(joints) - 1)
            at = opening + 1
        elif word == "}":
            if not stack:
                raise ValueError("it closes more joints than it opens")
            stack.pop()
            at += 1
        elif word == "OFFSET":
            offset = np.array([float(value) for value in words[at + 1 : at + 4]])
            if offset.shape != (3,) or not (np.abs(offset) <= _LARGEST).all():
                raise ValueError(f"an OFFSET is not three numbers up to {_LARGEST:g}")
            joints[stack[-1]] = dataclasses.replace(joints[stack[-1]], offset=offset)
            at += 4
        elif word == "CHANNELS":
            count = int(words[at + 1])
            channels = tuple(name.lower() for name in words[at + 2 : at + 2 + max(count, 0)])
            unknown = sorted({name for name in channels if not _CHANNEL.fullmatch(name)})
            if unknown:
                raise ValueError(f"unknown channels {', '.join(unknown)}")
            if len(channels) != count:
                raise ValueError(f"a joint with {count} channels")
            joints[stack[-1]] = dataclasses.replace(joints[stack[-1]], channels=channels)
            at += 2 + count
        else:
            raise ValueError(f"unexpected {words[at]!r} in its hierarchy")
    if stack:
        raise ValueError("it opens more joints than it closes")
    return tuple(joints)


def _motion(text: str, width: int) -> tuple[float, Float[np.ndarray, "T channels"]]:
    header = text[:_HEADER]
    count, period = _FRAMES.search(header), _FRAME_TIME.search(header)
    if count is None or period is None:
        raise ValueError("its motion does not begin with `Frames: N` and `Frame Time: s`")
    period_s = float(period[1])
    values = np.array(text[max(count.end(), period.end()) :].split(), np.float64)
    if values.size != int(count[1]) * width or values.size < 3 * max(width, 1):
        raise ValueError(f"it announces {count[1]} frames of {width} numbers, and has {values.size}; 3 are the fewest")
    sound = (np.abs(values) <= _LARGEST).reshape(-1, width).all(axis=1)
    if not sound.all():
        raise ValueError(f"its frame {np.argmin(sound) + 1} has a number that is not finite, or beyond {_LARGEST:g}")
    if not (0 < period_s < np.inf):
        raise ValueError(f"its frame time is {period[1]}")
    return period_s, values.reshape(-1, width)


def pose(motion: Motion) -> tuple[list[Float[np.ndarray, "T 3"]], list[Float[np.ndarray, "T 3 3"]]]:
    """Where each joint is, in the file's unit and axes, and how its own axes are turned."""
    places: list[np.ndarray] = []
    turns: list[np.ndarray] = []
    column, count = 0, len(motion.frames)
    for joint in motion.joints:
        values = motion.frames[:, column : column + len(joint.channels)]
        column += len(joint.channels)
        shift, own = np.tile(joint.offset, (count, 1)), np.tile(np.eye(3), (count, 1, 1))
        moved = [index for index, name in enumerate(joint.channels) if name.endswith("position")]
        axes = ["xyz".index(joint.channels[index][0]) for index in moved]
        # Most programs write the whole place in the parent, some what is added to the offset, which is then near zero.
        added = (
            joint.parent >= 0 and np.abs(values[:, moved] - joint.offset[axes]).sum() > np.abs(values[:, moved]).sum()
        )
        shift[:, axes] = values[:, moved] + (joint.offset[axes] if added else 0.0)
        for index, name in enumerate(joint.channels):
            if index not in moved:
                own = own @ about("xyz".index(name[0]), np.radians(values[:, index]))
        if joint.parent < 0:
            places.append(shift)
            turns.append(own)
        else:
            places.append(places[joint.parent] + np.einsum("tij,tj->ti", turns[joint.parent], shift))
            turns.append(turns[joint.parent] @ own)
    return places, turns
