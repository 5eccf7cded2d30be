"""What chooses the actions: a policy, or a baseline that any policy should beat."""

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


class ActionRule(NamedTuple):
    """How actions are chosen.

    Attributes:
      function: (parameters, observations, a random key per robot) to actions; hashable, so that what was compiled for
        it is found again.
      parameters: a tree of arrays.
      sees_command: False for one that does the same under every command, which need not be played for each.
    """

    function: Callable[[Any, Float[Array, "batch obs"], Array], Float[Array, "batch actions"]]
    parameters: Any
    sees_command: bool = True


@dataclass(frozen=True)
class _Policy:
    """Policies of one structure, by their mean actions or by drawn ones."""

    structure: PolicyStructure
    size: int
    stochastic: bool

    def __call__(
        self, parameters: Any, observation: Float[Array, "batch obs"], keys: Array
    ) -> Float[Array, "batch actions"]:
        normal = _per_robot(jax.random.normal, keys, self.size) if self.stochastic else None
        return act(self.structure, parameters, observation, normal)


@dataclass(frozen=True)
class _HoldHome:
    size: int

    def __call__(self, _: Any, observation: Float[Array, "batch obs"], keys: Array) -> Float[Array, "batch actions"]:
        return jnp.zeros((len(observation), self.size))


@dataclass(frozen=True)
class _Random:
    size: int

    def __call__(self, _: Any, observation: Float[Array, "batch obs"], keys: Array) -> Float[Array, "batch actions"]:
        return 2.0 * _per_robot(jax.random.uniform, keys, self.size) - 1.0


def policy_rule(policy: Policy, *, stochastic: bool = False) -> ActionRule:
    """A policy, by its mean actions (deterministic) or by actions drawn as in its training (stochastic)."""
    size = policy.interface.action_size
    return ActionRule(_Policy(policy.structure, size, stochastic), policy.parameters)


def baseline_rule(name: BaselineName, action_size: int) -> ActionRule:
    """One of the baselines."""
    kind = {"hold-home": _HoldHome, "random": _Random}[name]
    return ActionRule(kind(action_size), (), sees_command=False)


def _per_robot(
    draw: Callable[[Array, tuple[int, ...]], Array], keys: Array, size: int
) -> Float[Array, "batch actions"]:
    """One row for each key, so that it does not matter for a robot which others are played."""
    return jax.vmap(lambda key: draw(key, (size,)))(keys)
