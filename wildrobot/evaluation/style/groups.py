"""Metrics over episodes, commands and training runs, and which of two groups of policies is nearer to the reference.

The unit is the episode for a group of one policy, and the whole training run for a group of several: see
`wildrobot.evaluation.measure.statistics` and `wildrobot.evaluation.judge.compare`, whose arithmetic this is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from wildrobot.evaluation.judge import compare, estimates
from wildrobot.evaluation.judge.result import Contrast, Estimate
from wildrobot.evaluation.measure import statistics
from wildrobot.evaluation.measure.metrics import MetricInfo
from wildrobot.evaluation.style.metrics import STYLE_METRICS, SURVIVAL, Measured


@dataclass(frozen=True)
class Walker:
    """A policy or a baseline that has been measured.

    Attributes:
      name: unique among all.
      group: the name that it shares with the other seeds of its training; its own if it stands alone.
      measured: by command, the id of a case.
      baseline: whether it is a baseline and not a policy that is judged.
    """

    name: str
    group: str
    measured: Mapping[str, Measured]
    baseline: bool = False


def by_group(walkers: Sequence[Walker]) -> dict[str, list[Walker]]:
    """Walkers by the name of their group, in order."""
    found: dict[str, list[Walker]] = {}
    for walker in walkers:
        found.setdefault(walker.group, []).append(walker)
    return found


def mean_estimates(group: Sequence[Walker], commands: Sequence[str]) -> dict[str, Estimate]:
    """Every metric of a group over some commands; every command counts the same.

    Of one walker the mean over its episodes, of several the interquartile mean of their means.
    """
    if len(group) > 1:
        return {name: Estimate.from_statistics(statistics.iqm(_means(group, name, commands))) for name in STYLE_METRICS}
    tables = [
        np.stack([group[0].measured[command].values[name] for name in STYLE_METRICS], axis=1) for command in commands
    ]
    means = map(Estimate.from_statistics, statistics.stratified_mean(tables))
    found = dict(zip(STYLE_METRICS, means, strict=True))
    survived = np.concatenate([group[0].measured[command].values[SURVIVAL.name] for command in commands])
    # Of one episode per command, played without randomness, a rate has no uncertainty.
    return found | ({SURVIVAL.name: estimates.rate(survived)} if len(survived) > len(commands) else {})


def contrast(members: Mapping[str, Sequence[Walker]], info: MetricInfo, commands: Sequence[str]) -> Contrast:
    """One metric of two groups over some commands; of one policy against one, in pairs of episodes."""
    if any(len(group) > 1 for group in members.values()):
        return compare.by_run(info, {name: _means(group, info.name, commands) for name, group in members.items()})
    tables = {
        name: [walker.measured[command].values[info.name][:, None] for command in commands]
        for name, (walker,) in members.items()
    }
    return compare.by_episode({info.name: info}, tables)[info.name]


def _means(group: Sequence[Walker], name: str, commands: Sequence[str]) -> Float[np.ndarray, "runs commands"]:
    """The mean over episodes of each run under each command; NaN where no episode has the metric."""
    table = np.full((len(group), len(commands)), np.nan)
    for row, walker in enumerate(group):
        for column, command in enumerate(commands):
            values = walker.measured[command].values[name]
            present = values[np.isfinite(values)]
            if len(present):
                table[row, column] = present.mean()
    return table
