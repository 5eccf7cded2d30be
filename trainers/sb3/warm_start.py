"""A neutral policy as the actor of a live SB3 model."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecNormalize

from trainers import pytorch
from trainers.sb3.policy import AsymmetricPolicy, SquashedPolicy
from trainers.warm_start import Moments
from wildrobot.policy import Policy


def policy_class(policy: Policy | None) -> type[AsymmetricPolicy]:
    """The policy class that can hold a policy; without one, the class with SB3's own actions."""
    return SquashedPolicy if policy is not None and policy.squash == "tanh" else AsymmetricPolicy


def install(policy: Policy, model: PPO, normalizer: VecNormalize, privileged: Moments) -> None:
    """Makes the model act as the policy does, in its mean and in what it draws; its critic stays as it is.

    Args:
      policy: of the sizes, the activation and the clip of observations that the model was made with.
      model: whose policy is of `policy_class`.
      normalizer: of the model's observations.
      privileged: what to normalise the critic's observations by.
    """
    network: Any = model.policy
    linear = [module for module in network.mlp_extractor.policy_net if isinstance(module, torch.nn.Linear)]
    for module, layer in zip([*linear, network.action_net], policy.layers, strict=True):
        pytorch.install(layer, module)
    if isinstance(network, SquashedPolicy):
        pytorch.install(policy.noise, network.noise_net)
    else:
        network.log_std.data.copy_(torch.from_numpy(policy.noise.bias))
    # The policy's age, so that what it normalises by goes on as slowly as it would have.
    own = Moments(
        policy.observation_mean.astype(np.float64),
        policy.observation_std.astype(np.float64),
        policy.info.environment_steps,
    )
    statistics: Any = normalizer.obs_rms
    for name, moments in (("state", own), ("privileged_state", privileged)):
        # SB3 divides by sqrt(var + epsilon).
        statistics[name].mean = moments.mean.copy()
        statistics[name].var = moments.std**2 - normalizer.epsilon
        statistics[name].count = max(float(moments.samples), statistics[name].count)
