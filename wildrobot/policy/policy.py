"""The neutral policy: what any trainer writes, and all that playing it needs.

It is a multilayer perceptron between an observation normaliser and a squashing function, and the deviation of the
actions that training draws around the mean one; `network.py` has the formula.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
from jaxtyping import Float
from pydantic import ValidationError

from wildrobot.config import Count, Positive, Strict
from wildrobot.env import WildRobotEnv
from wildrobot.errors import UsageError
from wildrobot.policy import file
from wildrobot.policy.fitting import check_interface_fits
from wildrobot.policy.info import PolicyInfo, TrainingRecord
from wildrobot.policy.interface import Interface
from wildrobot.policy.network import Activation, Layer, NoiseTransform, PolicyParameters, PolicyStructure, Squash

_ACTIVATIONS = {
    # x * sigmoid(x), written so that a large negative x does not overflow.
    "swish": lambda x: x * (0.5 + 0.5 * np.tanh(0.5 * x)),
    "elu": lambda x: np.where(x > 0.0, x, np.expm1(np.minimum(x, 0.0))),
    "relu": lambda x: np.maximum(x, 0.0),
    "tanh": np.tanh,
}


@dataclass(frozen=True)
class Policy:
    """A policy, ready to play.

    Attributes:
      layers: dense layers from the observation to the mean action.
      noise: from the last hidden layer to the raw deviation of each action; its kernel is zero where the deviation
        does not depend on the observation.
      noise_transform: from the raw deviation z to the deviation: `exp`, exp(z) (Stable-Baselines3), or `softplus`,
        softplus(z) + 0.001 (Brax).
      activation: between the layers.
      squash: of the last layer's output: `tanh` (Brax), or `clip` to [-1, 1] (Stable-Baselines3).
      observation_mean, observation_std: of the normaliser, shape (obs,), float32; nothing is added to the deviation.
      observation_clip: bound of the normalised observation; None for no bound.
      interface: what it sees, what its actions mean, and the facts that its clock follows.
      info: where it comes from.
    """

    layers: tuple[Layer, ...]
    noise: Layer
    noise_transform: NoiseTransform
    activation: Activation
    squash: Squash
    observation_mean: np.ndarray
    observation_std: np.ndarray
    observation_clip: float | None
    interface: Interface
    info: PolicyInfo

    def __post_init__(self) -> None:
        problem = _problem_with(self)
        if problem:
            raise UsageError(f"not a usable policy: {problem}; {file.REMEDY}")

    def apply(self, observation: Float[np.ndarray, "*batch obs"]) -> Float[np.ndarray, "*batch joints"]:
        """Mean actions in [-1, 1] for actor observations, in NumPy."""
        x = self.activity(observation)[-1] @ self.layers[-1].kernel + self.layers[-1].bias
        return np.tanh(x) if self.squash == "tanh" else np.clip(x, -1.0, 1.0)

    def activity(self, observation: Float[np.ndarray, "*batch obs"]) -> list[Float[np.ndarray, "*batch units"]]:
        """What goes into each layer: the normalised observation, then what each hidden layer gives."""
        x = (observation - self.observation_mean) / self.observation_std
        if self.observation_clip is not None:
            x = np.clip(x, -self.observation_clip, self.observation_clip)
        inputs = [x]
        for layer in self.layers[:-1]:
            inputs.append(_ACTIVATIONS[self.activation](inputs[-1] @ layer.kernel + layer.bias))
        return inputs

    @property
    def parameters(self) -> PolicyParameters:
        """The arrays, for `act`."""
        return PolicyParameters(self.layers, self.noise, self.observation_mean, self.observation_std)

    @property
    def structure(self) -> PolicyStructure:
        """All but the arrays, for `act`."""
        return PolicyStructure(self.activation, self.squash, self.observation_clip, self.noise_transform)

    @property
    def sha256(self) -> str:
        """Checksum of all that the policy is: the same in whatever file it lies, and kept in each."""
        return file.metadata(*self.packed())["sha256"]

    @property
    def weights_sha256(self) -> str:
        """Checksum of the arrays alone: the same for policies that act alike, wherever they come from."""
        return file.metadata({}, self.packed()[1])["sha256"]

    def with_training(self, record: TrainingRecord) -> Policy:
        """The policy, saying how it was trained."""
        return replace(self, info=self.info.model_copy(update={"training": record}))

    def save(self, path: str | Path) -> None:
        """Writes the policy file, atomically.

        Raises:
          UsageError: if the file cannot be written.
        """
        file.write(Path(path), *self.packed())

    @classmethod
    def load(cls, path: str | Path) -> Policy:
        """Reads a policy file.

        Raises:
          UsageError: for a file that is unreadable, foreign, truncated, altered or inconsistent.
        """
        return cls.unpacked(Path(path), *file.read(Path(path)))

    def packed(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """The policy as a JSON tree and named arrays: what every kind of file holds."""
        layers = {f"layer_{index}": layer for index, layer in enumerate(self.layers)} | {"noise": self.noise}
        arrays = {"observation.mean": self.observation_mean, "observation.std": self.observation_std}
        for name, layer in layers.items():
            arrays |= {f"{name}.kernel": layer.kernel, f"{name}.bias": layer.bias}
        header = _Header(
            activation=self.activation,
            squash=self.squash,
            noise_transform=self.noise_transform,
            observation_clip=self.observation_clip,
            layer_count=len(self.layers),
            interface=self.interface,
            info=self.info,
        )
        return header.model_dump(mode="json"), arrays

    @classmethod
    def unpacked(cls, path: Path, tree: Any, arrays: Mapping[str, np.ndarray]) -> Policy:
        """The policy that `packed` has made into a tree and arrays; the path is for the messages.

        Raises:
          UsageError: for a tree or arrays that make no policy.
        """
        try:
            # Through JSON, where strict mode takes a list for a tuple.
            header = _Header.model_validate_json(json.dumps(tree))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            problem = first["msg"].removeprefix("Value error, ")
            raise UsageError(f"{path}: header field {field}: {problem}; {file.REMEDY}") from None
        layers = [f"layer_{index}" for index in range(header.layer_count)]
        names = ["observation.mean", "observation.std"]
        names += [f"{layer}.{part}" for layer in (*layers, "noise") for part in Layer._fields]
        if set(arrays) != set(names):
            wrong = ", ".join(sorted(set(arrays) ^ set(names)))
            raise UsageError(f"{path}: missing or unknown arrays: {wrong}; {file.REMEDY}")

        def layer(name: str) -> Layer:
            return Layer(arrays[f"{name}.kernel"], arrays[f"{name}.bias"])

        try:
            return cls(
                layers=tuple(layer(name) for name in layers),
                noise=layer("noise"),
                noise_transform=header.noise_transform,
                activation=header.activation,
                squash=header.squash,
                observation_mean=arrays["observation.mean"],
                observation_std=arrays["observation.std"],
                observation_clip=header.observation_clip,
                interface=header.interface,
                info=header.info,
            )
        except UsageError as error:
            raise UsageError(f"{path}: {error}") from None


def check_fits(policy: Policy, env: WildRobotEnv) -> None:
    """Refuses a policy that was made for another robot, observation or action mapping.

    Raises:
      UsageError: naming what differs.
    """
    check_interface_fits(policy.interface, env, policy.info.code_version)


class _Header(Strict):
    """The JSON of a policy file."""

    activation: Activation
    squash: Squash
    noise_transform: NoiseTransform
    observation_clip: Positive | None
    layer_count: Count
    interface: Interface
    info: PolicyInfo


def _problem_with(policy: Policy) -> str | None:
    """What makes the arrays inconsistent or unusable, None if nothing does."""
    for what, value, valid in (
        ("activation", policy.activation, get_args(Activation)),
        ("squash", policy.squash, get_args(Squash)),
        ("noise_transform", policy.noise_transform, get_args(NoiseTransform)),
    ):
        if value not in valid:
            return f"{what} is {value!r}, valid are {', '.join(valid)}"
    if not policy.layers:
        return "it has no layers"
    inputs, outputs = policy.interface.observation_size, policy.interface.action_size
    expected = [
        ("observation.mean", policy.observation_mean, (inputs,)),
        ("observation.std", policy.observation_std, (inputs,)),
    ]
    hidden = [int(np.size(layer.bias)) for layer in policy.layers[:-1]]
    dense = [
        (f"layer_{index}", layer, sizes)
        for index, (layer, *sizes) in enumerate(
            zip(policy.layers, [inputs, *hidden], [*hidden, outputs], strict=True),
        )
    ]
    for name, layer, (size_in, size_out) in (*dense, ("noise", policy.noise, [dense[-1][2][0], outputs])):
        expected += [
            (f"{name}.kernel", layer.kernel, (size_in, size_out)),
            (f"{name}.bias", layer.bias, (size_out,)),
        ]
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
