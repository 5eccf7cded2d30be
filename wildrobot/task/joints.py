"""Settings per kind of joint, the same on the left and on the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from wildrobot.errors import UsageError


def per_joint(kinds: Sequence[str], by_kind: Mapping[str, float], field: str) -> Float[np.ndarray, " joints"]:
    """Spreads a value per kind of joint over all joints, which are of these kinds (`Robot.joint_kinds`).

    Raises:
      UsageError: for a kind that the robot does not have, or one that is missing.
    """
    wrong = sorted(set(by_kind) ^ set(kinds))
    if wrong:
        raise UsageError(
            f"{field} needs exactly one value per kind of joint; missing or unknown: {', '.join(wrong)}; "
            f"the robot has: {', '.join(dict.fromkeys(kinds))}"
        )
    return np.array([by_kind[kind] for kind in kinds], np.float32)
