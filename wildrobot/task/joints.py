"""Settings per kind of joint, the same on the left and on the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from wildrobot.errors import UsageError


def joint_kind(joint: str) -> str:
    """`left_hip_pitch` -> `hip_pitch`."""
    return joint.removeprefix("left_").removeprefix("right_")


def per_joint(joints: Sequence[str], by_kind: Mapping[str, float], field: str) -> np.ndarray:
    """Spreads a value per kind of joint over all joints, shape (len(joints),).

    Raises:
      UsageError: for a kind that the robot has not, or one that is missing.
    """
    kinds = [joint_kind(joint) for joint in joints]
    wrong = sorted(set(by_kind) ^ set(kinds))
    if wrong:
        raise UsageError(
            f"{field} needs exactly one value per kind of joint; missing or unknown: {', '.join(wrong)}; "
            f"the robot has: {', '.join(dict.fromkeys(kinds))}"
        )
    return np.array([by_kind[kind] for kind in kinds], np.float32)
