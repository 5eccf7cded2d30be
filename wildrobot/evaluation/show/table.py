"""What was reached, as tables for people."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from wildrobot.evaluation.judge.cases import CaseResult
from wildrobot.evaluation.judge.gates import GateResult
from wildrobot.evaluation.measure.metrics.figures import Figure, Measure, figure
from wildrobot.evaluation.measure.statistics import Estimate
from wildrobot.evaluation.play.suite import Suite


def console() -> Console:
    """Standard output. Where that is no terminal, lines are as long as they need to be."""
    found = Console(highlight=False, markup=False)
    return found if found.is_terminal else Console(highlight=False, markup=False, width=1000)


class Block(NamedTuple):
    """What one policy reached in a suite, by case, under its name; a baseline is dimmed."""

    name: str
    results: Mapping[str, CaseResult]
    baseline: bool = False


def print_suite(console: Console, suite: Suite, blocks: Sequence[Block]) -> None:
    """Prints one row per case of each policy, one column per figure of the suite."""
    console.print()
    console.print(Text.assemble((suite.name, "bold"), f"  {suite.file.question}  ", (_played(suite), "dim")))
    figures = [figure(name) for name in suite.file.figures]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=True, header_style="none")
    table.add_column("", no_wrap=True)
    for each in figures:
        table.add_column(heading(each), justify="right", no_wrap=True, vertical="bottom")
    for block in blocks:
        style = "dim" if block.baseline else ""
        table.add_row(Text(block.name, "dim" if block.baseline else "bold"))
        for case in suite.cases:
            result = block.results[case.id]
            cells = [Text(_cell(each, result.estimates[each.name])) for each in figures]
            table.add_row(Text(f"  {case.label}"), *cells, style=style)
    console.print(table)


def gate_lines(name: str, results: Sequence[GateResult]) -> list[Text]:
    """The verdict on one policy, then each gate that it failed."""
    if not results:
        return [Text(f"Gates of {name}: none in these suites")]
    failed = [result for result in results if not result.passed]
    verdict = ("FAIL", "bold red") if failed else ("pass", "bold green")
    count = f" ({len(results) - len(failed)} of {len(results)} passed)"
    return [Text.assemble(f"Gates of {name}: ", verdict, count)] + [Text("  " + each.sentence) for each in failed]


def _played(suite: Suite) -> str:
    lengths = sorted({case.seconds for case in suite.cases})
    return f"({suite.episodes} episodes of {' and '.join(f'{length:g}' for length in lengths)} s per case)"


def heading(of: Measure) -> Text:
    """One word to a line, so that columns are no wider than their numbers."""
    unit = "[%]" if of.kind != "mean" else f"[{of.unit}]" if of.unit else ""
    return Text("\n".join([*of.label.split(), unit]), justify="right")


def _cell(of: Figure, estimate: Estimate) -> str:
    if not math.isfinite(estimate.value):
        return "-"
    if of.kind != "mean":
        interval = f" ({100 * estimate.low:.0f}-{100 * estimate.high:.0f})" if of.kind == "rate" else ""
        return _percent(estimate.value) + interval
    # z: no "-0.000".
    return format(estimate.value, "z.3f" if abs(estimate.value) < 9.9995 else "z.1f")


def _percent(value: float) -> str:
    percent = 100.0 * value
    # So that neither a rare fall nor a rare saturation is rounded away.
    return f"{percent:.1f}" if 0.0 < percent < 10.0 or 90.0 < percent < 100.0 else f"{percent:.0f}"
