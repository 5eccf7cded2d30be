"""What a comparison comes to, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from wildrobot.evaluation.judge.result import FEWEST_RUNS, Contrast, SuiteInfo
from wildrobot.evaluation.measure.metrics import MetricInfo
from wildrobot.evaluation.record import Number

NO_DIFFERENCE = "No significant difference that matters."


class Verdict(NamedTuple):
    """What the metrics say about one suite: in one sentence, and metric by metric."""

    sentence: str
    details: tuple[str, ...]


def verdict(
    suite: SuiteInfo,
    infos: Mapping[str, MetricInfo],
    overall: Mapping[str, Contrast],
    by_case: Mapping[str, Mapping[str, Contrast]],
) -> Verdict:
    """Which of two groups is better in a suite.

    A group is better in a headline metric of the suite if the difference is significant and large enough to matter; it
    is better in the suite if the other one is so in none.
    """
    details: list[str] = []
    better: dict[str, list[str]] = {}
    for name, matters in suite.headline.items():
        info, contrast = infos[name], overall[name]
        detail, winner = sentence(info, contrast, matters)
        details.append(detail)
        if winner:
            values = " against ".join(_shown(info, each.value) for each in contrast.by_group.values())
            better.setdefault(winner, []).append(f"{info.label} {values}")
    if any(contrast.too_few_runs for contrast in overall.values()):
        summary = too_few_runs()
    elif not better:
        summary = NO_DIFFERENCE
    else:
        parts = [f"{winner} is better: {', '.join(reasons)}" for winner, reasons in better.items()]
        summary = "; ".join(parts) + "."
    return Verdict(summary, (*details, *_cases_that_differ(suite, infos, by_case)))


def sentence(info: MetricInfo, contrast: Contrast, matters: float) -> tuple[str, str | None]:
    """A sentence on one metric of two groups, and the significantly better group, or None."""
    first, second = contrast.by_group
    values = [_shown(info, group.value) for group in contrast.by_group.values()]
    text = f"{_capitalised(info.label)} {values[0]} ({first}) against {values[1]} ({second})"
    if contrast.low is None or contrast.difference is None:
        return text + ".", None
    text += f", difference {_shown(info, contrast.low)} to {_shown(info, contrast.high)}"
    if contrast.too_few_runs:
        return f"{text}.", None
    if not contrast.significant:
        return f"{text}: not significant.", None
    if abs(contrast.difference) < matters:
        return f"{text}: significant, but less than the {_shown(info, matters)} that matter.", None
    better = first if (contrast.difference > 0.0) == (info.better == "higher") else second
    return f"{text}: {better} is better.", better


def too_few_runs() -> str:
    """The sentence where no interval can be trusted."""
    return f"Too few trainings to be sure: {FEWEST_RUNS} of each are needed."


def _cases_that_differ(
    suite: SuiteInfo, infos: Mapping[str, MetricInfo], by_case: Mapping[str, Mapping[str, Contrast]]
) -> list[str]:
    """The cases in which a headline metric differs significantly, and by enough to matter."""
    labels = {case.id: case.label for case in suite.cases}
    lines = []
    for name, matters in suite.headline.items():
        found = [
            labels[case]
            for case, contrasts in by_case.items()
            if contrasts[name].significant and abs(contrasts[name].difference or 0.0) >= matters
        ]
        if found and len(by_case) > 1:
            where = "every case" if len(found) == len(by_case) else "; ".join(found)
            label = _capitalised(infos[name].label)
            lines.append(f"{label} differs significantly, and by enough to matter, in: {where}.")
    return lines


def _capitalised(label: str) -> str:
    return label[0].upper() + label[1:]


def _shown(info: MetricInfo, value: Number) -> str:
    if value is None:
        return "none"
    if info.in_percent:
        return f"{100.0 * value:z.1f} %"
    return f"{value:z.3f} {info.unit}".rstrip()
