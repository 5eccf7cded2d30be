"""What can be seen of the robot at one moment, and of the last seconds."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from wildrobot.play.controls import Command

WINDOW_S = 10.0
"""Time that the plots show."""


@dataclass(frozen=True)
class Snapshot:
    """The robot after a control step.

    Attributes:
      steps: control steps since the session began, also through resets.
      time_s: simulated time since the last reset.
      qpos: base position [m], base quaternion wxyz, joint angles [rad].
      down: direction of gravity, world frame; the floor is z = 0 and gravity leans where it is tilted.
      heading_rad: of the robot.
      command: what it is asked to do.
      velocity: what it does, low-passed; as the command.
      torque_share: torque of each joint as a share of its servo's limit, 0 to 1.
      foot_load_N: of the left and the right foot.
      push_N: force of the hand on it.
      fallen: whether it lies, or leans too far.
      note: what is to be said of it now; empty if nothing is.
    """

    steps: int
    time_s: float
    qpos: Float[np.ndarray, " nq"]
    down: Float[np.ndarray, " 3"]
    heading_rad: float
    command: Command
    velocity: Float[np.ndarray, " 3"]
    torque_share: Float[np.ndarray, " joints"]
    foot_load_N: Float[np.ndarray, " 2"]
    push_N: Float[np.ndarray, " 3"]
    fallen: bool
    note: str


CONTACT_N = 1.0
"""A foot with more load than this touches the floor."""


class Trace:
    """The last seconds of what is plotted. One thread writes, others read."""

    NAMES = ("time_s", "vx_asked", "vx", "vy_asked", "vy", "yaw_asked", "yaw", "torque_share", "left", "right")
    """The columns: simulated time since the session began, commands and velocities, the torque share of the joint that
    is nearest to its limit, and whether each foot touches the floor."""

    def __init__(self, period_s: float):
        self._period_s = period_s
        self._rows: deque[tuple[float, ...]] = deque(maxlen=round(WINDOW_S / period_s))

    def append(self, now: Snapshot) -> None:
        """Takes one more control step."""
        pairs = zip(now.command, now.velocity.tolist(), strict=True)
        tracked = [value for pair in pairs for value in pair]
        contacts = (now.foot_load_N > CONTACT_N).astype(float).tolist()
        largest = float(now.torque_share.max())
        self._rows.append((now.steps * self._period_s, *tracked, largest, *contacts))

    def columns(self) -> dict[str, Float[np.ndarray, " steps"]]:
        """Each of `NAMES`, oldest first."""
        rows = np.array(list(self._rows.copy())).reshape(-1, len(self.NAMES))
        return dict(zip(self.NAMES, rows.T, strict=True))
