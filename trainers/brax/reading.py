"""Reads a checkpoint of Brax's own format, out of a run folder of ours, as a neutral policy."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

from brax.training.agents.ppo import checkpoint

from trainers.brax.networks import to_policy
from trainers.brax.settings import BraxPpo
from trainers.digests import DIGESTS, Damaged, is_finished, verify
from trainers.origin import origin_of
from wildrobot.env import WildRobotEnv, make_env
from wildrobot.errors import UsageError
from wildrobot.policy import Policy

_NETWORK = "ppo_network_config.json"
_REMEDY = "give another checkpoint of the run, or its policy.safetensors"


def read(path: Path, *, trust: bool) -> Policy | None:
    """Reads `<run>/checkpoints/<steps>`, or the newest one in `<run>/checkpoints`.

    Args:
      path: what may be such a folder.
      trust: not needed, since nothing in such a checkpoint can run.

    Returns:
      The policy, None if the path is something else.

    Raises:
      UsageError: for a checkpoint that is damaged, outside of a run folder, or of other networks than ours.
    """
    folder = _checkpoint_at(path)
    if folder is None:
        return None
    origin = origin_of(folder, BraxPpo)
    core = make_env(origin.env)
    try:
        _verify(folder)
        params = _params(folder)
        keywords = _network_keywords(folder, core)
        age = origin.steps_before + int(folder.name)
        policy = to_policy(params, core, origin.settings, age, keywords.get("observation_clip"))
        return policy.with_training(origin.training)
    except (UsageError, Damaged) as error:
        raise UsageError(f"{folder}: {error}; {_REMEDY}") from None
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise UsageError(
            f"{folder}: is not as `python -m trainers brax` writes it ({' '.join(str(error).split())}); {_REMEDY}"
        ) from None


def _checkpoint_at(path: Path) -> Path | None:
    """The checkpoint that a path means, absolute as Orbax wants it; None if it means none."""
    if (path / _NETWORK).is_file():
        return path.resolve()
    folders = [file.parent for file in sorted(path.glob(f"[0-9]*/{_NETWORK}"))]
    finished = [folder for folder in folders if is_finished(folder)]
    return (finished or folders)[-1].resolve() if folders else None


def _verify(folder: Path) -> None:
    """Refuses damaged files before Orbax reads them: its threads would still complain after it has failed."""
    if not is_finished(folder):
        raise Damaged(f"has no {DIGESTS}, so it is unfinished or an older wildrobot wrote it")
    verify(folder)


def _params(folder: Path) -> Any:
    """Brax's own (normaliser, policy, value), as NumPy arrays."""
    with warnings.catch_warnings():
        # Orbax's, about arrays that devices share; Brax asks for NumPy arrays.
        warnings.filterwarnings("ignore", message="Sharding info not provided")
        return checkpoint.load(str(folder))


def _network_keywords(folder: Path, core: WildRobotEnv) -> dict[str, Any]:
    """How the networks were made, once they are known to be of our robot's shapes."""
    ours = (sum(size for _, size in core.observation_layout), core.action_size)
    network = json.loads((folder / _NETWORK).read_text(encoding="utf-8"))
    theirs = (network["observation_size"]["state"]["shape"][0], network["action_size"])
    if theirs != ours:
        raise UsageError(
            f"its actor takes {theirs[0]} observations and gives {theirs[1]} actions, and this robot's takes "
            f"{ours[0]} and gives {ours[1]}"
        )
    return dict(network["network_factory_kwargs"])
