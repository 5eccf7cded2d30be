"""A neutral policy as parameters of Brax's PPO."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from brax.training.acme import running_statistics
from brax.training.types import UInt64

from trainers.warm_start import Moments
from wildrobot.policy import Layer, Policy


def parameters(policy: Policy, privileged: Moments) -> tuple[running_statistics.RunningStatisticsState, dict[str, Any]]:
    """The (normaliser, policy) parameters with which Brax acts as the policy does, in its mean and in its draws.

    They are the first two of those that `ppo.train` restores, and all that Brax's inference takes; the critic's are
    not in a policy. The networks must be `network_factory(settings, policy.squash, policy.observation_clip)`, of the
    policy's sizes and activation.

    Args:
      policy: drawn as Brax draws (tanh, softplus), or as Stable-Baselines3 does (clip, exp, a constant deviation).
      privileged: what to normalise the critic's observations by.
    """
    *hidden, mean = policy.layers
    if policy.squash == "tanh":
        last = Layer(
            np.concatenate([mean.kernel, policy.noise.kernel], axis=1), np.concatenate([mean.bias, policy.noise.bias])
        )
        network = _mlp([*hidden, last])
    else:
        network = {
            "MLP_0": _mlp(hidden),
            "Dense_0": _dense(mean),
            "std_logparam": {"log_value": jnp.asarray(policy.noise.bias)},
        }
    return _normalizer(policy, privileged), {"params": network}


def _normalizer(policy: Policy, privileged: Moments) -> running_statistics.RunningStatisticsState:
    """Running statistics, seeded with the policy's sample count; Brax has one count for all observations."""
    count = max(policy.info.environment_steps, 1)
    uint64: Any = UInt64  # a Flax dataclass, whose fields Pyright does not see
    mean = {"state": policy.observation_mean, "privileged_state": privileged.mean}
    std = {"state": policy.observation_std, "privileged_state": privileged.std}
    return running_statistics.RunningStatisticsState(
        count=uint64(hi=count >> 32, lo=count & 0xFFFFFFFF),
        mean={name: jnp.asarray(value, jnp.float32) for name, value in mean.items()},
        std={name: jnp.asarray(value, jnp.float32) for name, value in std.items()},
        summed_variance={name: jnp.asarray(count * np.square(value), jnp.float32) for name, value in std.items()},
    )


def _mlp(layers: list[Layer]) -> dict[str, Any]:
    return {f"hidden_{index}": _dense(layer) for index, layer in enumerate(layers)}


def _dense(layer: Layer) -> dict[str, Any]:
    return {"kernel": jnp.asarray(layer.kernel), "bias": jnp.asarray(layer.bias)}
