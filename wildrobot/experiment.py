"""An experiment: one file in `configs/`, or of the same form."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field, create_model, model_validator

from wildrobot.config import VERSION, Section, load
from wildrobot.physics.config import PhysicsConfig, VariantsConfig
from wildrobot.plugins import plugins
from wildrobot.resets.config import ReferenceStartsConfig, StartsConfig
from wildrobot.task.config import TaskConfig

SETTINGS = "wildrobot.settings"
"""The entry points of the trainers' sections: the name of the section, and its class, whose fields all have defaults.

The module of the class must not import the trainer's framework: a section is checked where that is not installed, too.
"""

SectionT = TypeVar("SectionT", bound=Section)


class EnvConfig(Section):
    """All that the environment core needs: the robot by its name or the path of its description, physics, task, ...

    Paths are relative to the working directory.
    """

    robot: str = "wildrobot"
    physics: PhysicsConfig
    variants: VariantsConfig
    starts: StartsConfig
    reference_starts: ReferenceStartsConfig
    task: TaskConfig

    @model_validator(mode="after")
    def _has_a_step(self) -> EnvConfig:
        if self.episode_steps < 1:
            raise ValueError(
                f"task.episode_length_s = {self.task.episode_length_s:g} is less than one control step of "
                f"physics.substeps x physics.timestep_s = {self.physics.control_period_s:g} s"
            )
        return self

    @property
    def episode_steps(self) -> int:
        """Control steps of a full episode."""
        return round(self.task.episode_length_s / self.physics.control_period_s)

    def __reduce__(self) -> tuple[Any, ...]:
        # As JSON: pickle would look for the classes of some sections, which are made when the program runs.
        return EnvConfig.model_validate_json, (self.model_dump_json(),)


class Experiment(Section):
    """The environment, and a section for each trainer that is installed: see `experiment_class`."""

    version: Annotated[int, Field(ge=VERSION, le=VERSION)] = VERSION
    env: EnvConfig

    def section(self, schema: type[SectionT]) -> SectionT:
        """The settings of a trainer, by the class that it has registered."""
        return getattr(self, section_name(schema))

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_json, (self.model_dump_json(),)

    def with_section(self, settings: Section) -> Experiment:
        """The experiment with other settings of one trainer."""
        return self.model_copy(update={section_name(type(settings)): settings})


@functools.cache
def experiment_class() -> type[Experiment]:
    """`Experiment` with a field for the section of each installed trainer."""
    sections: dict[str, Any] = {}
    for name, schema in _settings().items():
        sections[name] = (schema, Field(default_factory=schema, description=(schema.__doc__ or "").partition("\n")[0]))
    return create_model("Experiment", __base__=Experiment, **sections)


def load_experiment(name_or_path: str | Path, overrides: Sequence[str] = ()) -> Experiment:
    """Reads an experiment.

    Args:
      name_or_path: the name of a file that comes with the package (`walk`), or the path of a YAML file.
      overrides: `dotted.path=value`, the value in YAML.

    Raises:
      UsageError: for a file that cannot be read, or a field that is unknown, missing, of the wrong type or out of
        range.
    """
    return load(experiment_class(), name_or_path, overrides)


def section_name(schema: type[Section]) -> str:
    """The name of a trainer's section in files and overrides."""
    return next(name for name, registered in _settings().items() if registered is schema)


def _from_json(text: str) -> Experiment:
    return experiment_class().model_validate_json(text)


@functools.cache
def _settings() -> dict[str, type[Section]]:
    return {entry.name: entry.load() for entry in plugins(SETTINGS)}
