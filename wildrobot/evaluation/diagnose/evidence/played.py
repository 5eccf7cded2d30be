"""The policy of a run, played in the run's own task, noise and all, as its trainer has played it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from wildrobot.env import WildRobotEnv
from wildrobot.policy import Policy, act
from wildrobot.state import EnvState, tree_where

ROBOTS, _KEEP_EVERY = 64, 25


@dataclass(frozen=True)
class Played:
    """One whole episode of each robot, actions drawn as in training.

    Attributes:
      policy: what acted.
      reward: sum over the episode.
      length: control steps.
      saturation: share of actions beyond 0.95 of their bound.
      obs: every 25th that robots saw, while they were up.
    """

    policy: Policy
    reward: Float[np.ndarray, " robots"]
    length: Int[np.ndarray, " robots"]
    saturation: float
    obs: Float[np.ndarray, "samples n"]


@dataclass(frozen=True)
class Other:
    """What another run has learned, in the task of the one that is examined.

    Attributes:
      name: of the run, for people.
      played: its policy.
    """

    name: str
    played: Played


def played(env: WildRobotEnv, policy: Policy, seed: int = 1) -> Played:
    """Plays the policy; it must fit the environment (`check_fits`)."""
    keys = jax.random.split(jax.random.key(seed, impl="threefry2x32"), ROBOTS)
    structure, parameters, size = policy.structure, policy.parameters, env.action_size

    def step(carry: tuple[EnvState, Bool[Array, " robots"]], key: Array) -> tuple[Any, Any]:
        state, alive = carry
        obs = state.obs["state"]
        action = act(structure, parameters, obs, jax.random.normal(key, (ROBOTS, size)))
        moved = jax.vmap(env.step)(state, action)
        saturated = jnp.mean(jnp.abs(action) > 0.95, axis=1)
        return (tree_where(alive, moved, state), alive & ~moved.terminated), (
            jnp.where(alive, moved.reward, 0.0), alive, saturated, obs,
        )  # fmt: skip

    @functools.partial(jax.jit, compiler_options=env.physics.compiler_options)
    def some(carry: Any, keys: Array) -> Any:
        carry, (reward, alive, saturated, obs) = jax.lax.scan(step, carry, keys)
        return carry, (reward.sum(0), alive.sum(0), (saturated * alive).sum(0), obs[0], alive[0])

    carry: Any = (env.reset_batch(keys), jnp.ones(ROBOTS, bool))
    draws = jax.random.split(jax.random.fold_in(keys[0], 1), env.config.episode_steps)
    parts = []
    for first in range(0, len(draws) - _KEEP_EVERY + 1, _KEEP_EVERY):
        carry, part = some(carry, draws[first : first + _KEEP_EVERY])
        parts.append(jax.device_get(part))
    reward, length, saturated, obs, alive = (np.stack(each) for each in zip(*parts, strict=True))
    return Played(
        policy=policy,
        reward=reward.sum(axis=0),
        length=length.sum(axis=0),
        saturation=float(saturated.sum() / length.sum()),
        obs=obs[alive],
    )
