"""A diagnosis, as tables for people."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from wildrobot.evaluation.judge.diagnosis import Diagnosis, ExaminationResult

_CHECKS = 4
"""Of one examination that are printed; the JSON and the page have all."""


def print_diagnosis(console: Console, diagnosis: Diagnosis) -> None:
    """Prints what was found, what was found to be sound, and the verdict."""
    found = [diagnosis.by_name(name) for name in diagnosis.findings]
    if found:
        console.print()
        console.print(_table(found))
        for result in found:
            console.print(Text.assemble((f"{result.title}: ", "bold"), f"{result.asks} {_sentence(result.why)}"))
            console.print(f"  Source: {result.source}")
            console.print(f"  Try next: {result.try_next}")
    for culprit in ("robot", "task", "measurement", "trainer"):
        sound = [each.title for each in diagnosis.examinations if each.culprit == culprit and not each.failed]
        if sound:
            console.print(Text.assemble((f"\nSound, {culprit}: ", "dim"), (", ".join(sound), "dim")))
    for reason in diagnosis.left_out:
        console.print(f"Not examined: {reason}")
    style = "bold green" if diagnosis.verdict == "healthy" else "bold red"
    console.print()
    console.print(Text(diagnosis.sentence, style))


def _table(found: list[ExaminationResult]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="none")
    for name in ("Suspect", "Examination", "What", "Value", "Should be", "Unit"):
        table.add_column(name, justify="right" if name == "Value" else "left")
    for result in found:
        for index, check in enumerate(result.failed[:_CHECKS]):
            first = (result.culprit, result.title) if index == 0 else ("", "")
            table.add_row(*first, check.subject, check.shown, check.limits, result.unit)
        if len(result.failed) > _CHECKS:
            table.add_row("", "", f"and {len(result.failed) - _CHECKS} more", "", "", "")
    return table


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
