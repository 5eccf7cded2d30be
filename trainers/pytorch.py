"""What trainers on PyTorch share: dense layers from and to a neutral policy, and how many threads compute."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from wildrobot.policy import Layer
from wildrobot.processors import available_threads


def limit_threads() -> None:
    """Uses no more threads than there are processors for us: PyTorch counts all, and knows nothing of quotas."""
    torch.set_num_threads(min(torch.get_num_threads(), available_threads()))


def array(tensor: torch.Tensor) -> np.ndarray:
    """A NumPy copy of a tensor."""
    return tensor.detach().numpy().copy()


def layer(weights: Mapping[str, torch.Tensor], name: str) -> Layer:
    """The dense layer `name` of a `state_dict`."""
    return Layer(array(weights[f"{name}.weight"]).T.copy(), array(weights[f"{name}.bias"]))


def install(layer: Layer, module: torch.nn.Linear) -> None:
    """Gives a module the weights of a layer."""
    module.weight.data.copy_(torch.from_numpy(layer.kernel.T.copy()))
    module.bias.data.copy_(torch.from_numpy(layer.bias.copy()))
