"""Reads a model of RSL-RL's own format as a neutral policy."""

from __future__ import annotations

from pathlib import Path

from trainers.checkpoints import model_at
from trainers.origin import origin_of
from trainers.rsl_rl import checkpoints
from trainers.rsl_rl.policy import to_policy
from trainers.rsl_rl.settings import RslRlPpo
from wildrobot.env import make_env
from wildrobot.errors import UsageError
from wildrobot.policy import Policy

_REMEDY = "give another checkpoint of the run, or its policy.safetensors"


def read(path: Path, *, trust: bool) -> Policy | None:
    """Reads `<run>/checkpoints/<steps>/model.pt`, or the folder, or the newest in `checkpoints`.

    Args:
      path: what may be one of them.
      trust: not needed, since nothing in such a file can run.

    Returns:
      The policy, None if the path is something else.

    Raises:
      UsageError: for a model that is damaged, outside of a run folder, or of other networks than ours.
    """
    model_path = model_at(path, checkpoints.MODEL)
    if model_path is None:
        return None
    origin = origin_of(model_path.parent, RslRlPpo)
    try:
        saved = checkpoints.read(model_path)
    except Exception as error:  # PyTorch's readers raise anything
        raise UsageError(
            f"{model_path}: is damaged, or not of RSL-RL ({' '.join(str(error).split())}); {_REMEDY}"
        ) from None
    try:
        age = origin.steps_before + saved["infos"][checkpoints.STEPS]
        policy = to_policy(saved["actor_state_dict"], make_env(origin.env), origin.settings, age)
        return policy.with_training(origin.training)
    except UsageError as error:
        raise UsageError(f"{model_path}: {error}; {_REMEDY}") from None
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise UsageError(
            f"{model_path}: is no model that `python -m trainers rsl_rl` made ({error!r}); {_REMEDY}"
        ) from None
