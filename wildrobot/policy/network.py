"""The policy's network in JAX, for use inside jit: arrays apart from what shapes the computation.

z = (o - mean) / std, clipped to +-clip if there is one
h = act(... act(W_0 z + b_0) ...)
a = squash(W_k h + b_k + sigma * normal),   sigma = transform(W_n h + b_n)
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

Activation = Literal["swish", "elu", "relu", "tanh"]
Squash = Literal["tanh", "clip"]
NoiseTransform = Literal["exp", "softplus"]

LEAST_SOFTPLUS_STD = 0.001
"""What `softplus` adds to the deviation: `min_std` of Brax's NormalTanhDistribution."""

_ACTIVATIONS = {"swish": jax.nn.silu, "elu": jax.nn.elu, "relu": jax.nn.relu, "tanh": jnp.tanh}


class Layer(NamedTuple):
    """One dense layer, y = x @ kernel + bias: kernel of shape (in, out), bias of shape (out,), float32."""

    kernel: np.ndarray
    bias: np.ndarray


class PolicyParameters(NamedTuple):
    """The arrays of a policy, a pytree: NumPy arrays as read, JAX arrays inside jit. See `Policy` for each."""

    layers: tuple[Layer, ...]
    noise: Layer
    observation_mean: np.ndarray
    observation_std: np.ndarray


class PolicyStructure(NamedTuple):
    """What shapes a policy's computation; hashable, so that it can be a static argument of jit."""

    activation: Activation
    squash: Squash
    observation_clip: float | None
    noise_transform: NoiseTransform


def act(
    structure: PolicyStructure,
    parameters: PolicyParameters,
    observation: Float[Array, "*batch obs"],
    normal: Float[Array, "*batch joints"] | None,
) -> Float[Array, "*batch joints"]:
    """Actions in [-1, 1] for actor observations.

    Args:
      structure: static inside jit.
      parameters: policies of the same structure and shapes share one compiled function.
      observation: as the environment gives it; it is normalised here.
      normal: standard normal numbers, for an action as the framework draws it in training; None for the mean action.
    """
    hidden = (observation - parameters.observation_mean) / parameters.observation_std
    if structure.observation_clip is not None:
        hidden = jnp.clip(hidden, -structure.observation_clip, structure.observation_clip)
    for layer in parameters.layers[:-1]:
        hidden = _ACTIVATIONS[structure.activation](hidden @ layer.kernel + layer.bias)
    action = hidden @ parameters.layers[-1].kernel + parameters.layers[-1].bias
    if normal is not None:
        raw = hidden @ parameters.noise.kernel + parameters.noise.bias
        std = jnp.exp(raw) if structure.noise_transform == "exp" else jax.nn.softplus(raw) + LEAST_SOFTPLUS_STD
        action = action + std * normal
    return jnp.tanh(action) if structure.squash == "tanh" else jnp.clip(action, -1.0, 1.0)
