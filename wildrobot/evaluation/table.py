"""The scores as a table for people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from wildrobot.evaluation.gates import GateResult
from wildrobot.evaluation.score import CommandScore


def _share(value: float) -> str:
    percent = 100.0 * value
    # So that neither a rare fall nor a rare saturation is rounded away.
    return f"{percent:.1f}" if 0.0 < percent < 10.0 or 90.0 < percent < 100.0 else f"{percent:.0f}"


def _interval(entry: CommandScore) -> str:
    low, high = entry.survival_interval
    return f"{100 * low:.0f}-{100 * high:.0f}"


def _number(value: float | None, form: str, factor: float = 1.0) -> str:
    # z: no "-0.000".
    return "-" if value is None else format(factor * value, f"z{form}")


def _standing_speed(entry: CommandScore) -> str:
    return "" if any(entry.command) else _number(entry.horizontal_speed_m_per_s, ".3f")


_ROWS: tuple[tuple[str, Callable[[CommandScore], str]], ...] = (
    ("commanded [m/s]", lambda entry: f"{entry.command[0]:.2f}"),
    ("survival [%]", lambda entry: _share(entry.survival)),
    ("  95 % interval [%]", _interval),
    ("mean speed [m/s]", lambda entry: _number(entry.speed_m_per_s, ".3f")),
    ("|speed error| [m/s]", lambda entry: _number(entry.speed_error_m_per_s, ".3f")),
    ("|v| when standing [m/s]", _standing_speed),
    ("lateral drift [m]", lambda entry: _number(entry.lateral_drift_m, ".2f")),
    ("heading drift [rad]", lambda entry: _number(entry.heading_drift_rad, ".2f")),
    ("foot clearance [cm]", lambda entry: _number(entry.foot_clearance_m, ".1f", 100.0)),
    ("step length [cm]", lambda entry: _number(entry.step_length_m, ".1f", 100.0)),
    ("torque saturation [%]", lambda entry: _share(entry.torque_saturation)),
)


def console() -> Console:
    """Standard output. Where that is no terminal, lines are as long as they need to be."""
    found = Console(highlight=False, markup=False)
    return found if found.is_terminal else Console(highlight=False, markup=False, width=1000)


class Block(NamedTuple):
    """The scores of one policy, under its name; a baseline is dimmed."""

    name: str
    scores: Sequence[CommandScore]
    baseline: bool = False


def print_scores(console: Console, title: str, blocks: Sequence[Block]) -> None:
    """Prints one column per command, the blocks beside each other or, where that is too wide, one below the other."""
    console.print(Text(title, "bold"))
    beside = _table(blocks)
    unbounded = console.options.update(max_width=10_000)
    if console.measure(beside, options=unbounded).maximum <= console.width:
        console.print(beside)
    else:
        for block in blocks:
            console.print(_table([block]))


def _table(blocks: Sequence[Block]) -> Table:
    # Two rows of heading: who, and the commands, which are the first of the rows.
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), show_header=True)
    table.add_column("", no_wrap=True)
    for number, (name, entries, baseline) in enumerate(blocks):
        style = "dim" if baseline else "bold"
        if number:
            table.add_column("|", style="dim", header_style="dim", no_wrap=True)
        for index in range(len(entries)):
            heading = Text(name if index == 0 else "", style)
            table.add_column(heading, justify="right", style=style, no_wrap=True, min_width=6)
    for label, cell in _ROWS:
        row = [Text(label)]
        for number, (_, entries, _) in enumerate(blocks):
            row += [Text("|")] * (number > 0) + [Text(cell(entry)) for entry in entries]
        table.add_row(*row)
    return table


def gate_lines(results: Sequence[GateResult]) -> list[Text]:
    """The verdict, then each gate that was not passed."""
    open_gates = [result for result in results if not result.passed]
    failed = any(result.passed is False for result in results)
    verdict = Text("Gates: ")
    if failed:
        verdict.append("FAIL", "bold red")
    elif open_gates:
        verdict.append("not all played", "bold yellow")
    else:
        verdict.append("pass", "bold green")
    verdict.append(f" ({len(results) - len(open_gates)} of {len(results)} passed)")
    return [verdict] + [Text("  " + result.sentence()) for result in open_gates]
