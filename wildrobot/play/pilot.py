"""A policy that holds its last sound action while an observation or its own output is unusable.

The same rule as the runtime of docs/deploy.md: a NaN from a sensor or from the network must not reach the servos.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from wildrobot.policy import Policy


class Pilot:
    """One policy that drives the robot.

    Attributes:
      policy: what acts.
      action: the last sound action in [-1, 1]; first 0, which is the home pose.
      unusable: the entries of the observation that are not finite now, `action` for the network's output; empty while
        all is well.
    """

    def __init__(self, policy: Policy, action: Float[np.ndarray, " joints"] | None = None):
        """Starts from an action that the robot holds already, or from home."""
        self.policy = policy
        self.action = np.zeros(policy.interface.action_size, np.float32) if action is None else action
        self.unusable: tuple[str, ...] = ()

    def act(self, observation: Float[np.ndarray, " obs"]) -> Float[np.ndarray, " joints"]:
        """The action to send now."""
        self.unusable = self._unusable_entries(observation)
        if not self.unusable:
            with np.errstate(over="ignore", invalid="ignore"):  # what that gives is looked at
                action = self.policy.apply(observation).astype(np.float32)
            if np.isfinite(action).all():
                self.action = action
            else:
                self.unusable = ("action",)
        return self.action

    def _unusable_entries(self, observation: Float[np.ndarray, " obs"]) -> tuple[str, ...]:
        if np.isfinite(observation).all():
            return ()
        layout = self.policy.interface.observation_layout
        ends = np.cumsum([size for _, size in layout])[:-1]
        parts = np.split(observation, ends)
        return tuple(name for (name, _), part in zip(layout, parts, strict=True) if not np.isfinite(part).all())
