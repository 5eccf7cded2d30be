"""Figures over episodes, commands and training runs, and which of two groups of policies is nearer to the reference.

The unit is the episode for a group of one policy, and the whole training run for a group of several: see
`wildrobot.evaluation.measure.statistics` and `wildrobot.evaluation.judge.compare`, whose arithmetic this is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from wildrobot.evaluation.judge import cases as results
from wildrobot.evaluation.judge import compare
from wildrobot.evaluation.judge.compare import Contrast
from wildrobot.evaluation.measure import statistics
from wildrobot.evaluation.measure.metrics.figures import Measure
from wildrobot.evaluation.measure.statistics import Estimate
from wildrobot.evaluation.style.figures import FIGURES, SURVIVAL, Measured


@dataclass(frozen=True)
class Walker:
    """One that walked: a policy, or a baseline.

    Attributes:
      name: unique among all.
      group: the name that it shares with the other seeds of its training; its own if it stands alone.
      measured: by command, the id of a case.
      baseline: whether it is none of those that are judged.
    """

    name: str
    group: str
    measured: Mapping[str, Measured]
    baseline: bool = False


def groups(walkers: Sequence[Walker]) -> dict[str, list[Walker]]:
    """Walkers by the name of their group, in order."""
    found: dict[str, list[Walker]] = {}
    for walker in walkers:
        found.setdefault(walker.group, []).append(walker)
    return found


def estimates(group: Sequence[Walker], commands: Sequence[str]) -> dict[str, Estimate]:
    """Every figure of a group over some commands, each of which counts the same.

    Of one walker the mean over its episodes, of several the interquartile mean of their means.
    """
    if len(group) > 1:
        return {each.name: statistics.iqm(_means(group, each, commands)) for each in FIGURES}
    tables = [
        np.stack([group[0].measured[command].values[each.name] for each in FIGURES], axis=1) for command in commands
    ]
    found = dict(zip((each.name for each in FIGURES), statistics.stratified_mean(tables), strict=True))
    survived = np.concatenate([group[0].measured[command].values[SURVIVAL.name] for command in commands])
    # Of one episode per command, played without chance, there is no rate to be unsure of.
    return found | ({SURVIVAL.name: results.rate(survived)} if len(survived) > len(commands) else {})


def contrast(first: Sequence[Walker], second: Sequence[Walker], of: Measure, commands: Sequence[str]) -> Contrast:
    """One figure of two groups over some commands; of one policy against one, in pairs of episodes."""
    if len(first) > 1 or len(second) > 1:
        return compare.by_run(of, _means(first, of, commands), _means(second, of, commands))
    strata = [
        [group[0].measured[command].values[of.name][:, None] for command in commands] for group in (first, second)
    ]
    means = [statistics.stratified_mean(each)[0] for each in strata]
    return Contrast(
        means[0],
        means[1],
        ([means[0].value], [means[1].value]),
        statistics.paired_difference(*strata)[0],
        compare.improvement(of, np.concatenate(strata[0], axis=1), np.concatenate(strata[1], axis=1)),
    )


def _means(group: Sequence[Walker], of: Measure, commands: Sequence[str]) -> Float[np.ndarray, "runs commands"]:
    """The mean over episodes of each run under each command; NaN where no episode has the figure."""
    table = np.full((len(group), len(commands)), np.nan)
    for row, walker in enumerate(group):
        for column, command in enumerate(commands):
            values = walker.measured[command].values[of.name]
            present = values[np.isfinite(values)]
            if len(present):
                table[row, column] = present.mean()
    return table
