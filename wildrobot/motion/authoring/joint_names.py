"""Which joint of a foreign skeleton is which part of a body: by the words of its name, and by what carries what.

A name is cut into words (`Bip01 L Thigh`, `mixamorig:LeftUpLeg`, `UpperLeg_L`, `lThighBend`). It says a side, and ends
with a word for the part; what stands before is the program's own. Words differ in what they mean: a `LeftShoulder` is a
collar bone for some programs and the upper arm for others. So of all readings in which hip, knee and ankle follow each
other in the skeleton, the one with the most definite words is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, product

from wildrobot.errors import UsageError
from wildrobot.motion.authoring.bvh_file import Joint
from wildrobot.motion.authoring.human import PARTS

_WORDS: dict[str, tuple[str, ...]] = {
    "hip": ("upleg", "upperleg", "legupper", "thigh", "femur", "hip", "leg"),
    "knee": ("knee", "lowerleg", "lowleg", "leglower", "shin", "calf", "tibia", "leg"),
    "ankle": ("ankle", "foot", "talus"),
    "shoulder": ("upperarm", "uparm", "armupper", "uarm", "humerus", "shldr", "arm", "shoulder"),
    "elbow": ("elbow", "forearm", "lowerarm", "lowarm", "armlower", "farm", "radius", "ulna"),
    "wrist": ("wrist", "hand"),
}
"""What programs call the parts of one side, the most definite word first."""
_CHAINS = (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))
_SIDES = {"left": ("left", "lft", "l"), "right": ("right", "rgt", "r")}
_IDLE = ("joint", "jnt", "jt", "bone", "bnd", "bend", "skin")
"""Words at the end of a name that say nothing."""
_MOST = 12
"""Joints that are tried for one part."""
_SHOWN = 240
"""Characters of a list of names in a message."""


def parts(source: str, joints: Sequence[Joint], names: Mapping[str, str]) -> dict[str, int]:
    """The joint of each part.

    The pelvis is the joint that carries both legs, the chest the one that carries both arms, whatever they are called.

    Args:
      source: the file, for messages.
      joints: of the skeleton.
      names: part -> the name of its joint, for what its words do not say.

    Raises:
      UsageError: if a part has no joint, or the joints found do not make a body.
    """
    given = {part: _given(source, joints, part, name) for part, name in names.items()}
    read = [_read(joint.name) for joint in joints]
    found: dict[str, int] = {}
    missing: list[str] = []
    for side, chain in product(_SIDES, _CHAINS):
        choices = [_candidates(joints, read, side, part, given) for part in chain]
        if not choices[2]:
            choices[2] = {index: 0 for joint in choices[1] if (index := _tip(joints, joint)) is not None}
        if len(choices[0]) == 1 and choices[0].keys() == choices[1].keys():
            choices[0] = {}  # one Leg is a shin, one Arm a forearm: nothing can carry itself
        lacking = [f"{side}_{part}" for part, choice in zip(chain, choices, strict=True) if not choice]
        missing += lacking
        if lacking:
            continue
        rows = [row for row in product(*choices) if all(_carries(joints, *pair) for pair in pairwise(row))]
        if not rows:
            seen = ", ".join(
                f"{part} {joints[next(iter(choice))].name!r}" for part, choice in zip(chain, choices, strict=True)
            )
            raise UsageError(
                f"{source}: no {' that carries a '.join(f'{side} {part}' for part in chain)} (found: {seen}); "
                f"say which joints they are with --name {side}_{chain[0]}=JOINT"
            )
        best = min(rows, key=lambda row: sum(choice[index] for choice, index in zip(choices, row, strict=True)))
        found |= {f"{side}_{part}": index for part, index in zip(chain, best, strict=True)}
    if missing:
        part = missing[0]
        words = _WORDS[part.split("_")[1]]
        more = f" (nor for {_short(missing[1:])})" if missing[1:] else ""
        raise UsageError(
            f"{source} has no joint for the {part.replace('_', ' ')}{more}: looked for {part.split('_')[0]} with "
            f"one of {', '.join(words)}; say which it is with --name {part}=JOINT; its joints are: {_listed(joints)}"
        )
    for part, limb in (("pelvis", "hip"), ("chest", "shoulder")):
        pair = [found[f"{side}_{limb}"] for side in _SIDES]
        common = [index for index in _line(joints, pair[0]) if index in _line(joints, pair[1])]
        if part in given:
            found[part] = given[part]
        elif common and common[0] not in pair:
            found[part] = common[0]
        else:
            raise UsageError(
                f"{source} has no joint that carries the left and the right {limb} (found: {joints[pair[0]].name!r} "
                f"and {joints[pair[1]].name!r}); say which joints they are with --name left_{limb}=JOINT"
            )
    return found


def _given(source: str, joints: Sequence[Joint], part: str, name: str) -> int:
    if part not in PARTS:
        raise UsageError(f"--name: there is no part {part[:40]!r}; the parts are: {', '.join(PARTS)}")
    for same in (str, lambda text: re.sub(r"\s+", " ", text).strip().lower()):
        for index, joint in enumerate(joints):
            if same(joint.name) == same(name):
                return index
    raise UsageError(f"{source} has no joint {name[:60]!r} for --name {part}; its joints are: {_listed(joints)}")


def _candidates(
    joints: Sequence[Joint], read: Sequence[tuple[str, str] | None], side: str, part: str, given: Mapping[str, int]
) -> dict[int, int]:
    """Joint -> how indefinite its word is."""
    if f"{side}_{part}" in given:
        return {given[f"{side}_{part}"]: 0}
    words = _WORDS[part]
    found = {
        index: words.index(said[1])
        for index, said in enumerate(read)
        if said is not None and said[0] == side and said[1] in words and not joints[index].end
    }
    return dict(sorted(found.items(), key=lambda item: item[1])[:_MOST])


_ALL = {word for words in _WORDS.values() for word in words}


def _read(name: str) -> tuple[str, str] | None:
    """The side and the word for a part that a name says, None if it says none."""
    plain = name.split(":")[-1]
    cut = re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+", plain)
    words = [word.lower() for word in cut]
    while words and words[-1] in _IDLE:
        words.pop()
    sides = {side for side, marks in _SIDES.items() if any(word in marks for word in words)}
    marks = [mark for marks in _SIDES.values() for mark in marks]
    rest = [word for word in words if word not in marks]
    for start in range(len(words)):
        # Longest first: a ForeArm is no Arm.
        if len(sides) == 1 and "".join(rest[start:]) in _ALL:
            return next(iter(sides)), "".join(rest[start:])
        if not sides and (said := _glued("".join(words[start:]))):
            return said
    return None


def _glued(text: str) -> tuple[str, str] | None:
    """The same as `_read` for a side and a word without a separator."""
    for side, marks in _SIDES.items():
        for mark in marks:
            if text.startswith(mark) and text[len(mark) :] in _ALL:
                return side, text[len(mark) :]
            if text.endswith(mark) and text[: -len(mark)] in _ALL:
                return side, text[: -len(mark)]
    return None


def _line(joints: Sequence[Joint], index: int) -> Iterator[int]:
    """A joint and what carries it, up to the root."""
    while index >= 0:
        yield index
        index = joints[index].parent


def _carries(joints: Sequence[Joint], above: int, below: int) -> bool:
    return above != below and above in _line(joints, below)


def _tip(joints: Sequence[Joint], index: int) -> int | None:
    """The end of a joint's only bone, where a skeleton has no joint at the wrist or ankle."""
    ends = [tip for tip, joint in enumerate(joints) if joint.parent == index]
    return ends[0] if len(ends) == 1 and joints[ends[0]].end and joints[ends[0]].offset.any() else None


def _listed(joints: Sequence[Joint]) -> str:
    return _short([joint.name[:40] for joint in joints if not joint.end])


def _short(names: Sequence[str]) -> str:
    """As many names as a message can hold."""
    shown: list[str] = []
    for name in names:
        if sum(map(len, shown)) + 2 * len(shown) + len(name) > _SHOWN:
            return f"{', '.join(shown)} and {len(names) - len(shown)} more"
        shown.append(name.replace("_", " ") if name in PARTS else name)
    return ", ".join(shown)
