"""What was reached, as tables for people."""

from __future__ import annotations

from collections.abc import Container, Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from wildrobot.evaluation.judge.result import Estimate, Evaluation, PolicyResult, SuiteInfo, SuiteResult
from wildrobot.evaluation.measure.metrics import MetricInfo, find


def print_suite(
    console: Console, suite: SuiteInfo, results: Mapping[str, SuiteResult], baselines: Container[str] = ()
) -> None:
    """Prints one row per case of each policy, one column per metric of the suite.

    Args:
      console: where to.
      suite: what was played.
      results: by the name of a policy or baseline.
      baselines: the names that are dimmed.
    """
    console.print()
    console.print(Text.assemble((suite.name, "bold"), f"  {suite.question}  ", (_played(suite), "dim")))
    infos = [find(name).info for name in suite.metrics]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=True, header_style="none")
    table.add_column("", no_wrap=True)
    for info in infos:
        table.add_column(heading(info), justify="right", no_wrap=True, vertical="bottom")
    for name, result in results.items():
        dim = name in baselines
        table.add_row(Text(name, "dim" if dim else "bold"))
        for case in suite.cases:
            metrics = result.cases[case.id].metrics
            cells = [Text(_cell(info, metrics[info.name])) for info in infos]
            table.add_row(Text(f"  {case.label}"), *cells, style="dim" if dim else "")
    console.print(table)


def print_conclusion(console: Console, evaluation: Evaluation) -> None:
    """Prints the gates and notes of each policy, and the comparisons."""
    console.print()
    for policy in evaluation.policies:
        if policy.baseline:
            continue
        for line in gate_lines(policy):
            console.print(line)
        for note in policy.notes:
            console.print(f"  Note: {note}")
    for comparison in evaluation.comparisons:
        console.print(f"\n{' against '.join(comparison.groups)}:")
        for name, suite in comparison.suites.items():
            console.print(f"  {name}: {suite.verdict}")
            for line in suite.details:
                console.print(f"    {line}")


def gate_lines(policy: PolicyResult) -> list[Text]:
    """Whether a policy passes its gates, then each gate that it fails."""
    if not policy.gates:
        return [Text(f"Gates of {policy.name}: none in these suites")]
    failed = [gate for gate in policy.gates if not gate.passed]
    verdict = ("FAIL", "bold red") if failed else ("pass", "bold green")
    count = f" ({len(policy.gates) - len(failed)} of {len(policy.gates)} passed)"
    return [Text.assemble(f"Gates of {policy.name}: ", verdict, count)] + [
        Text("  " + gate.sentence) for gate in failed
    ]


def heading(info: MetricInfo) -> Text:
    """One word to a line, so that columns are no wider than their numbers."""
    unit = f"[{info.shown_unit}]" if info.shown_unit else ""
    return Text("\n".join([*info.label.split(), unit]), justify="right")


def _played(suite: SuiteInfo) -> str:
    return f"({suite.episodes} episodes of {' and '.join(f'{length:g}' for length in suite.seconds)} s per case)"


def _cell(info: MetricInfo, estimate: Estimate) -> str:
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None:
        return "-"
    if info.kind == "rate" and low is not None and high is not None:
        return f"{_percent(value)} ({100 * low:.0f}-{100 * high:.0f})"
    if info.in_percent:
        return _percent(value)
    # z: no "-0.000".
    return format(value, "z.3f" if abs(value) < 9.9995 else "z.1f")


def _percent(value: float) -> str:
    percent = 100.0 * value
    # So that neither a rare fall nor a rare saturation is rounded away.
    return f"{percent:.1f}" if 0.0 < percent < 10.0 or 90.0 < percent < 100.0 else f"{percent:.0f}"
