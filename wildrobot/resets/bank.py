"""The bank of start states: computed once, so that a reset is a gather and needs no physics."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from wildrobot.physics import PhysicsState


@dataclasses.dataclass(frozen=True)
class StartBank:
    """N start states and the readings of the sensors there.

    Attributes:
      qpos, qvel: the states, as in `PhysicsState`.
      ctrl: the joint targets [rad] before the first step, and of those that are still under way to the servos.
      sensordata: what the sensors read at each start under `ctrl`.
      moving: whether a start lies on a clip that moves, whose `command` and `phase` are kept; else they are 0.
      command: (vx [m/s], vy [m/s], yaw rate [rad/s]) that the motion realises, in the heading frame.
      phase: of the motion's gait [cycles, 0 to 1), 0 where the left foot lifts, one control step later.
    """

    qpos: Float[Array, "N nq"]
    qvel: Float[Array, "N nv"]
    ctrl: Float[Array, "N nu"]
    sensordata: Float[Array, "N nsensor"]
    moving: Bool[Array, " N"]
    command: Float[Array, "N 3"]
    phase: Float[Array, " N"]

    @property
    def count(self) -> int:
        return self.qpos.shape[0]

    def state(self, start: Int[Array, ""], variant: Int[Array, ""]) -> PhysicsState:
        """Gathers one start state for one robot; no physics is computed."""
        return PhysicsState(self.qpos[start], self.qvel[start], self.ctrl[start], self.sensordata[start], variant)


def joined(banks: Sequence[StartBank]) -> StartBank:
    """One bank after the other."""
    return StartBank(
        **{
            field.name: jnp.concatenate([getattr(bank, field.name) for bank in banks])
            for field in dataclasses.fields(StartBank)
        }
    )


def rows(bank: StartBank, which: slice) -> StartBank:
    """Some of the start states."""
    return StartBank(**{field.name: getattr(bank, field.name)[which] for field in dataclasses.fields(StartBank)})
