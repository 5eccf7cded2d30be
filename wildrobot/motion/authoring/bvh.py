"""Human motions from BVH files, whatever program wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from wildrobot.errors import UsageError, shortened
from wildrobot.motion.authoring import anatomy, bvh_file, joint_names
from wildrobot.motion.authoring.human import Human
from wildrobot.motion.authoring.seam import repeated

_NO_NAMES: Mapping[str, str] = {}


def load(
    path: Path,
    *,
    names: Mapping[str, str] = _NO_NAMES,
    up: str | None = None,
    unit: str | float | None = None,
    loop: bool = False,
) -> Human:
    """Reads a motion. What a file does not say is seen from the body: which axis is up, and what a unit is.

    Args:
      path: the file.
      names: part (of `human.PARTS`) -> the name of its joint in the file, for names that are not understood.
      up: the axis that is up, one of `anatomy.UPS`.
      unit: of lengths, one of `anatomy.UNITS_M`, or metres.
      loop: whether the motion is one seamless cycle.

    Raises:
      UsageError: if the file is missing or malformed, its skeleton is not that of a human, or what was said of it is
        not so.
    """
    if not path.is_file():
        raise UsageError(f"the motion {path} does not exist; give a .bvh file")
    try:
        motion = bvh_file.parse(path.read_bytes())
    except (OSError, ValueError, IndexError) as error:
        raise UsageError(
            f"{path} is not a BVH motion ({shortened(str(error), 160)}); take another file, or export it again"
        ) from None
    source = path.name
    chosen = joint_names.parts(source, motion.joints, names)
    if problem := motion.problem():
        raise UsageError(f"{source}: {problem}")
    places, turns = bvh_file.pose(motion)
    parts = {part: places[index] for part, index in chosen.items()}
    # The middle of the hips, wherever a program puts the joint that carries them.
    parts["pelvis"] = 0.5 * (parts["left_hip"] + parts["right_hip"])
    anatomy.require_a_body(source, parts)
    upward = anatomy.up_axis(source, parts, up)
    metres = anatomy.metres_per_unit(source, parts, unit)
    basis = anatomy.to_z_up(upward)
    parts = {part: metres * course @ basis.T for part, course in parts.items()}
    human = Human(
        name=path.stem,
        source=f"BVH motion {path.name}, {upward} up, {metres:.4g} m per unit",
        licence="as the file's",
        period_s=motion.period_s,
        places_m=parts,
        turns={
            part: anatomy.facing(parts[f"left_{limb}"] - parts[f"right_{limb}"], basis @ turns[chosen[part]])
            for part, limb in (("pelvis", "hip"), ("chest", "shoulder"))
        },
        loop=False,
        lean_known=False,
    )
    return repeated(human) if loop else human
