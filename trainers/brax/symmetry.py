"""Left and right are one: networks that treat the robot's mirror image as they treat the robot.

Averaged over the robot and its mirror image, any actor f and critic g become symmetric,

    pi(s) = (f(s) + M_a f(M_s s)) / 2        V(s) = (g(s) + g(M_s s)) / 2

with M_s, M_a the mirrors of observations and actions (the symmetric network of Abdolhosseini et al., "On Learning
Symmetric Locomotion", 2019; Puny et al., "Frame Averaging", 2022). So every sample teaches both sides. The clock of the
gait is mirrored too: it says which foot is first.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from brax.training.agents.ppo.networks import PPONetworks

from wildrobot.policy import Layer, Policy
from wildrobot.robot.mirror import SignedPermutation

_SAME = 1e-5
"""How much weights may differ that were computed in single precision."""


def symmetric(networks: PPONetworks, mirrors: Mapping[str, SignedPermutation]) -> PPONetworks:
    """The networks, averaged over the robot and its mirror image; `mirrors` are those of `WildRobotEnv`."""
    action = mirrors["action"]

    def both(observations: Mapping[str, jax.Array]) -> dict[str, jax.Array]:
        return {name: jnp.stack([value, mirrors[name](value)]) for name, value in observations.items()}

    def logits(normalizer: Any, params: Any, observations: Mapping[str, jax.Array]) -> jax.Array:
        ours, theirs = networks.policy_network.apply(normalizer, params, both(observations))
        mean, deviation = jnp.split(theirs, 2, axis=-1)
        return 0.5 * (ours + jnp.concatenate([action(mean), deviation[..., action.source]], axis=-1))

    def value(normalizer: Any, params: Any, observations: Mapping[str, jax.Array]) -> jax.Array:
        return jnp.mean(networks.value_network.apply(normalizer, params, both(observations)), axis=0)

    changed: Any = networks
    return changed.replace(
        policy_network=dataclasses.replace(networks.policy_network, apply=logits),
        value_network=dataclasses.replace(networks.value_network, apply=value),
    )


def as_one_network(
    layers: Sequence[Layer],
    noise: Layer,
    mean: np.ndarray,
    std: np.ndarray,
    mirrors: Mapping[str, SignedPermutation],
) -> tuple[tuple[Layer, ...], Layer]:
    """The symmetric actor as one multilayer perceptron, twice as wide: beside f, the f that looks at the mirror image.

    Args:
      layers: of f, the last one gives the means.
      noise: of f, the last layer of the raw deviations.
      mean, std: of the normaliser z = (s - mean) / std in front of both.
      mirrors: of observations and actions.

    Returns:
      The layers and the noise of pi.
    """
    state, action = mirrors["state"], mirrors["action"]
    first, *hidden, last = layers
    # What f sees of the mirror image, in terms of the normalised observation: one more affine map.
    scale = state.sign * std[state.source] / std
    kernel = np.zeros_like(first.kernel)
    kernel[state.source] = scale[:, None] * first.kernel
    bias = first.bias + ((state.sign * mean[state.source] - mean) / std) @ first.kernel
    wide = [Layer(np.concatenate([first.kernel, kernel], axis=1), np.concatenate([first.bias, bias]))]
    for layer in hidden:
        zeros = np.zeros_like(layer.kernel)
        wide.append(Layer(np.block([[layer.kernel, zeros], [zeros, layer.kernel]]), np.tile(layer.bias, 2)))
    return (*wide, _averaged(last, action.source, action.sign)), _averaged(
        noise, action.source, np.ones_like(action.sign)
    )


def as_trained(policy: Policy, mirrors: Mapping[str, SignedPermutation]) -> Policy | None:
    """The f of a symmetric actor, from the one network that it was exported as; None for any other actor.

    Args:
      policy: what `as_one_network` may have made.
      mirrors: of observations and actions.
    """
    *hidden, mean = policy.layers
    sizes = [layer.bias.size for layer in hidden]
    if not hidden or any(size % 2 for size in sizes) or len(hidden[0].kernel) != len(mirrors["state"].source):
        return None
    inputs = [len(hidden[0].kernel), *(size // 2 for size in sizes)]
    layers = [
        Layer(layer.kernel[:rows, : size // 2], layer.bias[: size // 2])
        for layer, rows, size in zip(hidden, inputs, sizes, strict=False)
    ]
    # Twice, for the mean over both halves. Their biases are already the mean's, which is its own mirror image.
    last, noise = (Layer(2.0 * layer.kernel[: inputs[-1]], layer.bias) for layer in (mean, policy.noise))
    layers = (*layers, last)
    wide, wide_noise = as_one_network(layers, noise, policy.observation_mean, policy.observation_std, mirrors)
    for made, given in zip((*wide, wide_noise), (*policy.layers, policy.noise), strict=True):
        if not (np.allclose(made.kernel, given.kernel, atol=_SAME) and np.allclose(made.bias, given.bias, atol=_SAME)):
            return None
    return dataclasses.replace(policy, layers=layers, noise=noise)


def _averaged(layer: Layer, source: np.ndarray, sign: np.ndarray) -> Layer:
    mirrored = Layer(layer.kernel[:, source] * sign, layer.bias[source] * sign)
    kernel = 0.5 * np.concatenate([layer.kernel, mirrored.kernel])
    return Layer(kernel.astype(np.float32), (0.5 * (layer.bias + mirrored.bias)).astype(np.float32))
