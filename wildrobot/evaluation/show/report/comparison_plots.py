"""Which plots a comparison has, and which of them is shown first."""

from __future__ import annotations

import math
from collections.abc import Mapping

from wildrobot.evaluation.judge.result import Comparison, Contrast, Evaluation
from wildrobot.evaluation.measure.metrics import MetricInfo
from wildrobot.evaluation.show.report.numbers import words
from wildrobot.evaluation.show.report.plots import comparison as plots
from wildrobot.evaluation.show.report.plots.base import Legend, Panel, PlotGroup, Select
from wildrobot.evaluation.show.report.style import Style


def compared(evaluation: Evaluation, index: int, styles: Mapping[str, Style]) -> PlotGroup | None:
    """The groups of the index-th comparison in every suite and metric, and the probability of improvement.

    Args:
      evaluation: the result.
      index: of the comparison.
      styles: by the name of each group.
    """
    comparison = evaluation.comparisons[index]
    looks = {group: styles[group] for group in comparison.groups}
    played = [suite for suite in evaluation.suites if suite.name in comparison.suites]
    drawn = []
    for suite in played:
        part = comparison.suites[suite.name]
        drawn += [
            plots.points(f"compare/{index}/{suite.name}/{name}", evaluation, suite, part, name, looks)
            for name in part.metrics
        ]
        better = plots.improvement(f"improvement/{index}/{suite.name}", evaluation, part, list(looks))
        drawn += [better] if better else []
    if not drawn:
        return None
    suite, metric = most_significant(evaluation, comparison)
    names = {name: None for part in comparison.suites.values() for name in part.metrics}
    selects = [
        Select("suite", "Suite", [(each.name, words(each.name)) for each in played], suite),
        Select("metric", "Metric", [(name, evaluation.metrics[name].label) for name in names], metric),
    ]
    runs = comparison.unit == "training seed"
    panels = [
        Panel(
            f"compare/{index}/{{suite}}/{{metric}}",
            "Every run, and the group" if runs else "The groups",
            "Open marks: single runs. Filled: the group with its 95 % interval."
            if runs
            else "With 95 % intervals over the episodes.",
        )
    ]
    if any(plot.key.startswith("improvement/") for plot in drawn):
        first, second = looks
        panels.append(
            Panel(
                f"improvement/{index}/{{suite}}",
                "Probability of improvement",
                f"That {'a run' if runs else 'an episode'} of {first} beats one of {second} in this suite. "
                "Filled: the difference is significant.",
            )
        )
    legend = [Legend(name, "marker", look.colour, "", look.symbol) for name, look in looks.items()]
    return PlotGroup(f"compared-{index}", selects, legend, panels, drawn)


def most_significant(evaluation: Evaluation, comparison: Comparison) -> tuple[str, str]:
    """The suite and metric with the largest significant difference of which one way is better; else the first.

    The metrics that a suite names go before all others. Sizes of different units are compared as Cohen's h for
    fractions (Cohen, Statistical Power Analysis, 1988, ch. 6), and in proportion to the larger value for others: good
    enough to choose what is shown first.
    """
    main = {suite.name: suite.metrics for suite in evaluation.suites}
    every = [
        (suite, name, contrast) for suite, part in comparison.suites.items() for name, contrast in part.metrics.items()
    ]
    sizes = [
        (name in main[suite], _size(evaluation.metrics[name], contrast), (suite, name))
        for suite, name, contrast in every
        if contrast.significant and evaluation.metrics[name].better
    ]
    return max(sizes, key=lambda found: found[:2])[2] if sizes else every[0][:2]


def _size(info: MetricInfo, contrast: Contrast) -> float:
    values = [group.value for group in contrast.by_group.values() if group.value is not None]
    if len(values) < 2:
        return 0.0
    if info.in_percent:
        a, b = (2.0 * math.asin(math.sqrt(min(1.0, max(0.0, value)))) for value in values)
        return abs(a - b)
    return abs(values[0] - values[1]) / (max(map(abs, values)) or 1.0)
