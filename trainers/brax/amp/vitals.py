"""Figures of an update that Brax does not report: whether the critic explains the returns, and how far the actor moved.

They are measured on the first minibatch's worth of unrolls, so they cost a fraction of one pass over the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from brax.training import types
from brax.training.acme import running_statistics
from brax.training.agents.ppo import losses, networks
from jaxtyping import Array, Float

from trainers.brax.networks import ACTIVATIONS
from trainers.brax.settings import BraxPpo
from trainers.value_errors import memory_steps, value_errors

SATURATED = 0.95
"""An action beyond this share of its bound controls little."""
DEAD = 0.025
"""A unit that varies by less than this share of its layer's mean tells the next layer nothing."""


def vitals(
    settings: BraxPpo,
    network: networks.PPONetworks,
    normalizer: Any,
    before: Any,
    after: Any,
    batch: types.Transition,
    episode_steps: int,
) -> dict[str, Float[Array, ""]]:
    """Measures an update.

    Args:
      settings: of the training.
      network: actor and critic.
      normalizer: of the observations, as it was during the passes.
      before, after: parameters of actor and critic.
      batch: with leading dimensions (unrolls, steps).
      episode_steps: the time limit.

    Returns:
      `explained_variance`: 1 - Var(target - value) / Var(target) of the critic before the update, targets by GAE.
      `clip_fraction`: of samples whose probability ratio after the update is beyond the clipping.
      `action_saturation`: of actions that were drawn beyond `SATURATED`.
      `dead_critic_units`: of the critic's hidden layer with the most units that vary little over the batch.
      And those of `value_errors`.
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
    seen: Any = data.observation
    if settings.normalize_observations:
        seen = running_statistics.normalize(seen, normalizer)
    at_limit = extras["state_extras"]["steps"] > episode_steps - memory_steps(settings.discounting, settings.gae_lambda)
    return value_errors(value, target, at_limit) | {
        "explained_variance": explained_variance(value, target),
        "dead_critic_units": dead_units(
            before.value["params"], ACTIVATIONS[settings.activation], seen["privileged_state"]
        ),
        "clip_fraction": jnp.mean(jnp.abs(jnp.exp(log_ratio) - 1.0) > settings.clipping_epsilon),
        "action_saturation": jnp.mean(jnp.abs(data.action) > SATURATED),
    }


def explained_variance(value: Float[Array, "*n"], target: Float[Array, "*n"]) -> Float[Array, ""]:
    """1 where values are the targets, 0 where they are no better than the targets' mean."""
    return 1.0 - jnp.var(target - value) / jnp.maximum(jnp.var(target), 1e-8)


def dead_units(
    layers: Mapping[str, Any], activation: Callable[[Array], Array], seen: Float[Array, "*n obs"]
) -> Float[Array, ""]:
    """The share of units whose output deviates by less than `DEAD` of the mean of their layer; of the worst layer.

    Args:
      layers: of an MLP of Brax, by name.
      activation: of its hidden layers.
      seen: normalised observations.
    """
    hidden, shares = sorted(layers, key=lambda name: int(name.removeprefix("hidden_")))[:-1], []
    x = seen.reshape(-1, seen.shape[-1])
    for name in hidden:
        x = activation(x @ layers[name]["kernel"] + layers[name]["bias"])
        deviation = x.std(axis=0)
        shares.append(jnp.mean(deviation <= DEAD * deviation.mean()))
    return jnp.max(jnp.array(shares)) if shares else jnp.zeros(())
