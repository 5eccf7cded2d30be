"""From what the examinations found to one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from wildrobot.evaluation.judge.diagnosis import ExaminationResult, Verdict

_CERTAINTY = {"exact": 0, "measured": 1, "indirect": 2}
_LAYER = {"robot": 0, "task": 1, "measurement": 2, "trainer": 3}
"""A fault shows in all that is built on it: a robot that misreads its IMU spoils task and training, never the other way
round. A measurement comes before the trainer, since the trainer is judged by what was measured."""


def ranked(results: Sequence[ExaminationResult]) -> list[ExaminationResult]:
    """Those that found something, most telling first: exact before indirect, and what others build on before those."""
    found = [result for result in results if result.failed]
    return sorted(found, key=lambda each: (_CERTAINTY[each.certainty], _LAYER[each.culprit], -each.failed[0].distance))


def verdict(findings: Sequence[ExaminationResult]) -> Verdict:
    """Whom the first finding blames."""
    return findings[0].culprit if findings else "healthy"


def sentence(findings: Sequence[ExaminationResult], examinations: int) -> str:
    """The verdict, for people."""
    if not findings:
        return f"Healthy: none of {examinations} examinations found anything."
    first, others = findings[0], len(findings) - 1
    worst = first.failed[0]
    more = f" {others} other examination{'s' if others > 1 else ''} found something too." if others else ""
    unit = f" {first.unit}" if first.unit else ""
    return (
        f"Suspect the {first.culprit}: {first.title}, {worst.subject}: {worst.shown}{unit} instead of {worst.limits}."
        f"{more} Try next: {first.try_next}"
    )
