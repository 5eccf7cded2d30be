"""Everything that was measured of style: the records that are saved as JSON and read back."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from jaxtyping import Float
from pydantic import Field

from wildrobot.config import validated
from wildrobot.errors import UsageError
from wildrobot.evaluation.judge.provenance import provenance, versions
from wildrobot.evaluation.judge.result import Contrast, Estimate, Provenance
from wildrobot.evaluation.measure.metrics import MetricInfo
from wildrobot.evaluation.play.candidates import Candidate
from wildrobot.evaluation.play.suite import Suite
from wildrobot.evaluation.record import Count, Number, Record, number, read_json
from wildrobot.evaluation.style.discriminator import LEVELS
from wildrobot.evaluation.style.groups import Walker, by_group, contrast, mean_estimates
from wildrobot.evaluation.style.metrics import MATTERS, STYLE_METRICS
from wildrobot.evaluation.style.reference import Reference

Numbers = tuple[Number, ...]


class Settings(Record):
    """How it was played and measured."""

    seed: int
    episodes: Count
    """Per command."""
    classifier_samples: Count
    versions: dict[str, str]


class Command(Record):
    """A command, and the clips that it is compared with."""

    command: tuple[float, float, float]
    """vx [m/s], vy [m/s], yaw rate [rad/s]."""
    seconds: float
    clips: tuple[str, ...]


class MeasuredCommand(Record):
    """What one walker did under one command."""

    metrics: dict[str, Numbers]
    """One number per episode."""
    clips: tuple[str, ...]
    """The clip that each episode is compared with."""
    auc_by_noise: tuple[Numbers, ...]
    """Per noise level, then per episode."""


class WalkerResult(Record):
    """A policy or a baseline."""

    name: str
    group: str
    baseline: bool
    policy: Provenance | None
    commands: dict[str, MeasuredCommand]


class GroupResult(Record):
    """The walkers of one name."""

    runs: tuple[str, ...]
    mean: dict[str, Estimate]
    """Over all commands."""
    commands: dict[str, dict[str, Estimate]]


class StyleComparison(Record):
    """Two groups of policies in every metric, over all commands."""

    groups: Annotated[tuple[str, ...], Field(min_length=2, max_length=2)]
    metrics: dict[str, Contrast]


class StyleResult(Record):
    """One measurement of style."""

    schema_name: Literal["wildrobot-style"] = Field(alias="schema", default="wildrobot-style")
    schema_version: Literal[2] = 2
    settings: Settings
    metrics: dict[str, MetricInfo]
    matters: dict[str, float]
    """The smallest difference that matters, of the metrics that say which group is nearer to the reference."""
    noise_levels: tuple[float, ...]
    commands: dict[str, Command]
    walkers: tuple[WalkerResult, ...]
    groups: dict[str, GroupResult]
    comparisons: tuple[StyleComparison, ...]


def style_result(
    suite: Suite,
    references: Mapping[str, Sequence[Reference]],
    candidates: Sequence[Candidate],
    walkers: Sequence[Walker],
    *,
    samples: int,
) -> StyleResult:
    """Every metric of every episode and group, and every contrast of two groups."""
    commands, policies = [case.id for case in suite.cases], {each.name: each for each in candidates}
    return StyleResult(
        settings=Settings(
            seed=suite.seed, episodes=suite.episodes, classifier_samples=samples, versions=versions()
        ),
        metrics=STYLE_METRICS,
        matters=MATTERS,
        noise_levels=LEVELS,
        commands={
            case.id: Command(
                command=case.command, seconds=case.seconds, clips=tuple(each.clip.name for each in references[case.id])
            )
            for case in suite.cases
        },
        walkers=tuple(_walker(each, commands, policies.get(each.name)) for each in walkers),
        groups={
            name: GroupResult(
                runs=tuple(each.name for each in group),
                mean=mean_estimates(group, commands),
                commands={command: mean_estimates(group, [command]) for command in commands},
            )
            for name, group in by_group(walkers).items()
        },
        comparisons=tuple(_comparisons(walkers, commands)),
    )  # fmt: skip


def to_json(result: StyleResult) -> str:
    """The whole result."""
    return result.model_dump_json(by_alias=True, indent=1)


def load(path: Path) -> StyleResult:
    """Reads what `to_json` wrote.

    Raises:
      UsageError: for a file that cannot be read, or is no result of this version.
    """
    tree = read_json(path, writer="--json")
    version = (tree.get("schema"), tree.get("schema_version")) if isinstance(tree, dict) else None
    if version != ("wildrobot-style", 2):
        raise UsageError(f"{path}: not a measurement of style by this version of WildRobot; measure it again")
    return validated(StyleResult, tree, str(path))


def _walker(walker: Walker, commands: Sequence[str], candidate: Candidate | None) -> WalkerResult:
    return WalkerResult(
        name=walker.name,
        group=walker.group,
        baseline=walker.baseline,
        policy=provenance(candidate) if candidate else None,
        commands={
            command: MeasuredCommand(
                metrics={name: _numbers(values) for name, values in measured.values.items()},
                clips=tuple(measured.clips),
                auc_by_noise=tuple(_numbers(row) for row in measured.auc),
            )
            for command, measured in ((each, walker.measured[each]) for each in commands)
        },
    )


def _comparisons(walkers: Sequence[Walker], commands: Sequence[str]) -> list[StyleComparison]:
    groups = by_group([walker for walker in walkers if not walker.baseline])
    return [
        StyleComparison(
            groups=names,
            metrics={
                name: contrast({each: groups[each] for each in names}, info, commands)
                for name, info in STYLE_METRICS.items()
            },
        )
        for names in itertools.combinations(groups, 2)
    ]


def _numbers(values: Float[np.ndarray, " E"] | Sequence[Any]) -> Numbers:
    return tuple(number(float(value)) for value in values)
