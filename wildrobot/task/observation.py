"""The observations of one robot: entries of `entries.py` in a row, with noise, and what the actor saw before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from wildrobot.robot.mirror import SignedPermutation
from wildrobot.task.command import bounds
from wildrobot.task.config import TaskConfig
from wildrobot.task.entries import ACTOR, CRITIC, Entry, Limits, Moment
from wildrobot.task.mirror import RobotMirror, joined, of_kind

HISTORY = "history"
"""Name of the last entry of the actor's layout, if there is any history."""


class Observation:
    """Forms `state` for the actor and `privileged_state` for the critic. Immutable and pure.

    The history holds, newest first, what the actor saw of some entries at the control steps before, noise included;
    before an episode's first step it is what the actor sees at that step.

    Attributes:
      layout: names and sizes of the actor's entries, in order.
      noise_draws: uniform numbers that `reset` and `step` take.
    """

    def __init__(
        self,
        task: TaskConfig,
        home_rad: Float[np.ndarray, " joints"],
        variants: Float[np.ndarray, "variants parameters"],
    ):
        """Resolves sizes and noise for a robot with these joints and parameters."""
        config, sensing = task.observation, task.sensing
        self._limits = limits = Limits(
            home_rad=home_rad,
            command=bounds(task.command),
            joint_zero_error_rad=sensing.joint_zero_error_rad,
            imu_tilt_rad=sensing.imu_tilt_rad,
            play_rad=sensing.play_rad[1],
            latency_steps=task.action.latency_steps[1],
            variants=variants,
        )
        self._sizes = {"joints": len(limits.home_rad), "parameters": limits.variants.shape[1]}
        actor, noise = list(ACTOR.values()), config.noise
        noisy = [entry for entry in actor if entry.noisy]
        assert actor[: len(noisy)] == noisy  # the noise is added in one piece
        half_widths = [np.full(self._size(entry), getattr(noise, entry.name), np.float32) for entry in noisy]
        self._half_width = np.concatenate(half_widths)
        self.noise_draws = len(self._half_width)
        self._kept = _columns(actor, [self._size(entry) for entry in actor], config.history.entries)
        self._steps = config.history.steps
        self.layout = tuple((entry.name, self._size(entry)) for entry in actor)
        if self._steps:
            self.layout += ((HISTORY, self._steps * len(self._kept)),)

    def reset(self, draws: Float[Array, " noise"], moment: Moment) -> tuple[dict[str, Any], Float[Array, "steps kept"]]:
        """The first observations of an episode, and the history for the next ones."""
        now = self._actor(draws, moment)
        history = jnp.tile(now[self._kept], (self._steps, 1))
        return self._observations(now, history, moment), history

    def step(
        self, draws: Float[Array, " noise"], moment: Moment, history: Float[Array, "steps kept"]
    ) -> tuple[dict[str, Any], Float[Array, "steps kept"]]:
        """The observations, and the history for the next ones; the draws, uniform in [0, 1), are the noise."""
        now = self._actor(draws, moment)
        later = jnp.concatenate([now[self._kept][None], history])[: self._steps]
        return self._observations(now, history, moment), later

    def bounds(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """The least and the greatest value of each number of each observation, float32."""
        actor = self._joined(ACTOR.values())
        actor[:, : self.noise_draws] += np.array([[-1.0], [1.0]]) * self._half_width
        state = np.concatenate([actor, np.tile(actor[:, self._kept], self._steps)], axis=1)
        privileged = np.concatenate([state, self._joined(CRITIC.values())], axis=1)
        return {"state": _widened(state), "privileged_state": _widened(privileged)}

    def mirrors(self, robot: RobotMirror) -> dict[str, SignedPermutation]:
        """What becomes of each observation when left and right are exchanged."""

        def parts(entries: Iterable[Entry]) -> list[SignedPermutation]:
            return [of_kind(entry.mirror, self._size(entry), robot) for entry in entries]

        now = joined(parts(ACTOR.values()))
        # Entries are kept whole, so that the mirror of what is kept lies among what is kept.
        place = {column: index for index, column in enumerate(self._kept)}
        kept = SignedPermutation(np.array([place[now.source[c]] for c in self._kept], int), now.sign[self._kept])
        state = joined([now, *[kept] * self._steps])
        return {"state": state, "privileged_state": joined([state, *parts(CRITIC.values())])}

    def _size(self, entry: Entry) -> int:
        return entry.size if isinstance(entry.size, int) else self._sizes[entry.size]

    def _actor(self, draws: Float[Array, " noise"], moment: Moment) -> Float[Array, " now"]:
        exact = jnp.concatenate([entry.form(moment) for entry in ACTOR.values()])
        return exact.at[: self.noise_draws].add((2.0 * draws - 1.0) * self._half_width)

    @staticmethod
    def _observations(now: Float[Array, " now"], history: Float[Array, "steps kept"], moment: Moment) -> dict[str, Any]:
        state = jnp.concatenate([now, history.ravel()])
        privileged = [entry.form(moment) for entry in CRITIC.values()]
        return {"state": state, "privileged_state": jnp.concatenate([state, *privileged])}

    def _joined(self, entries: Iterable[Entry]) -> np.ndarray:
        """Bounds without noise, shape (2, n)."""
        parts = [
            np.stack([np.broadcast_to(bound, self._size(entry)) for bound in entry.bounds(self._limits)])
            for entry in entries
        ]
        return np.concatenate(parts, axis=1).astype(np.float64)


def _columns(entries: Sequence[Entry], sizes: Sequence[int], names: Sequence[str]) -> np.ndarray:
    """Where the numbers of the named entries lie among those of all, in the order of the names."""
    starts = dict(zip([entry.name for entry in entries], np.cumsum([0, *sizes]), strict=False))
    widths = dict(zip([entry.name for entry in entries], sizes, strict=True))
    parts = [np.arange(starts[name], starts[name] + widths[name]) for name in names]
    return np.concatenate(parts) if parts else np.zeros(0, int)


def _widened(bounds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Wider by what rounding to float32 may add."""
    low, high = bounds
    slack = 1e-6 + 1e-6 * np.maximum(np.abs(low), np.abs(high))
    return (low - slack).astype(np.float32), (high + slack).astype(np.float32)
