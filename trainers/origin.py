"""What a checkpoint alone does not say, from the run folder that holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from trainers.kept import CONFIG, PROVENANCE, read_provenance
from trainers.versions import needed
from wildrobot.config import Section, read_tree, validated
from wildrobot.errors import UsageError
from wildrobot.experiment import EnvConfig, section_name
from wildrobot.policy import TrainingRecord

SettingsT = TypeVar("SettingsT", bound=Section)


@dataclass(frozen=True)
class Origin(Generic[SettingsT]):
    """The run that a checkpoint belongs to.

    Attributes:
      env: the environment that it was trained in.
      settings: of the trainer.
      steps_before: environment steps behind the policy that the run started from; 0 if it started from nothing.
      training: for the policies of the run.
    """

    env: EnvConfig
    settings: SettingsT
    steps_before: int
    training: TrainingRecord


def training_record(experiment: Mapping[str, Any], provenance: Mapping[str, Any]) -> TrainingRecord:
    """What a policy says of its training.

    Args:
      experiment: a tree of JSON.
      provenance: of the run, as `read_provenance` gives it.
    """
    then = provenance.get("versions", {})
    return TrainingRecord(
        settings={name: tree for name, tree in experiment.items() if name not in ("version", "env")},
        versions={name: then[name] for name in needed(str(provenance.get("trainer"))) if name in then},
        commit=provenance.get("commit"),
        started_from=provenance.get("started_from", {}).get("sha256"),
    )


def origin_of(checkpoint: Path, schema: type[SettingsT]) -> Origin[SettingsT]:
    """Reads `config.yaml` and `run.json` of the run folder of `<run>/checkpoints/<steps>`.

    Only the environment and the trainer's own section are read: another trainer's need not be installed.

    Raises:
      UsageError: if there is no such folder around the checkpoint, or its configuration cannot be used.
    """
    run = checkpoint.resolve().parents[1]
    if (checkpoint / PROVENANCE).is_file():
        run = checkpoint  # its own copies, which its digests vouch for; an older version kept none
    config, section = run / CONFIG, section_name(schema)
    remedy = "give a checkpoint inside the run folder that training made"
    provenance = read_provenance(run)
    if not config.is_file():
        raise UsageError(f"{checkpoint}: cannot read {config}, which says what it was trained for; {remedy}")
    tree, _ = read_tree(config)
    if missing := [name for name in ("env", section) if name not in tree]:
        raise UsageError(f"{config}: has no section {' nor '.join(missing)}; {remedy}")
    return Origin(
        env=validated(EnvConfig, tree["env"], f"{config}: env"),
        settings=validated(schema, tree[section], f"{config}: {section}"),
        steps_before=provenance.get("started_from", {}).get("environment_steps", 0),
        training=training_record(tree, provenance),
    )
