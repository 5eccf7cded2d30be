"""Who acts: a policy, or a baseline that anybody could beat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from wildrobot.policy import Policy, PolicyStructure, act

BaselineName = Literal["hold-home", "random"]
BASELINES = get_args(BaselineName)
"""Holding home is the action 0: joint targets are home + scale * action."""

ACTION_SIZE = 17


class Actor(NamedTuple):
    """How actions are chosen.

    Attributes:
      rule: (parameters, observations, a random key per robot) to actions; hashable, so that what was compiled for it is
        found again.
      parameters: a tree of arrays.
      sees_command: False for one that does the same under every command, which need not be played for each.
    """

    rule: Callable[[Any, Float[Array, "batch n"], Array], Float[Array, "batch 17"]]
    parameters: Any
    sees_command: bool = True


@dataclass(frozen=True)
class _Play:
    """Plays policies of one structure, by their mean actions or by drawn ones."""

    structure: PolicyStructure
    stochastic: bool

    def __call__(
        self, parameters: Any, observation: Float[Array, "batch n"], chance: Array
    ) -> Float[Array, "batch 17"]:
        normal = _drawn(jax.random.normal, chance) if self.stochastic else None
        return act(self.structure, parameters, observation, normal)


def policy_actor(policy: Policy, *, stochastic: bool = False) -> Actor:
    """A policy, by its mean actions (deterministic) or by actions drawn as in its training (stochastic)."""
    return Actor(_Play(policy.structure, stochastic), policy.parameters)


def baseline_actor(name: BaselineName) -> Actor:
    """One of the baselines."""
    return Actor(_hold_home if name == "hold-home" else _random, (), sees_command=False)


def _hold_home(_: Any, observation: Float[Array, "batch n"], chance: Array) -> Float[Array, "batch 17"]:
    return jnp.zeros((len(observation), ACTION_SIZE))


def _random(_: Any, observation: Float[Array, "batch n"], chance: Array) -> Float[Array, "batch 17"]:
    return 2.0 * _drawn(jax.random.uniform, chance) - 1.0


def _drawn(draw: Callable[[Array, tuple[int, ...]], Array], chance: Array) -> Float[Array, "batch 17"]:
    """One row for each key, so that it does not matter for a robot who else is played."""
    return jax.vmap(lambda key: draw(key, (ACTION_SIZE,)))(chance)
