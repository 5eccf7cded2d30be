"""The networks that Brax's PPO trains, and their actor as a neutral policy."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from brax.training import distribution, types
from brax.training.agents.ppo import networks as ppo_networks

from trainers.brax.settings import BraxPpo
from trainers.brax.symmetry import as_one_network
from wildrobot.env import WildRobotEnv
from wildrobot.policy import Layer, Policy, PolicyInfo, Squash, interface_of

FRAMEWORK = "brax-ppo"

ACTIVATIONS = {"swish": jax.nn.swish, "elu": jax.nn.elu, "relu": jax.nn.relu, "tanh": jnp.tanh}


def network_factory(
    settings: BraxPpo, squash: Squash = "tanh", observation_clip: float | None = None
) -> functools.partial[ppo_networks.PPONetworks]:
    """Actor on what the robot senses, critic on everything.

    Args:
      settings: sizes and activation.
      squash: `tanh`: Brax's own tanh of a Gaussian, whose deviation depends on the observation; `clip`: the clipped
        Gaussian of Stable-Baselines3, whose deviation does not.
      observation_clip: bound of the normalised observations; None, as Brax's own, for no bound.
    """
    keywords: dict[str, Any] = {
        "policy_hidden_layer_sizes": settings.policy_hidden_layer_sizes,
        "value_hidden_layer_sizes": settings.value_hidden_layer_sizes,
        "activation": ACTIVATIONS[settings.activation],
        "policy_obs_key": "state",
        "value_obs_key": "privileged_state",
    }
    if squash == "tanh" and observation_clip is None:
        return functools.partial(ppo_networks.make_ppo_networks, **keywords)
    return functools.partial(make_foreign_networks, **keywords, squash=squash, observation_clip=observation_clip)


def make_foreign_networks(
    observation_size: Mapping[str, Any],
    action_size: int,
    preprocess_observations_fn: Callable[[Any, Any], Any] = types.identity_observation_preprocessor,
    *,
    squash: Squash,
    observation_clip: float | None,
    **keywords: Any,
) -> ppo_networks.PPONetworks:
    """Networks that hold the actor of another framework; the keywords are those of Brax's `make_ppo_networks`."""

    def preprocess(observation: Any, preprocessor_params: Any) -> Any:
        normalized = preprocess_observations_fn(observation, preprocessor_params)
        return normalized if observation_clip is None else jnp.clip(normalized, -observation_clip, observation_clip)

    if squash == "tanh":
        return ppo_networks.make_ppo_networks(observation_size, action_size, preprocess, **keywords)
    networks: Any = ppo_networks.make_ppo_networks(
        observation_size, action_size, preprocess, distribution_type="normal", noise_std_type="log", **keywords
    )
    return networks.replace(parametric_action_distribution=ClippedNormal(action_size))


class ClippedNormal(distribution.NormalDistribution):
    """A Gaussian whose draws are clipped to [-1, 1] on their way to the robot: the actions of Stable-Baselines3.

    Probabilities are those of the draws before the clip, as they are there.
    """

    def __init__(self, event_size: int):
        super().__init__(event_size)
        self._postprocessor = _Clip()


class _Clip(distribution.IdentityPostprocessor):
    def forward(self, x: jax.Array) -> jax.Array:
        return jnp.clip(x, -1.0, 1.0)


def to_policy(
    params: Sequence[Any],
    core: WildRobotEnv,
    settings: BraxPpo,
    environment_steps: int,
    observation_clip: float | None = None,
    *,
    framework: str = FRAMEWORK,
    symmetric: bool = False,
) -> Policy:
    """Brax's (normaliser, policy, ...) parameters as a neutral policy; the rest as the networks were made with."""
    normalizer, network = params[0], params[1]["params"]
    foreign = "std_logparam" in network
    if foreign:
        hidden, mean = _hidden(network["MLP_0"]), _layer(network["Dense_0"])
        log_std = np.asarray(network["std_logparam"]["log_value"])
        noise = Layer(np.zeros_like(mean.kernel), log_std)
    else:
        *hidden, last = _hidden(network)
        # The last layer gives the means, then the raw deviations: brax.training.distribution.NormalTanhDistribution.
        means, deviations = slice(core.action_size), slice(core.action_size, None)
        mean = Layer(last.kernel[:, means], last.bias[means])
        noise = Layer(last.kernel[:, deviations], last.bias[deviations])
    size = sum(size for _, size in core.observation_layout)
    observation_mean, observation_std = np.zeros(size, np.float32), np.ones(size, np.float32)
    if settings.normalize_observations:
        moments = normalizer.mean["state"], normalizer.std["state"]
        # In double precision under JAX_ENABLE_X64.
        observation_mean, observation_std = (np.asarray(each, np.float32) for each in moments)
    layers = (*hidden, mean)
    if symmetric:
        layers, noise = as_one_network(layers, noise, observation_mean, observation_std, core.mirrors)
    return Policy(
        layers=layers,
        noise=noise,
        noise_transform="exp" if foreign else "softplus",
        activation=settings.activation,
        squash="clip" if foreign else "tanh",
        observation_mean=observation_mean,
        observation_std=observation_std,
        observation_clip=observation_clip,
        interface=interface_of(core),
        info=PolicyInfo.from_env(core, framework=framework, environment_steps=environment_steps, seed=settings.seed),
    )


def _hidden(network: Mapping[str, Any]) -> list[Layer]:
    """The layers of an MLP of Brax, in order."""
    names = sorted(network, key=lambda name: int(name.removeprefix("hidden_")))
    return [_layer(network[name]) for name in names]


def _layer(dense: Mapping[str, Any]) -> Layer:
    return Layer(np.asarray(dense["kernel"]), np.asarray(dense["bias"]))
