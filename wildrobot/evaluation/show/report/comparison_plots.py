"""Which plots a comparison has, and which of them is shown first."""

from __future__ import annotations

import math
from collections.abc import Mapping

from wildrobot.evaluation.judge.result import Document
from wildrobot.evaluation.judge.result.comparison import Comparison, Contrast
from wildrobot.evaluation.judge.result.played import FigureInfo
from wildrobot.evaluation.show.report.numbers import in_percent, words
from wildrobot.evaluation.show.report.plots import comparison as plots
from wildrobot.evaluation.show.report.plots.base import Legend, Panel, PlotGroup, Select
from wildrobot.evaluation.show.report.style import Style


def compared(document: Document, index: int, styles: Mapping[str, Style]) -> PlotGroup | None:
    """The groups of the index-th comparison in every suite and figure, and the probability of improvement.

    Args:
      document: the result.
      index: of the comparison.
      styles: by the name of each group.
    """
    comparison = document.comparisons[index]
    looks = {group: styles[group] for group in comparison.groups}
    played = [suite for suite in document.suites if suite.name in comparison.suites]
    drawn = []
    for suite in played:
        part = comparison.suites[suite.name]
        drawn += [
            plots.points(f"compare/{index}/{suite.name}/{name}", document, suite, part, name, looks)
            for name in part.figures
        ]
        better = plots.improvement(f"improvement/{index}/{suite.name}", document, part, list(looks))
        drawn += [better] if better else []
    if not drawn:
        return None
    suite, figure = telling(document, comparison)
    names = {name: None for part in comparison.suites.values() for name in part.figures}
    selects = [
        Select("suite", "Suite", [(each.name, words(each.name)) for each in played], suite),
        Select("figure", "Figure", [(name, document.figures[name].label) for name in names], figure),
    ]
    runs = comparison.unit == "training seed"
    panels = [
        Panel(
            f"compare/{index}/{{suite}}/{{figure}}",
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


def telling(document: Document, comparison: Comparison) -> tuple[str, str]:
    """The suite and figure with the largest significant difference of which one way is better; else the first.

    The figures that a suite names go before all others. Sizes of different units are compared as Cohen's h for shares
    (Cohen, Statistical Power Analysis, 1988, ch. 6), and in proportion to the larger value for others: good enough to
    choose what is shown first.
    """
    main = {suite.name: suite.figures for suite in document.suites}
    every = [
        (suite, name, contrast) for suite, part in comparison.suites.items() for name, contrast in part.figures.items()
    ]
    sizes = [
        (name in main[suite], _size(document.figures[name], contrast), (suite, name))
        for suite, name, contrast in every
        if contrast.significant and document.figures[name].better
    ]
    return max(sizes, key=lambda found: found[:2])[2] if sizes else every[0][:2]


def _size(info: FigureInfo, contrast: Contrast) -> float:
    values = [group.value for group in contrast.by_group.values() if group.value is not None]
    if len(values) < 2:
        return 0.0
    if in_percent(info):
        a, b = (2.0 * math.asin(math.sqrt(min(1.0, max(0.0, value)))) for value in values)
        return abs(a - b)
    return abs(values[0] - values[1]) / (max(map(abs, values)) or 1.0)
