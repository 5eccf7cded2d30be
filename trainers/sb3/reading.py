"""Reads a model of SB3's own format as a neutral policy."""

from __future__ import annotations

import json
import pickle
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from stable_baselines3.common.save_util import load_from_zip_file
from stable_baselines3.common.vec_env import VecNormalize

from trainers.checkpoints import model_at
from trainers.origin import origin_of
from trainers.sb3 import checkpoints
from trainers.sb3.policy import AMP_FRAMEWORK, FRAMEWORK, to_policy
from trainers.sb3.settings import Sb3Ppo
from wildrobot.env import make_env
from wildrobot.errors import UsageError
from wildrobot.policy import Policy

_REMEDY = "give another checkpoint of the run, or its policy.safetensors"


def read(path: Path, *, trust: bool) -> Policy | None:
    """Reads `<run>/checkpoints/<steps>/model.zip` with its normaliser, or the folder, or the newest in `checkpoints`.

    Args:
      path: what may be one of them.
      trust: such files can run any code when they are read; without this, they are not.

    Returns:
      The policy, None if the path is something else.

    Raises:
      UsageError: for a model that is not trusted, damaged, outside of a run folder, or of other networks than ours.
    """
    model_path = model_at(path, checkpoints.MODEL)
    if model_path is None:
        return None
    normalizer_path = model_path.with_name(checkpoints.NORMALIZER)
    if not normalizer_path.is_file():
        raise UsageError(
            f"{model_path}: the normaliser of its observations is not beside it; "
            f"copy the {checkpoints.NORMALIZER} of the same checkpoint there"
        )
    if not trust:
        raise UsageError(
            f"{model_path}: files of Stable-Baselines3 can run any code when they are read; give the "
            "policy.safetensors of the run instead, or, if you know where they come from, add --trust"
        )
    origin = origin_of(model_path.parent, Sb3Ppo)
    weights, steps = _intact(model_path, lambda: _weights_and_steps(model_path))
    normalizer = _intact(normalizer_path, lambda: pickle.loads(normalizer_path.read_bytes()))
    if not isinstance(normalizer, VecNormalize):
        raise UsageError(f"{normalizer_path}: holds a {type(normalizer).__name__} and no VecNormalize; {_REMEDY}")
    try:
        framework = AMP_FRAMEWORK if model_path.with_name(checkpoints.AMP).is_file() else FRAMEWORK
        age = origin.steps_before + steps
        policy = to_policy(weights, normalizer, make_env(origin.env), origin.settings, age, framework)
        return policy.with_training(origin.training)
    except UsageError as error:
        raise UsageError(f"{model_path}: {error}; {_REMEDY}") from None
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise UsageError(
            f"{model_path}: is no model that `python -m trainers sb3` made ({error!r}); {_REMEDY}"
        ) from None


def _weights_and_steps(path: Path) -> tuple[Mapping[str, torch.Tensor], int]:
    """The networks and the age of a model, without unpickling the rest of it."""
    with zipfile.ZipFile(path) as archive:
        steps = json.loads(archive.read("data"))["num_timesteps"]
    parameters: Any
    _, parameters, _ = load_from_zip_file(path, load_data=False, device="cpu")
    return parameters["policy"], int(steps)


def _intact(path: Path, load: Callable[[], Any]) -> Any:
    try:
        return load()
    except Exception as error:  # unpickling can raise anything
        raise UsageError(f"{path}: is damaged, or not of Stable-Baselines3 ({error!r}); {_REMEDY}") from None
