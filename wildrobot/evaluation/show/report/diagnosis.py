"""The diagnosis on the page: a section of the report of a run, or a page of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from wildrobot.evaluation.judge.diagnosis import Diagnosis, ExaminationResult
from wildrobot.evaluation.show.report.template import asset, environment
from wildrobot.files import make_folder, write_text

_CULPRITS = ("robot", "task", "measurement", "trainer")


@dataclass(frozen=True)
class Bar:
    """Where a value lies beside its limits, in percent of the width of a small picture; None where there is none."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Row:
    """One check of an examination."""

    subject: str
    value: str
    limits: str
    passed: bool
    bar: Bar | None


@dataclass(frozen=True)
class Shown:
    """One examination, as the page shows it."""

    result: ExaminationResult
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Section:
    """What the template takes."""

    diagnosis: Diagnosis
    findings: tuple[Shown, ...]
    sound: tuple[tuple[str, tuple[Shown, ...]], ...]


def section(diagnosis: Diagnosis) -> Section:
    """The section: findings first, then what is sound, by culprit."""
    sound = {
        culprit: tuple(_shown(each) for each in diagnosis.examinations if each.culprit == culprit and not each.failed)
        for culprit in _CULPRITS
    }
    return Section(
        diagnosis,
        tuple(_shown(diagnosis.by_name(name)) for name in diagnosis.findings),
        tuple((culprit, shown) for culprit, shown in sound.items() if shown),
    )


def write(path: Path, diagnosis: Diagnosis) -> Path:
    """Writes the diagnosis as a page of its own, one file that loads nothing.

    Raises:
      UsageError: if it cannot be written.
    """
    page = environment().get_template("diagnosis_page.html.j2").render(
        it=section(diagnosis), style=Markup(asset("style.css"))
    )  # fmt: skip
    make_folder(path.parent)
    write_text(path, page)
    return path


def _shown(result: ExaminationResult) -> Shown:
    checks = (*result.failed, *(check for check in result.checks if check.passed))
    return Shown(
        result,
        tuple(
            Row(each.subject, each.shown, each.limits, each.passed, _bar(each.value, each.at_least, each.at_most))
            for each in checks
        ),
    )


def _bar(value: float | None, low: float | None, high: float | None) -> Bar | None:
    """From 0 or below to a little above the largest; None where there is no width to show."""
    if value is None:
        return None
    numbers = [0.0, value, *(limit for limit in (low, high) if limit is not None)]
    least, most = min(numbers), max(numbers)
    width = most - least
    if width <= 0.0:
        return None

    def place(number: float | None) -> float | None:
        return None if number is None else round(4.0 + 92.0 * (number - least) / width, 2)

    at = place(value)
    assert at is not None
    return Bar(at, place(low), place(high))
