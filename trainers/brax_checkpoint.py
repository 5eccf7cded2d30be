"""Reads a checkpoint of Brax's own format as a neutral policy."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

from trainers import brax_compat  # noqa: F401  before anything of Brax

# isort: split
from brax.training.agents.ppo import checkpoint

from trainers.brax_networks import to_policy
from trainers.origin import origin_of
from trainers.stragglers import first_line, without_stragglers
from wildrobot.env import WildRobotEnv, make_env
from wildrobot.errors import UsageError
from wildrobot.experiment import BraxPpoConfig
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
    found = _checkpoint_at(path)
    if found is None:
        return None
    origin = origin_of(found, "brax_ppo", BraxPpoConfig)
    core = make_env(origin.env)
    observation_clip = _network_keywords(found, core).get("observation_clip")
    params = _params(found)
    try:
        steps = origin.steps_before + int(found.name)
        return to_policy(params, core, origin.settings, steps, observation_clip)
    except UsageError as error:
        raise UsageError(f"{found}: {error}") from None
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise UsageError(
            f"{found}: is not as `python -m trainers brax` writes it ({first_line(error)}); {_REMEDY}"
        ) from None


def _checkpoint_at(path: Path) -> Path | None:
    """The checkpoint that a path means, absolute as Orbax wants it; None if it means none."""
    if (path / _NETWORK).is_file():
        return path.resolve()
    found = sorted(path.glob(f"[0-9]*/{_NETWORK}"))
    return found[-1].parent.resolve() if found else None


def _params(path: Path) -> Any:
    """Brax's own (normaliser, policy, value), as NumPy arrays."""
    try:
        with warnings.catch_warnings(), without_stragglers():
            # Orbax's, about arrays that devices share; Brax asks for NumPy arrays.
            warnings.filterwarnings("ignore", message="Sharding info not provided")
            return checkpoint.load(str(path))
    except Exception as error:  # a zoo: of Orbax, of TensorStore, of JSON, of whatever the damage leads into
        raise UsageError(f"{path}: is damaged or incomplete ({first_line(error)}); {_REMEDY}") from None


def _network_keywords(path: Path, core: WildRobotEnv) -> dict[str, Any]:
    """How the networks were made, once they are known to be of our robot's shapes."""
    ours = (sum(size for _, size in core.observation_layout), core.action_size)
    try:
        network = json.loads((path / _NETWORK).read_text(encoding="utf-8"))
        theirs = (network["observation_size"]["state"]["shape"][0], network["action_size"])
        keywords = dict(network["network_factory_kwargs"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise UsageError(
            f"{path}: {_NETWORK} is not as `python -m trainers brax` writes it ({first_line(error)}); {_REMEDY}"
        ) from None
    if theirs != ours:
        raise UsageError(
            f"{path}: its actor takes {theirs[0]} observations and gives {theirs[1]} actions, and this robot's takes "
            f"{ours[0]} and gives {ours[1]}; {_REMEDY}"
        )
    return keywords
