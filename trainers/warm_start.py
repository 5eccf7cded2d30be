"""A training that starts from a policy, whichever framework trained it.

The actor goes on exactly; the critic, which is in no policy file, is new. That costs: on `configs/walk.yaml`, from the
policy that ships, the speed error rose from 0.03 to 0.09 m/s within 1.5 million steps, also where the critic alone had
learned for the first 0.7 million. So `brax-amp` takes all that a run of its own has learned from the run's checkpoint.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float64

from trainers.digests import DIGESTS
from wildrobot.config import Section
from wildrobot.env import WildRobotEnv
from wildrobot.errors import UsageError
from wildrobot.experiment import Experiment, section_name
from wildrobot.policy import Policy, act

_ROBOTS, _CONTROL_STEPS = 128, 100
_LEAST_STD = 1e-3


class WarmStart(NamedTuple):
    """What training starts from.

    Attributes:
      policy: whose actor goes on.
      path: that it was read from.
      checkpoint: of `brax-amp`, whose critic, optimiser and discriminator go on, too; None where the critic is new.
    """

    policy: Policy
    path: Path
    checkpoint: Path | None = None

    @property
    def sha256(self) -> str:
        """Of all that goes on."""
        if self.checkpoint is None:
            return self.policy.sha256
        return hashlib.sha256((self.checkpoint / DIGESTS).read_bytes()).hexdigest()


def match_policy(
    experiment: Experiment,
    schema: type[Section],
    policy: Policy,
    overrides: Sequence[str] = (),
    *,
    symmetric: bool = False,
) -> Experiment:
    """The experiment with the settings that a policy has already decided: the shape of its actor.

    Args:
      experiment: the wanted one.
      schema: the trainer's settings.
      policy: the one that training starts from.
      overrides: what the caller has asked for by name, as `dotted.path=value`; the rest of the experiment yields.
      symmetric: whether its network is that of a symmetric actor, which is exported at twice its width.

    Raises:
      UsageError: for an override of what the policy has decided, and for a policy that no trainer makes.
    """
    _check_trainable(policy)
    sizes = hidden_sizes(policy)
    decided: dict[str, Any] = {
        "activation": policy.activation,
        # Of these, each trainer has its own.
        "policy_hidden_layer_sizes": tuple(size // 2 for size in sizes) if symmetric else sizes,
        "actor_hidden_dims": hidden_sizes(policy),
        "normalize_observations": bool(policy.observation_mean.any() or (policy.observation_std != 1.0).any()),
        "observation_clip": policy.observation_clip,
        # Made symmetric, an actor that is not would act otherwise.
        "symmetric": symmetric,
    }
    decided = {name: value for name, value in decided.items() if name in schema.model_fields}
    settings, section = experiment.section(schema), section_name(schema)
    asked = {override.partition("=")[0] for override in overrides}
    for name, value in decided.items():
        if f"{section}.{name}" in asked and getattr(settings, name) != value:
            raise UsageError(
                f"{section}.{name} cannot be chosen, because the policy that training starts from has "
                f"{_shown(value)}; leave it out"
            )
    return experiment.with_section(settings.model_copy(update=decided))


def hidden_sizes(policy: Policy) -> tuple[int, ...]:
    """Units of each hidden layer."""
    return tuple(layer.bias.size for layer in policy.layers[:-1])


class Moments(NamedTuple):
    """Mean and standard deviation of each entry of an observation, over so many samples."""

    mean: Float64[np.ndarray, " obs"]
    std: Float64[np.ndarray, " obs"]
    samples: int


def privileged_moments(core: WildRobotEnv, policy: Policy, seed: int) -> Moments:
    """Of what the critic sees, which no policy file holds: measured on robots that the policy moves, with its noise.

    They are watched for the first two seconds; one that has fallen counts no more.
    """
    parameters = jax.tree.map(jnp.asarray, policy.parameters)

    @jax.jit
    def actions(key: Array, observation: Float[Array, "batch obs"]) -> Float[Array, "batch joints"]:
        normal = jax.random.normal(key, (_ROBOTS, core.action_size))
        return act(policy.structure, parameters, observation, normal)

    start_key, *keys = jax.random.split(jax.random.PRNGKey(seed), 1 + _CONTROL_STEPS)
    state = core.reset_batch(jax.random.split(start_key, _ROBOTS))
    alive, seen = np.ones(_ROBOTS, bool), []
    for key in keys:
        seen.append(np.asarray(state.obs["privileged_state"], np.float64)[alive])
        state = core.step_batch(state, actions(key, state.obs["state"]))
        alive &= ~np.asarray(state.terminated)
    values = np.concatenate(seen)
    # An entry that happens not to vary here must not be blown up where it does.
    return Moments(values.mean(axis=0), np.maximum(values.std(axis=0), _LEAST_STD), len(values))


def _check_trainable(policy: Policy) -> None:
    """Refuses what neither framework's networks can hold."""
    brax = policy.squash == "tanh" and policy.noise_transform == "softplus"
    sb3 = policy.squash == "clip" and policy.noise_transform == "exp" and not policy.noise.kernel.any()
    if not (brax or sb3):
        raise UsageError(
            f"cannot train on from a policy with {policy.squash} and {policy.noise_transform}: its actions are drawn "
            "neither as Brax draws them (tanh, softplus) nor as Stable-Baselines3 does (clip, exp, the same for every "
            "observation); give one that a trainer has made"
        )
    if len(policy.layers) < 2:
        raise UsageError("cannot train on from a policy without hidden layers; give one that a trainer has made")


def _shown(value: Any) -> str:
    return "none" if value is None else str(list(value) if isinstance(value, tuple) else value)
