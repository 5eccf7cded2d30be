"""The file of a study: which trainings, how often, how they are judged, and what is asked of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from trainers.study.ranges import Sweep
from wildrobot.config import Positive, Section, Seed, SmallCount, YamlFiles, shipped_folder, validated
from wildrobot.evaluation.play.suite import DEFAULT_SUITES

TrainerName = Literal["brax", "brax-amp", "sb3", "sb3-amp", "rsl_rl"]
Name = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^|\n]+$")]

_STUDIES = YamlFiles("study", shipped_folder() / "studies")


class Group(Section):
    """Trainings that differ in their seed alone."""

    trainer: TrainerName
    config: str = Field(default="walk", description="name of an experiment, or path of a YAML file")
    settings: tuple[str, ...] = Field(default=(), description="overrides of the experiment: dotted.path=value")


class Question(Section):
    """What two groups are compared for."""

    asks: str
    groups: tuple[Name, Name]


class Judge(Section):
    """What every policy plays."""

    suites: Annotated[tuple[str, ...], Field(min_length=1)] = DEFAULT_SUITES
    quick: bool = Field(default=False, description="fewer and shorter episodes")
    episodes: SmallCount | None = Field(default=None, description="of each case; null: as many as the suite says")


class Style(Section):
    """How much policies walk like reference motions."""

    references: Annotated[tuple[str, ...], Field(min_length=1)] = ("generated",)
    quick: bool = False


class Study(Section):
    """One study."""

    title: str
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)]
    groups: Annotated[dict[Name, Group], Field(min_length=1)]
    judge: Judge = Field(default_factory=Judge)
    style: Style | None = Field(default=None, description="null: style is not measured")
    learned_m_per_s: Positive = Field(
        default=0.05,
        description="a training has learned to walk when its own mean error of the forward speed is first below this",
    )
    cores_per_training: SmallCount = Field(default=2, description="that one training gets at least")
    questions: tuple[Question, ...] = ()
    sweep: Sweep | None = Field(default=None, description="search for better settings of one group, and nothing else")

    @model_validator(mode="after")
    def _names_are_known(self) -> Study:
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError("a seed is named twice; name each once")
        if self.sweep is not None and self.sweep.group not in self.groups:
            raise ValueError(
                f"the sweep is of {self.sweep.group!r}, and the groups are {', '.join(self.groups)}; name one of them"
            )
        for question in self.questions:
            if unknown := [name for name in question.groups if name not in self.groups]:
                raise ValueError(
                    f"the question {question.asks!r} is about {unknown[0]!r}, and the groups are "
                    f"{', '.join(self.groups)}; name two of them"
                )
            if len(set(question.groups)) < 2:
                raise ValueError(f"the question {question.asks!r} compares a group with itself; name two groups")
        return self


def study_names() -> list[str]:
    """Names of the studies that come with the package."""
    return _STUDIES.names()


def load_study(name_or_path: str) -> Study:
    """Reads a study.

    Args:
      name_or_path: the name of one that comes with the package (`verdict`), or the path of a YAML file.

    Raises:
      UsageError: for a file that cannot be read, or a field that is unknown, missing, of the wrong type or out of
        range.
    """
    file = _STUDIES.read(name_or_path, holds=", ".join(Study.model_fields))
    return validated(Study, file.values, file.source)
