"""What a checkpoint alone does not say, from the run folder that holds it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel

from wildrobot.config import parse_yaml, validated
from wildrobot.errors import UsageError
from wildrobot.experiment import EnvConfig

SettingsT = TypeVar("SettingsT", bound=BaseModel)


@dataclass(frozen=True)
class Origin(Generic[SettingsT]):
    """The run that a checkpoint belongs to.

    Attributes:
      env: the environment that it was trained in.
      settings: of the trainer.
      steps_before: environment steps behind the policy that the run started from; 0 if it started from nothing.
    """

    env: EnvConfig
    settings: SettingsT
    steps_before: int


def origin_of(checkpoint: Path, section: str, schema: type[SettingsT]) -> Origin[SettingsT]:
    """Reads `config.yaml` and `run.json` of the run folder of `<run>/checkpoints/<steps>`.

    Only the environment and the trainer's own section are read: a run may be older than another trainer's settings.

    Raises:
      UsageError: if there is no such folder around the checkpoint, or its configuration cannot be used.
    """
    run = checkpoint.resolve().parents[1]
    config = run / "config.yaml"
    try:
        tree = parse_yaml(config.read_text(encoding="utf-8"), str(config))
        provenance = json.loads((run / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{checkpoint}: cannot read {config} and run.json beside it ({' '.join(str(error).split())}), which say "
            "what the checkpoint was trained for; give a checkpoint inside the run folder that training made"
        ) from None
    missing = [name for name in ("env", section) if not isinstance(tree, dict) or name not in tree]
    if missing:
        raise UsageError(
            f"{config}: has no section {' nor '.join(missing)}; give a checkpoint inside the run folder that made it"
        )
    return Origin(
        env=validated(EnvConfig, tree["env"], f"{config}: env"),
        settings=validated(schema, tree[section], f"{config}: {section}"),
        steps_before=provenance.get("started_from", {}).get("environment_steps", 0),
    )
