"""Figures of an update that Brax does not report: whether the critic explains the returns, and how far the actor moved.

They are measured on the first minibatch's worth of unrolls, so they cost a fraction of one pass over the batch.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from brax.training import types
from brax.training.agents.ppo import losses, networks
from jaxtyping import Array, Float

from trainers.brax.settings import BraxPpo

SATURATED = 0.95
"""An action beyond this share of its bound controls little."""


def vitals(
    settings: BraxPpo, network: networks.PPONetworks, normalizer: Any, before: Any, after: Any, batch: types.Transition
) -> dict[str, Float[Array, ""]]:
    """Measures an update.

    Args:
      settings: of the training.
      network: actor and critic.
      normalizer: of the observations, as it was during the passes.
      before, after: parameters of actor and critic.
      batch: with leading dimensions (unrolls, steps).

    Returns:
      `explained_variance`: 1 - Var(target - value) / Var(target) of the critic before the update, targets by GAE.
      `clip_fraction`: of samples whose probability ratio after the update is beyond the clipping.
      `action_saturation`: of actions that were drawn beyond `SATURATED`.
    """
    data = jax.tree.map(lambda each: jnp.swapaxes(each[: settings.batch_size], 0, 1), batch)
    extras: Any = data.extras
    truncation = extras["state_extras"]["truncation"]
    value = network.value_network.apply(normalizer, before.value, data.observation)
    last = jax.tree.map(lambda each: each[-1], data.next_observation)
    target, _ = losses.compute_gae(
        truncation=truncation,
        termination=(1 - data.discount) * (1 - truncation),
        rewards=data.reward * settings.reward_scaling,
        values=value,
        bootstrap_value=network.value_network.apply(normalizer, before.value, last),
        lambda_=settings.gae_lambda,
        discount=settings.discounting,
    )
    logits = network.policy_network.apply(normalizer, after.policy, data.observation)
    taken = extras["policy_extras"]
    log_ratio = network.parametric_action_distribution.log_prob(logits, taken["raw_action"]) - taken["log_prob"]
    return {
        "explained_variance": explained_variance(value, target),
        "clip_fraction": jnp.mean(jnp.abs(jnp.exp(log_ratio) - 1.0) > settings.clipping_epsilon),
        "action_saturation": jnp.mean(jnp.abs(data.action) > SATURATED),
    }


def explained_variance(value: Float[Array, "*n"], target: Float[Array, "*n"]) -> Float[Array, ""]:
    """1 where values are the targets, 0 where they are no better than the targets' mean."""
    return 1.0 - jnp.var(target - value) / jnp.maximum(jnp.var(target), 1e-8)
