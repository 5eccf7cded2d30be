"""The neutral policy: what any trainer writes, and all that playing it needs.

It is a multilayer perceptron between an observation normaliser and a squashing function:

    z = (o - mean) / std, clipped to +-clip if there is one
    a = squash(W_k act(... act(W_0 z + b_0) ...) + b_k)
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from pydantic import Field, ValidationError

from wildrobot import policy_file
from wildrobot.config import EnvConfig, validated
from wildrobot.env import WildRobotEnv
from wildrobot.errors import UsageError
from wildrobot.policy_info import ActionMapping, HeaderSection, PolicyInfo
from wildrobot.policy_info import check_fits as _check_info_fits

__all__ = ["ActionMapping", "Activation", "Layer", "Policy", "PolicyInfo", "Squash", "check_fits"]

Activation = Literal["swish", "elu", "relu", "tanh"]
Squash = Literal["tanh", "clip"]

_ACTIVATIONS_JAX = {"swish": jax.nn.silu, "elu": jax.nn.elu, "relu": jax.nn.relu, "tanh": jnp.tanh}
_ACTIVATIONS_NUMPY = {
    # x * sigmoid(x), written so that a large negative x does not overflow.
    "swish": lambda x: x * (0.5 + 0.5 * np.tanh(0.5 * x)),
    "elu": lambda x: np.where(x > 0.0, x, np.expm1(np.minimum(x, 0.0))),
    "relu": lambda x: np.maximum(x, 0.0),
    "tanh": np.tanh,
}


class Layer(NamedTuple):
    """One dense layer, y = x @ kernel + bias: kernel of shape (in, out), bias of shape (out,), float32."""

    kernel: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class Policy:
    """A deterministic policy, ready to play.

    Attributes:
      layers: dense layers from the observation to the action.
      activation: between the layers.
      squash: of the last layer's output: `tanh` (Brax), or `clip` to [-1, 1] (Stable-Baselines3).
      observation_mean, observation_std: of the normaliser, shape (n,), float32; nothing is added to the deviation.
      observation_clip: bound of the normalised observation; None for no bound.
      info: what it was made for, and where it comes from.
    """

    layers: tuple[Layer, ...]
    activation: Activation
    squash: Squash
    observation_mean: np.ndarray
    observation_std: np.ndarray
    observation_clip: float | None
    info: PolicyInfo

    def __post_init__(self) -> None:
        problem = _problem_with(self)
        if problem:
            raise UsageError(f"not a usable policy: {problem}; {policy_file.REMEDY}")

    def apply(self, observation: Float[np.ndarray, "*batch n"]) -> Float[np.ndarray, "*batch m"]:
        """Actions in [-1, 1] for actor observations, in NumPy."""
        x = (observation - self.observation_mean) / self.observation_std
        if self.observation_clip is not None:
            x = np.clip(x, -self.observation_clip, self.observation_clip)
        for layer in self.layers[:-1]:
            x = _ACTIVATIONS_NUMPY[self.activation](x @ layer.kernel + layer.bias)
        x = x @ self.layers[-1].kernel + self.layers[-1].bias
        return np.tanh(x) if self.squash == "tanh" else np.clip(x, -1.0, 1.0)

    def apply_jax(self, observation: Float[Array, "*batch n"]) -> Float[Array, "*batch m"]:
        """The same in JAX, for use inside jit."""
        x = (observation - self.observation_mean) / self.observation_std
        if self.observation_clip is not None:
            x = jnp.clip(x, -self.observation_clip, self.observation_clip)
        for layer in self.layers[:-1]:
            x = _ACTIVATIONS_JAX[self.activation](x @ layer.kernel + layer.bias)
        x = x @ self.layers[-1].kernel + self.layers[-1].bias
        return jnp.tanh(x) if self.squash == "tanh" else jnp.clip(x, -1.0, 1.0)

    def env_config(self) -> EnvConfig:
        """The environment that the policy was trained in.

        Raises:
          UsageError: if this version of wildrobot has other settings than the one that made the policy.
        """
        return validated(
            EnvConfig, self.info.env_config, f"environment of the policy (made by wildrobot {self.info.code_version})"
        )

    def save(self, path: str | Path) -> None:
        """Writes the policy file, atomically.

        Raises:
          UsageError: if the file cannot be written.
        """
        arrays = {"observation.mean": self.observation_mean, "observation.std": self.observation_std}
        for index, layer in enumerate(self.layers):
            arrays |= {f"layer_{index}.kernel": layer.kernel, f"layer_{index}.bias": layer.bias}
        header = _Header(
            activation=self.activation,
            squash=self.squash,
            observation_clip=self.observation_clip,
            layer_count=len(self.layers),
            info=self.info,
        )
        policy_file.write(Path(path), header.model_dump(mode="json"), arrays)

    @classmethod
    def load(cls, path: str | Path) -> Policy:
        """Reads a policy file.

        Raises:
          UsageError: for a file that is unreadable, foreign, truncated, altered or inconsistent.
        """
        tree, arrays = policy_file.read(Path(path))
        try:
            # Through JSON, where strict mode takes a list for a tuple.
            header = _Header.model_validate_json(json.dumps(tree))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise UsageError(f"{path}: header field {field}: {first['msg']}; {policy_file.REMEDY}") from None
        names = ["observation.mean", "observation.std"]
        names += [f"layer_{index}.{part}" for index in range(header.layer_count) for part in Layer._fields]
        if set(arrays) != set(names):
            wrong = ", ".join(sorted(set(arrays) ^ set(names)))
            raise UsageError(f"{path}: missing or unknown arrays: {wrong}; {policy_file.REMEDY}")
        try:
            return cls(
                layers=tuple(
                    Layer(arrays[f"layer_{index}.kernel"], arrays[f"layer_{index}.bias"])
                    for index in range(header.layer_count)
                ),
                activation=header.activation,
                squash=header.squash,
                observation_mean=arrays["observation.mean"],
                observation_std=arrays["observation.std"],
                observation_clip=header.observation_clip,
                info=header.info,
            )
        except UsageError as error:
            raise UsageError(f"{path}: {error}") from None


def check_fits(policy: Policy, env: WildRobotEnv) -> None:
    """Refuses a policy that was made for another robot, observation or action mapping.

    Raises:
      UsageError: naming what differs.
    """
    _check_info_fits(policy.info, env)


class _Header(HeaderSection):
    """The JSON of a policy file."""

    activation: Activation
    squash: Squash
    observation_clip: Annotated[float, Field(gt=0)] | None
    layer_count: Annotated[int, Field(ge=1)]
    info: PolicyInfo


def _problem_with(policy: Policy) -> str | None:
    """What makes the arrays inconsistent or unusable, None if nothing does."""
    for what, value, valid in (
        ("activation", policy.activation, get_args(Activation)),
        ("squash", policy.squash, get_args(Squash)),
    ):
        if value not in valid:
            return f"{what} is {value!r}, valid are {', '.join(valid)}"
    if not policy.layers:
        return "it has no layers"
    size = policy.info.observation_size
    expected = [
        ("observation.mean", policy.observation_mean, (size,)),
        ("observation.std", policy.observation_std, (size,)),
    ]
    for index, layer in enumerate(policy.layers):
        last = index == len(policy.layers) - 1
        outputs = policy.info.action_size if last else int(np.size(layer.bias))
        expected += [
            (f"layer_{index}.kernel", layer.kernel, (size, outputs)),
            (f"layer_{index}.bias", layer.bias, (outputs,)),
        ]
        size = outputs
    for name, array, shape in expected:
        if array.dtype != np.float32:
            return f"{name} has the type {array.dtype} instead of float32"
        if array.shape != shape:
            return f"{name} has the shape {array.shape} instead of {shape}"
        if not np.isfinite(array).all():
            return f"{name} contains NaN or infinity"
    if not (policy.observation_std > 0.0).all():
        return "observation.std has entries that are not positive"
    return None
