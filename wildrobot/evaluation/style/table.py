"""What was measured of style, as a table for people, and what follows from it in sentences."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from wildrobot.evaluation.judge import compare
from wildrobot.evaluation.measure.metrics.figures import Measure
from wildrobot.evaluation.measure.statistics import Estimate
from wildrobot.evaluation.play.case import Case
from wildrobot.evaluation.show.table import heading
from wildrobot.evaluation.style.figures import FIGURES, MATTERS
from wildrobot.evaluation.style.reference import Reference
from wildrobot.evaluation.style.scores import Walker, contrast, estimates, groups

_DIGITS = {"joint_distance_rad": 4, "foot_path_distance_m": 4, "speed_error_m_per_s": 3}


def print_table(
    console: Console, walkers: Sequence[Walker], cases: Sequence[Case], references: Mapping[str, Sequence[Reference]]
) -> None:
    """Prints one row per command of each group, and one of their mean; a column per figure, with its interval."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=True, header_style="none")
    table.add_column("", no_wrap=True)
    for each in FIGURES:
        table.add_column(heading(each), justify="right", no_wrap=True, vertical="bottom")
    for name, group in groups(walkers).items():
        dim = "dim" if group[0].baseline else ""
        count = f"  ({len(group)} runs)" if len(group) > 1 else ""
        table.add_row(Text.assemble((name, dim or "bold"), (count, "dim")))
        rows = {f"{case.label}  ({_clips(references[case.id])})": [case.id] for case in cases}
        if len(cases) > 1:
            rows["mean"] = [case.id for case in cases]
        for label, commands in rows.items():
            found = estimates(group, commands)
            table.add_row(Text(f"  {label}"), *(Text(_cell(each, found[each.name])) for each in FIGURES), style=dim)
    console.print(table)


def print_verdicts(console: Console, walkers: Sequence[Walker], cases: Sequence[Case]) -> None:
    """Prints, for each two groups of policies, what differs, by how much, and whether that is sure and matters."""
    judged = groups([walker for walker in walkers if not walker.baseline])
    for names in itertools.combinations(judged, 2):
        console.print(f"\n{' against '.join(names)}, mean over commands:")
        commands = [case.id for case in cases]
        found = {each: contrast(judged[names[0]], judged[names[1]], each, commands) for each in MATTERS}
        for each, matters in MATTERS.items():
            console.print(f"  {compare.told(each, names, found[each], matters)[0]}")
        if any(each.too_few_runs for each in found.values()):
            console.print(f"  Too few trainings to be sure: {compare.FEWEST_RUNS} of each are needed.")


def _clips(references: Sequence[Reference]) -> str:
    """The first one's name stands for those that are as near."""
    more = len(references) - 1
    return references[0].clip.name + (f" and {more} more" if more else "")


def _cell(of: Measure, estimate: Estimate) -> str:
    if not math.isfinite(estimate.value):
        return "-"
    scale, digits = (100.0, 0) if of.kind == "rate" else (1.0, _DIGITS.get(of.name, 2))
    # z: no "-0.00".
    value, low, high = (format(scale * x, f"z.{digits}f") for x in (estimate.value, estimate.low, estimate.high))
    return f"{value} ({low} to {high})" if math.isfinite(estimate.low) else value
