"""The networks that SB3's PPO trains, and their actor as a neutral policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.distributions import Distribution
from stable_baselines3.common.policies import MultiInputActorCriticPolicy
from stable_baselines3.common.torch_layers import create_mlp
from stable_baselines3.common.type_aliases import Schedule
from stable_baselines3.common.vec_env import VecNormalize

from trainers.pytorch import array, layer
from trainers.sb3.settings import Sb3Ppo
from wildrobot.env import WildRobotEnv
from wildrobot.policy import Layer, Policy, PolicyInfo, interface_of
from wildrobot.policy.network import LEAST_SOFTPLUS_STD

FRAMEWORK, AMP_FRAMEWORK = "sb3-ppo", "sb3-amp"

_ACTIVATIONS = {"swish": torch.nn.SiLU, "elu": torch.nn.ELU, "relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}


class AsymmetricPolicy(MultiInputActorCriticPolicy):
    """An actor on what the robot senses (`state`) and a critic on everything (`privileged_state`)."""

    def _build_mlp_extractor(self) -> None:
        spaces: Any = self.observation_space
        sizes = {name: int(np.prod(space.shape)) for name, space in spaces.spaces.items()}  # in the extractor's order
        self.mlp_extractor: Any = AsymmetricMlp(sizes, self.net_arch, self.activation_fn).to(self.device)


class SquashedPolicy(AsymmetricPolicy):
    """An actor-critic policy with Brax's actions: the tanh of a Gaussian whose deviation depends on the observation.

    As in Brax, what PPO keeps and weighs are the draws before the tanh: its Jacobian cancels in PPO's ratio of
    probabilities. The one difference is the entropy, which is that of the Gaussian; it matters where `ent_coef` > 0.
    """

    def _build(self, lr_schedule: Schedule) -> None:
        super()._build(lr_schedule)
        del self.log_std
        actions: Any = self.action_net
        self.noise_net = torch.nn.Linear(actions.in_features, actions.out_features)
        optimizer: Any = self.optimizer_class
        self.optimizer = optimizer(self.parameters(), lr=lr_schedule(1), **self.optimizer_kwargs)

    def _get_action_dist_from_latent(self, latent_pi: torch.Tensor) -> Distribution:
        std = torch.nn.functional.softplus(self.noise_net(latent_pi)) + LEAST_SOFTPLUS_STD
        log_std = torch.log(std)
        self.log_std = log_std.detach()  # PPO logs the mean of its exponential
        return self.action_dist.proba_distribution(self.action_net(latent_pi), log_std)

    @property
    def squash_output(self) -> bool:
        """SB3 then sends `unscale_action` of the draw to the robots, and out of `predict`."""
        return True

    def unscale_action(self, scaled_action: np.ndarray) -> np.ndarray:
        return np.tanh(scaled_action)


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


def network_settings(settings: Sb3Ppo) -> dict[str, Any]:
    """The `policy_kwargs` of PPO."""
    return {
        "net_arch": {"pi": list(settings.policy_hidden_layer_sizes), "vf": list(settings.value_hidden_layer_sizes)},
        "activation_fn": _ACTIVATIONS[settings.activation],
        "log_std_init": settings.log_std_init,
    }


def to_policy(
    weights: Mapping[str, torch.Tensor],
    normalizer: VecNormalize,
    core: WildRobotEnv,
    settings: Sb3Ppo,
    environment_steps: int,
    framework: str = FRAMEWORK,
) -> Policy:
    """The actor as a neutral policy, from the `state_dict` of an `AsymmetricPolicy` or a `SquashedPolicy`."""
    hidden = [
        layer(weights, f"mlp_extractor.policy_net.{2 * index}")
        for index in range(len(settings.policy_hidden_layer_sizes))
    ]
    mean = layer(weights, "action_net")
    squashed = "noise_net.weight" in weights
    statistics: Any = normalizer.obs_rms
    return Policy(
        layers=(*hidden, mean),
        noise=layer(weights, "noise_net") if squashed else Layer(np.zeros_like(mean.kernel), array(weights["log_std"])),
        noise_transform="softplus" if squashed else "exp",
        activation=settings.activation,
        squash="tanh" if squashed else "clip",
        observation_mean=np.asarray(statistics["state"].mean, np.float32),
        observation_std=np.sqrt(statistics["state"].var + normalizer.epsilon).astype(np.float32),
        observation_clip=float(normalizer.clip_obs) if np.isfinite(normalizer.clip_obs) else None,
        interface=interface_of(core),
        info=PolicyInfo.from_env(core, framework=framework, environment_steps=environment_steps, seed=settings.seed),
    )
