"""What was measured of style, as a table for people, and which differences of groups matter, in sentences."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from wildrobot.evaluation.judge.result import Estimate
from wildrobot.evaluation.judge.verdict import sentence, too_few_runs
from wildrobot.evaluation.measure.metrics import MetricInfo
from wildrobot.evaluation.show.table import heading
from wildrobot.evaluation.style.result import StyleResult

_DIGITS = {"joint_distance_rad": 4, "foot_path_distance_m": 4, "speed_error_m_per_s": 3}


def print_table(console: Console, result: StyleResult, labels: Mapping[str, str]) -> None:
    """Prints one row per command of each group, and one of their mean; a column per metric, with its interval.

    Args:
      console: where to.
      result: what was measured.
      labels: of the commands.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=True, header_style="none")
    table.add_column("", no_wrap=True)
    for info in result.metrics.values():
        table.add_column(heading(info), justify="right", no_wrap=True, vertical="bottom")
    baselines = {walker.group for walker in result.walkers if walker.baseline}
    for name, group in result.groups.items():
        dim = "dim" if name in baselines else ""
        count = f"  ({len(group.runs)} runs)" if len(group.runs) > 1 else ""
        table.add_row(Text.assemble((name, dim or "bold"), (count, "dim")))
        rows = {
            f"{labels[command]}  ({_clips(result.commands[command].clips)})": estimates
            for command, estimates in group.commands.items()
        }
        if len(rows) > 1:
            rows["mean"] = group.mean
        for label, estimates in rows.items():
            cells = [Text(_cell(info, estimates[each])) for each, info in result.metrics.items()]
            table.add_row(Text(f"  {label}"), *cells, style=dim)
    console.print(table)


def print_verdicts(console: Console, result: StyleResult) -> None:
    """Prints, for each two groups of policies, what differs, by how much, and whether it is significant and matters."""
    for comparison in result.comparisons:
        console.print(f"\n{' against '.join(comparison.groups)}, mean over commands:")
        for name, matters in result.matters.items():
            console.print(f"  {sentence(result.metrics[name], comparison.metrics[name], matters)[0]}")
        if any(contrast.too_few_runs for contrast in comparison.metrics.values()):
            console.print(f"  {too_few_runs()}")


def _clips(names: tuple[str, ...]) -> str:
    """The clips of a command; of equally near ones only the first is named."""
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")


def _cell(info: MetricInfo, estimate: Estimate) -> str:
    if estimate.value is None:
        return "-"
    scale, digits = (100.0, 0) if info.kind == "rate" else (1.0, _DIGITS.get(info.name, 2))
    # z: no "-0.00".
    value, low, high = (
        "" if x is None else format(scale * x, f"z.{digits}f") for x in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value} ({low} to {high})" if low else value
