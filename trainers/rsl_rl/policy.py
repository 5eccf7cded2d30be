"""The actor that RSL-RL trains, from and to a neutral policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from rsl_rl.models import MLPModel
from rsl_rl.modules import EmpiricalNormalization
from rsl_rl.modules.distribution import HeteroscedasticGaussianDistribution

from trainers import pytorch
from trainers.rsl_rl.settings import RslRlPpo
from trainers.warm_start import Moments
from wildrobot.env import WildRobotEnv
from wildrobot.policy import Layer, Policy, PolicyInfo, interface_of
from wildrobot.policy.network import LEAST_SOFTPLUS_STD, Squash

FRAMEWORK = "rsl_rl-ppo"

_EPSILON: float = EmpiricalNormalization(1).eps
"""What RSL-RL adds to the deviations that it divides by."""

Weights = Mapping[str, torch.Tensor]


class ActorKind(NamedTuple):
    """What an actor is besides its settings.

    Attributes:
      squash: of what it draws, on the way to the robots.
      stock: whether it is of RSL-RL's own classes; one that goes on from a policy is not.
      observation_clip: bound of its normalised observations, where it is not; None for no bound.
    """

    squash: Squash = "clip"
    stock: bool = True
    observation_clip: float | None = None

    @staticmethod
    def of(policy: Policy | None) -> ActorKind:
        """The kind of an actor that goes on from a policy; without one, RSL-RL's own kind."""
        return ActorKind() if policy is None else ActorKind(policy.squash, False, policy.observation_clip)

    @staticmethod
    def saved(weights: Weights) -> ActorKind:
        """The kind of a saved actor, by its `state_dict`."""
        if "observation_clip" not in weights:
            return ActorKind()
        clip = float(weights["observation_clip"])
        squash = "clip" if any(name.startswith("distribution.") for name in weights) else "tanh"
        return ActorKind(squash, False, clip if np.isfinite(clip) else None)


class ContinuedActor(MLPModel):
    """An actor that goes on from a policy of any trainer, exactly.

    It divides by the deviations alone, where RSL-RL adds `eps` to them, and bounds normalised observations where the
    policy does.
    """

    def __init__(self, *args: Any, observation_clip: float, **options: Any):
        super().__init__(*args, **options)
        normalizer: Any = self.obs_normalizer
        normalizer.eps = 0.0
        self.observation_clip: torch.Tensor
        self.register_buffer("observation_clip", torch.tensor(observation_clip))

    def get_latent(self, *args: Any, **options: Any) -> torch.Tensor:
        return super().get_latent(*args, **options).clamp(-self.observation_clip, self.observation_clip)


class TanhGaussian(HeteroscedasticGaussianDistribution):
    """Brax's actions before their tanh: a Gaussian whose deviation depends on the observation.

    The robots get the tanh of the draws (`RslRlVecEnv.squash`); PPO keeps and weighs the draws, as in Brax, since its
    Jacobian cancels in PPO's ratio of probabilities. The entropy is that of the Gaussian.
    """

    def update(self, mlp_output: torch.Tensor) -> None:
        mean, raw = torch.unbind(mlp_output, dim=-2)
        self._distribution = torch.distributions.Normal(mean, torch.nn.functional.softplus(raw) + LEAST_SOFTPLUS_STD)


def model_settings(settings: RslRlPpo, kind: ActorKind) -> dict[str, dict[str, Any]]:
    """The parts `actor` and `critic` of the runner's configuration."""
    common = {"activation": settings.activation, "obs_normalization": True}
    noise = {"class_name": "GaussianDistribution", "init_std": settings.init_std, "std_type": settings.std_type}
    actor: dict[str, Any] = {"class_name": "MLPModel"}
    if not kind.stock:
        clip = float("inf") if kind.observation_clip is None else kind.observation_clip
        actor = {"class_name": ContinuedActor, "observation_clip": clip}
    if kind.squash == "tanh":
        noise = {"class_name": TanhGaussian}
    return {
        "actor": common | actor | {"hidden_dims": list(settings.actor_hidden_dims), "distribution_cfg": noise},
        "critic": common | {"class_name": "MLPModel", "hidden_dims": list(settings.critic_hidden_dims)},
    }


def to_policy(weights: Weights, core: WildRobotEnv, settings: RslRlPpo, environment_steps: int) -> Policy:
    """The actor as a neutral policy, from its `state_dict`."""
    kind = ActorKind.saved(weights)
    *hidden, last = (pytorch.layer(weights, f"mlp.{2 * i}") for i in range(len(settings.actor_hidden_dims) + 1))
    mean, noise = last, None
    if kind.squash == "tanh":  # the outputs are the means, then the deviations
        joints = core.action_size
        mean = Layer(last.kernel[:, :joints].copy(), last.bias[:joints].copy())
        noise = Layer(last.kernel[:, joints:].copy(), last.bias[joints:].copy())
    return Policy(
        layers=(*hidden, mean),
        noise=noise or Layer(np.zeros_like(mean.kernel), _log_std(weights)),
        noise_transform="softplus" if noise else "exp",
        activation=settings.activation,
        squash=kind.squash,
        observation_mean=pytorch.array(weights["obs_normalizer._mean"])[0],
        observation_std=pytorch.array(weights["obs_normalizer._std"])[0] + np.float32(_EPSILON if kind.stock else 0.0),
        observation_clip=kind.observation_clip,
        interface=interface_of(core),
        info=PolicyInfo.from_env(core, framework=FRAMEWORK, environment_steps=environment_steps, seed=settings.seed),
    )


def install(policy: Policy, actor: MLPModel, critic: MLPModel, privileged: Moments) -> None:
    """Makes an actor act as a policy does, in its mean and in what it draws; the critic's networks stay as they are.

    Args:
      policy: of the sizes and the activation that the actor was made with.
      actor: of the policy's `ActorKind`.
      critic: whose observations are normalised from now on.
      privileged: by these.
    """
    linear = [module for module in actor.mlp if isinstance(module, torch.nn.Linear)]
    *hidden, mean = policy.layers
    last = mean
    distribution: Any = actor.distribution
    if policy.squash == "tanh":
        last = Layer(*(np.concatenate(pair, axis=-1) for pair in zip(mean, policy.noise, strict=True)))
    elif distribution.std_type == "log":
        distribution.log_std_param.data.copy_(torch.from_numpy(policy.noise.bias))
    else:
        distribution.std_param.data.copy_(torch.from_numpy(np.exp(policy.noise.bias)))
    for module, layer in zip(linear, (*hidden, last), strict=True):
        pytorch.install(layer, module)
    # The policy's age, so that what it normalises by goes on as slowly as it would have.
    own = Moments(
        policy.observation_mean.astype(np.float64),
        policy.observation_std.astype(np.float64),
        policy.info.environment_steps,
    )
    for model, moments in ((actor, own), (critic, privileged)):
        normalizer: Any = model.obs_normalizer
        for buffer, value in (("_mean", moments.mean), ("_std", moments.std), ("_var", moments.std**2)):
            getattr(normalizer, buffer).copy_(torch.from_numpy(value.astype(np.float32)))
        normalizer.count.fill_(max(moments.samples, 1))


def _log_std(weights: Weights) -> np.ndarray:
    if "distribution.log_std_param" in weights:
        return pytorch.array(weights["distribution.log_std_param"])
    return np.log(np.maximum(pytorch.array(weights["distribution.std_param"]), np.float32(1e-6)))  # as RSL-RL bounds it
