"""The networks that SB3's PPO trains, and their actor as a neutral policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.policies import MultiInputActorCriticPolicy
from stable_baselines3.common.torch_layers import create_mlp
from stable_baselines3.common.vec_env import VecNormalize

from wildrobot.config import Sb3PpoConfig
from wildrobot.env import WildRobotEnv
from wildrobot.policy import Layer, Policy, PolicyInfo

FRAMEWORK = "sb3-ppo"

_ACTIVATIONS = {"swish": torch.nn.SiLU, "elu": torch.nn.ELU, "relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}


class AsymmetricPolicy(MultiInputActorCriticPolicy):
    """An actor on what the robot senses (`state`) and a critic on everything (`privileged_state`)."""

    def _build_mlp_extractor(self) -> None:
        spaces: Any = self.observation_space
        sizes = {name: int(np.prod(space.shape)) for name, space in spaces.spaces.items()}  # in the extractor's order
        self.mlp_extractor: Any = AsymmetricMlp(sizes, self.net_arch, self.activation_fn).to(self.device)


class AsymmetricMlp(torch.nn.Module):
    """Two separate networks, each on its part of the joined observations; in the place of SB3's `MlpExtractor`."""

    def __init__(self, sizes: Mapping[str, int], net_arch: Any, activation_fn: type[torch.nn.Module]):
        super().__init__()
        ends = np.cumsum(list(sizes.values()))
        parts = {name: slice(end - sizes[name], end) for name, end in zip(sizes, ends.tolist(), strict=True)}
        self._actor_part, self._critic_part = parts["state"], parts["privileged_state"]
        self.policy_net = torch.nn.Sequential(*create_mlp(sizes["state"], -1, net_arch["pi"], activation_fn))
        self.value_net = torch.nn.Sequential(*create_mlp(sizes["privileged_state"], -1, net_arch["vf"], activation_fn))
        self.latent_dim_pi, self.latent_dim_vf = net_arch["pi"][-1], net_arch["vf"][-1]

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.forward_actor(features), self.forward_critic(features)

    def forward_actor(self, features: torch.Tensor) -> torch.Tensor:
        return self.policy_net(features[:, self._actor_part])

    def forward_critic(self, features: torch.Tensor) -> torch.Tensor:
        return self.value_net(features[:, self._critic_part])


def network_settings(settings: Sb3PpoConfig) -> dict[str, Any]:
    """The `policy_kwargs` of PPO."""
    return {
        "net_arch": {"pi": list(settings.policy_hidden_layer_sizes), "vf": list(settings.value_hidden_layer_sizes)},
        "activation_fn": _ACTIVATIONS[settings.activation],
        "log_std_init": settings.log_std_init,
    }


def to_policy(model: PPO, normalizer: VecNormalize, core: WildRobotEnv, settings: Sb3PpoConfig) -> Policy:
    """The actor as a neutral policy: the mean action, clipped to the box as `model.predict` does."""
    network: Any = model.policy
    linear = [module for module in network.mlp_extractor.policy_net if isinstance(module, torch.nn.Linear)]
    layers = [
        Layer(module.weight.detach().numpy().T.copy(), module.bias.detach().numpy().copy())
        for module in (*linear, network.action_net)
    ]
    statistics: Any = normalizer.obs_rms
    mean, variance = statistics["state"].mean, statistics["state"].var
    return Policy(
        layers=tuple(layers),
        activation=settings.activation,
        squash="clip",
        observation_mean=np.asarray(mean, np.float32),
        observation_std=np.sqrt(variance + normalizer.epsilon).astype(np.float32),
        observation_clip=float(normalizer.clip_obs),
        info=PolicyInfo.of(core, framework=FRAMEWORK, environment_steps=int(model.num_timesteps), seed=settings.seed),
    )
