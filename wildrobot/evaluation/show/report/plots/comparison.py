"""Two groups of policies side by side: every run as a point, the group as a dot with its interval."""

from __future__ import annotations

from collections.abc import Mapping

from wildrobot.evaluation.judge.result import Evaluation, SuiteComparison, SuiteInfo
from wildrobot.evaluation.show.report.numbers import minus, percent, shown, with_unit
from wildrobot.evaluation.show.report.plots import dots
from wildrobot.evaluation.show.report.plots.base import (
    PERCENT,
    Data,
    Plot,
    Trace,
    axis,
    band_around,
    beside,
    layout,
    rows_axis,
    rows_height,
    scaled,
    scatter,
    text,
)
from wildrobot.evaluation.show.report.style import Style


def points(
    key: str,
    evaluation: Evaluation,
    suite: SuiteInfo,
    comparison: SuiteComparison,
    metric: str,
    styles: Mapping[str, Style],
) -> Plot:
    """A metric of each group, over the suite and in each case."""
    info = evaluation.metrics[metric]
    factor = 100.0 if info.shown_unit == "%" else 1.0
    labels = ["whole suite", *(minus(case.label) for case in suite.cases)]
    contrasts = [part.metrics[metric] for part in (comparison, *(comparison.cases[case.id] for case in suite.cases))]
    summaries, runs, rows = [], [], []
    reach: list[float | None] = []
    for index, (group, style) in enumerate(styles.items()):
        estimates = [contrast.by_group[group] for contrast in contrasts]
        ends = [[scaled(getattr(one, end), factor) for one in estimates] for end in ("value", "low", "high")]
        summaries.append(dots.Dots(group, style, ends[0], ends[1], ends[2]))
        single = [(row, scaled(point, factor)) for row, one in enumerate(estimates) for point in one.points]
        reach += [*(value for end in ends for value in end), *(point for _, point in single)]
        if len(estimates[0].points) > 1:
            at = [(row + beside(index, len(styles)), x) for row, x in single if x is not None]
            runs.append(_runs(group, style, at))
        for label, one in zip(labels, estimates, strict=True):
            every = ", ".join(shown(info, point, 3) for point in one.points)
            rows.append([group, label, *(shown(info, value, 3) for value in (one.value, one.low, one.high)), every])
    options = PERCENT if info.kind == "rate" else {"range": band_around(reach)}
    title = with_unit(info)
    return Plot(
        key=key,
        label=f"{info.label} of each group in the suite {suite.name}: every run, and the group with its 95 % interval",
        traces=runs + dots.traces(summaries, labels, info.shown_unit, format=".1f" if factor > 1 else ".3f"),
        layout=layout(axis(title, nticks=4, **options), rows_axis(labels)),
        height=rows_height(len(labels), 2 * len(styles)),
        data=Data(("group", "case", title, "95 % from", "to", "every run"), rows),
    )


def improvement(key: str, evaluation: Evaluation, comparison: SuiteComparison, groups: list[str]) -> Plot | None:
    """The probability that a run of the first group beats one of the second, for each metric; None without any."""
    found = [
        (evaluation.metrics[name].label, contrast.probability_of_improvement, contrast.significant)
        for name, contrast in comparison.metrics.items()
        if contrast.probability_of_improvement is not None and evaluation.metrics[name].better
    ]
    if not found:
        return None
    labels = [label for label, *_ in found]
    even = {"color": "var(--axis)", "width": 1.2, "dash": "dash"}
    marker = {
        "size": 9,
        "color": "var(--ink)",
        "symbol": ["circle" if certain else "circle-open" for *_, certain in found],
    }
    traces: list[Trace] = [
        dots.vertical(50.0, len(labels), even, "even"),
        scatter("", [100.0 * chance for _, chance, _ in found], range(len(found)), mode="markers", marker=marker)
        | {"text": [text(label) for label in labels], "hovertemplate": "%{text}: %{x:.0f} %<extra></extra>"},
    ]
    title = f"probability that {groups[0]} is better than {groups[1]} [%]"
    return Plot(
        key=key,
        label=f"For each metric, the {title}",
        traces=traces,
        layout=layout(axis("probability [%]", **PERCENT), rows_axis(labels)),
        height=rows_height(len(labels), 1),
        data=Data(
            ("metric", title, "significant"),
            [[label, percent(p), "yes" if certain else "no"] for label, p, certain in found],
        ),
    )


def _runs(group: str, style: Style, at: list[tuple[float, float]]) -> Trace:
    """Every run, as small open markers below the group's own."""
    marker = {"size": 6, "color": style.colour, "symbol": f"{style.symbol}-open", "opacity": 0.8}
    x, y = [x for _, x in at], [y + 0.1 for y, _ in at]
    return scatter(group, x, y, mode="markers", marker=marker, hovertemplate="one run: %{x:.3~f}")
