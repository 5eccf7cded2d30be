"""What one environment carries from step to step: immutable, and the same shapes and dtypes throughout."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple, ParamSpec

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from wildrobot.jax_ready import refuse_forked
from wildrobot.physics import PhysicsState
from wildrobot.task.sensing import SensorErrors, SensorState

Arguments = ParamSpec("Arguments")


class TaskState(NamedTuple):
    """What the task remembers of one episode.

    Attributes:
      key: the random key of the rest of the episode.
      step: control steps since the reset.
      command: commanded (vx [m/s], vy [m/s], yaw rate [rad/s]) in the heading frame.
      resample_at, push_at: the steps at which a new command is drawn, and the robot is pushed.
      heading_goal_rad: where the commanded yaw rates would have led.
      phase: gait phase [cycles].
      latency_steps: control steps until a target reaches the servos, in this episode.
      queue: joint targets [rad] that are still on their way to the servos.
      last_action, previous_action: the newest action, and the one before.
      velocity_filtered: low-passed vx, vy [m/s] in the heading frame, and yaw rate [rad/s].
      errors: sensor errors of this episode.
      sensors: what the sensors read last.
      history: what the actor saw before, newest first.
    """

    key: Array
    step: Int[Array, "*batch"]
    command: Float[Array, "*batch 3"]
    resample_at: Int[Array, "*batch"]
    push_at: Int[Array, "*batch"]
    heading_goal_rad: Float[Array, "*batch"]
    phase: Float[Array, "*batch"]
    latency_steps: Int[Array, "*batch"]
    queue: Float[Array, "*batch latency joints"]
    last_action: Float[Array, "*batch joints"]
    previous_action: Float[Array, "*batch joints"]
    velocity_filtered: Float[Array, "*batch 3"]
    errors: SensorErrors
    sensors: SensorState
    history: Float[Array, "*batch steps kept"]


class EnvState(NamedTuple):
    """One robot after a reset or a step.

    Attributes:
      physics: the robot.
      task: what the task remembers.
      obs: `state` for the actor, `privileged_state` for the critic.
      reward: reward of the step that led here; 0 after a reset.
      terminated: the robot has fallen, or its simulation has diverged.
      truncated: the time limit is reached; may be true together with `terminated`.
      metrics: weighted reward terms, tracking figures and counts of this step.
    """

    physics: PhysicsState
    task: TaskState
    obs: dict[str, Float[Array, "*batch n"]]
    reward: Float[Array, "*batch"]
    terminated: Bool[Array, "*batch"]
    truncated: Bool[Array, "*batch"]
    metrics: dict[str, Float[Array, "*batch"]]


def tree_where(which: Bool[Array, " batch"], these: Any, others: Any) -> Any:
    """Robot by robot, the leaves of one tree where `which`, and of the other elsewhere."""

    def select(this: Array, other: Array) -> Array:
        return jnp.where(which.reshape(which.shape + (1,) * (other.ndim - 1)), this, other)

    return jax.tree.map(select, these, others)


def computed(function: Callable[Arguments, EnvState]) -> Callable[Arguments, EnvState]:
    """Lets a function of the core compute a state in single precision, also where JAX is set to double precision.

    Raises:
      UsageError: in a forked process, where JAX would wait for ever.
    """

    @functools.wraps(function)
    def single_precision(*args: Arguments.args, **kwargs: Arguments.kwargs) -> EnvState:
        refuse_forked()
        return jax.tree.map(_narrow, function(*args, **kwargs))

    return single_precision


def batched(
    function: Callable[..., EnvState], compiler_options: dict[str, bool | int] | None = None
) -> Callable[..., EnvState]:
    """A function of the core for a batch of robots, compiled with these options of XLA.

    What is compiled runs without `computed` around it, so a forked process is refused here.
    """
    compiled = jax.jit(jax.vmap(function), compiler_options=compiler_options)

    @functools.wraps(function)
    def unforked(*args: Any) -> EnvState:
        refuse_forked()
        return compiled(*args)

    return unforked


def _narrow(leaf: Array) -> Array:
    for kind, width in ((jnp.floating, jnp.float32), (jnp.signedinteger, jnp.int32)):
        if jnp.issubdtype(leaf.dtype, kind):
            return leaf.astype(width)
    return leaf
