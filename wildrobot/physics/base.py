"""What every physics engine offers: one control period of one robot, as a pure function."""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

from jaxtyping import Array, Float, Int

from wildrobot.physics.variants import VariantBank
from wildrobot.robot import Robot


class PhysicsState(NamedTuple):
    """Everything that the task may read of one robot, the same on every engine.

    The state between two control steps is exactly (qpos, qvel, variant): solver warm starts are
    not carried over, so that a step depends on nothing else and engines can be compared.

    Attributes:
      qpos: base position [m], base quaternion (wxyz), joint angles [rad].
      qvel: base linear velocity (world) [m/s], base angular velocity (base) [rad/s], joint velocities [rad/s].
      ctrl: the joint targets [rad] applied during the last control period.
      sensordata: readings of the named sensors, taken at the start of the last physics step.
      variant: which robot of the variant bank this is.
    """

    qpos: Float[Array, "*batch nq"]
    qvel: Float[Array, "*batch nv"]
    ctrl: Float[Array, "*batch nu"]
    sensordata: Float[Array, "*batch nsensor"]
    variant: Int[Array, "*batch"]


@runtime_checkable
class Physics(Protocol):
    """A physics engine, written for one robot and batched by `jax.vmap`."""

    @property
    def name(self) -> str:
        """`native`, `mjx-jax` or `mjx-warp`."""
        ...

    @property
    def robot(self) -> Robot:
        """The nominal robot: the names and addresses of everything in the state."""
        ...

    @property
    def control_period_s(self) -> float:
        """The time that one `step` simulates [s]."""
        ...

    @property
    def variants(self) -> VariantBank:
        """The randomised robots; 0 is the nominal one."""
        ...

    @property
    def compiler_options(self) -> dict[str, bool | int]:
        """Of XLA, for programs that step this engine: `jax.jit(..., compiler_options=...)`."""
        ...

    def step(
        self,
        state: PhysicsState,
        targets_rad: Float[Array, "*batch nu"],
        push_N: Float[Array, "*batch 3"] | None = None,
    ) -> PhysicsState:
        """Simulates one control period.

        Args:
          state: the robot.
          targets_rad: joint targets [rad], constant through the period.
          push_N: force [N] on the pushed body's centre of mass, world frame, constant through the period.
        """
        ...
