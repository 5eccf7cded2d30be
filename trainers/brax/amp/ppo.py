"""PPO's part of a training step: networks, optimiser and the passes over a batch, as `ppo.train` has them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from brax.training import gradients, types
from brax.training.acme import running_statistics, specs
from brax.training.agents.ppo import losses, networks, optimizer
from jax.sharding import NamedSharding
from jaxtyping import Array, Float

from trainers.brax.amp.vitals import vitals
from trainers.brax.networks import network_factory
from trainers.brax.settings import BraxPpo
from trainers.brax.symmetry import symmetric
from wildrobot.policy import Squash
from wildrobot.robot.mirror import SignedPermutation

Metrics = dict[str, Array]
# Flax dataclasses, whose fields Pyright does not see.
_NETWORK_PARAMS: Any = losses.PPONetworkParams
_UINT64: Any = types.UInt64


class LearnerState(NamedTuple):
    """What PPO learns, as in Brax's own `TrainingState`.

    Attributes:
      params: of actor (`policy`) and critic (`value`).
      optimizer_state: of both.
      normalizer: running statistics of the observations.
      env_steps: environment steps trained, a `UInt64` of Brax.
    """

    params: Any
    optimizer_state: optax.OptState
    normalizer: running_statistics.RunningStatisticsState
    env_steps: Any


class Ppo:
    """Static: networks, loss, optimiser. The state is a `LearnerState`, the methods are pure."""

    def __init__(
        self,
        settings: BraxPpo,
        observation_size: Any,
        action_size: int,
        *,
        squash: Squash,
        observation_clip: float | None,
        mirrors: Mapping[str, SignedPermutation] | None,
        episode_steps: int,
        minibatches: NamedSharding,
    ):
        """Builds what `ppo.train` builds.

        Args:
          settings: under Brax's names.
          observation_size: shapes of what actor and critic see, by name.
          action_size: of one robot.
          squash, observation_clip: of the actor, see `network_factory`.
          mirrors: of observations and actions, for networks that are symmetric; None for any.
          episode_steps: the time limit.
          minibatches: how arrays with leading dimensions (minibatches, unrolls) lie on the devices.
        """
        self._settings, self._placed, self._episode_steps = settings, minibatches, episode_steps
        self.env_steps_per_step = settings.steps_per_update
        normalize = (
            running_statistics.normalize if settings.normalize_observations else types.identity_observation_preprocessor
        )
        self._networks: networks.PPONetworks = network_factory(settings, squash, observation_clip)(
            observation_size, action_size, preprocess_observations_fn=normalize
        )
        if mirrors is not None:
            self._networks = symmetric(self._networks, mirrors)
        self._make_policy = networks.make_inference_fn(self._networks)
        self._adaptive = settings.learning_rate_schedule == "ADAPTIVE_KL"
        adam = optax.inject_hyperparams(optax.adam) if self._adaptive else optax.adam
        self._optimizer = optax.chain(
            optax.clip_by_global_norm(settings.max_grad_norm), adam(learning_rate=settings.learning_rate)
        )
        loss: Any = functools.partial(
            losses.compute_ppo_loss,
            ppo_network=self._networks,
            discounting=settings.discounting,
            reward_scaling=settings.reward_scaling,
            gae_lambda=settings.gae_lambda,
            clipping_epsilon=settings.clipping_epsilon,
        )
        self._loss_and_gradient = gradients.loss_and_pgrad(loss, pmap_axis_name=None, has_aux=True)

    def init(self, policy_key: Array, value_key: Array, observation: Any) -> LearnerState:
        """New networks, for observations like these."""
        params = _NETWORK_PARAMS(
            policy=self._networks.policy_network.init(policy_key), value=self._networks.value_network.init(value_key)
        )
        sizes = jax.tree.map(lambda each: specs.Array(each.shape[-1:], jnp.dtype("float32")), observation)
        return LearnerState(
            params, self._optimizer.init(params), running_statistics.init_state(sizes), _UINT64(hi=0, lo=0)
        )

    def policy(self, learner: LearnerState) -> Callable[[Any, Array], Any]:
        """Draws actions as Brax's own inference does."""
        return self._make_policy((learner.normalizer, learner.params.policy, learner.params.value))

    def update(self, learner: LearnerState, batch: types.Transition, key: Array) -> tuple[LearnerState, Metrics]:
        """The passes over a batch with leading dimensions (unrolls, steps)."""
        settings = self._settings
        normalizer, of_entropy = learner.normalizer, entropy_cost(settings, learner.env_steps)
        if not self._adaptive:
            normalizer = running_statistics.update(normalizer, batch.observation)

        def minibatch_step(carry: Any, data: types.Transition) -> tuple[Any, Metrics]:
            optimizer_state, params, key = carry
            key, loss_key = jax.random.split(key)
            (_, metrics), gradient = self._loss_and_gradient(
                params, normalizer, data, loss_key, entropy_cost=of_entropy
            )
            rate = jnp.array(settings.learning_rate)
            if self._adaptive:
                optimizer_state, rate = optimizer.adaptive_kl_learning_rate(
                    optimizer_state, metrics["kl_mean"], settings.desired_kl
                )
            change, optimizer_state = self._optimizer.update(gradient, optimizer_state)
            of_step = {"learning_rate": rate, "gradient_norm": optax.tree.norm(gradient)}
            return (optimizer_state, optax.apply_updates(params, change), key), metrics | of_step

        def one_pass(carry: Any, _: None) -> tuple[Any, Metrics]:
            optimizer_state, params, key = carry
            key, permutation_key, gradient_key = jax.random.split(key, 3)

            def minibatches(each: Array) -> Array:
                shuffled = jax.random.permutation(permutation_key, each)
                shuffled = shuffled.reshape(settings.num_minibatches, -1, *each.shape[1:])
                return jax.lax.with_sharding_constraint(shuffled, self._placed)

            (optimizer_state, params, _), metrics = jax.lax.scan(
                minibatch_step, (optimizer_state, params, gradient_key), jax.tree.map(minibatches, batch)
            )
            return (optimizer_state, params, key), metrics

        (optimizer_state, params, _), metrics = jax.lax.scan(
            one_pass, (learner.optimizer_state, learner.params, key), length=settings.num_updates_per_batch
        )
        metrics |= vitals(settings, self._networks, normalizer, learner.params, params, batch, self._episode_steps)
        if self._adaptive:
            # After the passes, in which the divergence is measured against what was acted on.
            normalizer = running_statistics.update(normalizer, batch.observation)
        return (
            LearnerState(params, optimizer_state, normalizer, learner.env_steps + self.env_steps_per_step),
            metrics,
        )


def entropy_cost(settings: BraxPpo, env_steps: Any) -> Float[Array, ""]:
    """What an update after so many environment steps, a `UInt64` of Brax, pays for a nat of entropy."""
    between = jnp.array(settings.entropy_falls_steps, jnp.float32)
    return settings.entropy_cost * jnp.interp(
        as_float(env_steps), between, jnp.array([1.0, settings.final_entropy_share], jnp.float32)
    )


def as_float(steps: Any) -> Float[Array, ""]:
    """A `UInt64` of Brax, to the precision of a float."""
    return jnp.float32(steps.hi) * 2.0**32 + jnp.float32(steps.lo)
