"""The discriminator's mathematics: losses, gradient penalty, and the style reward that its logits become.

A positive logit says reference, a negative one policy. Sources: Peng et al. 2021 ("AMP: Adversarial Motion Priors for
Stylized Physics-Based Character Control"), equations by number; Ho and Ermon 2016 ("Generative Adversarial Imitation
Learning") for the cross-entropy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Shaped

Loss = Literal["BCE", "LEAST_SQUARES"]

LARGEST_BCE_REWARD = 9.21
"""-log(1e-4): beyond it the discriminator is fooled so well that more would only be noise."""


LARGEST_STANDARDIZED = 3.0
LEAST_STD = 0.01
"""Least deviation of logits to divide by: smaller differences are not blown up to a whole reward."""


def weighted_mean(values: Float[Array, "*N"], weights: Shaped[Array, "*N"]) -> Float[Array, ""]:
    """The mean of the values whose weight is 1, where those of weight 0 do not count; 0 where none counts."""
    return jnp.sum(values * weights) / jnp.maximum(jnp.sum(weights), 1.0)


def loss(
    kind: Loss,
    reference: Float[Array, " N"],
    policy: Float[Array, " M"],
    policy_weights: Float[Array, " M"],
) -> Float[Array, ""]:
    """How badly logits tell references from policies.

    `BCE`: cross-entropy, half of E_ref[-log s(d)] + E_pol[-log(1 - s(d))] with s the logistic function (AMP eq. 5).
    `LEAST_SQUARES`: half of E_ref[(d - 1)^2] + E_pol[(d + 1)^2] (AMP eq. 6).

    Args:
      kind: which of the two.
      reference: logits of reference windows.
      policy: logits of the policy's windows.
      policy_weights: 1 for those that count, 0 for the others.
    """
    if kind == "BCE":
        of_reference, of_policy = jax.nn.softplus(-reference), jax.nn.softplus(policy)
    else:
        of_reference, of_policy = jnp.square(reference - 1.0), jnp.square(policy + 1.0)
    return 0.5 * (jnp.mean(of_reference) + weighted_mean(of_policy, policy_weights))


def style_reward(kind: Loss, logits: Float[Array, "*N"]) -> Float[Array, "*N"]:
    """What a window earns.

    `BCE`: -log(1 - s(d)), at most `LARGEST_BCE_REWARD`; 0.69 where the discriminator cannot tell (AMP eq. 5's dual).
    `LEAST_SQUARES`: max(0, 1 - (d - 1)^2 / 4) (AMP eq. 7); 0.75 where it cannot tell.
    """
    if kind == "BCE":
        return jnp.minimum(jax.nn.softplus(logits), LARGEST_BCE_REWARD)
    return jnp.maximum(0.0, 1.0 - 0.25 * jnp.square(logits - 1.0))


def standardized(logits: Float[Array, "*N"], mean: Float[Array, ""], std: Float[Array, ""]) -> Float[Array, "*N"]:
    """(d - mean) / std, within `LARGEST_STANDARDIZED`: how much more of the reference's style than usual.

    Where a discriminator tells all of a policy's windows from the reference, the rewards above are flat: their slope
    falls with the logit, and the logit's own differences become small. In units of these differences there is always
    a direction to improve in (Li et al. 2022, "WASABI", standardise likewise). Being 0 in the mean, this reward makes
    living on neither better nor worse.
    """
    return jnp.clip((logits - mean) / (std + LEAST_STD), -LARGEST_STANDARDIZED, LARGEST_STANDARDIZED)


def gradient_penalty(
    logits: Callable[[Float[Array, "N *window"]], Float[Array, " N"]],
    windows: Float[Array, "N *window"],
    weights: Float[Array, " N"],
) -> Float[Array, ""]:
    """E[|d logit / d window|^2], which keeps the discriminator from cutting between two sets ever more sharply.

    AMP eq. 8 takes it on references alone; here the caller says on which windows.
    """
    # A window's logit depends on that window alone, so the gradient of the sum holds the gradient of each.
    slopes = jax.grad(lambda each: jnp.sum(logits(each)))(windows)
    return weighted_mean(jnp.sum(jnp.square(slopes), axis=tuple(range(1, slopes.ndim))), weights)
