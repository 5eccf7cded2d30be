"""The acceptance table: one clip per row, in text or Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from wildrobot.motion.acceptance import Report
from wildrobot.motion.tracking import mean_velocity


def rows(reports: Sequence[Report]) -> list[list[str]]:
    """A header, the limits, and a row per clip; what exceeds a limit is marked with `!`."""
    names = [check.name for check in reports[0].checks]
    header = ["clip", *names, "simulated", "verdict"]
    limits = ["", *(_limit(check.limit, check.least, check.unit) for check in reports[0].checks), "vx vy yaw", ""]
    body = []
    for report in reports:
        cells = [f"{check.value:.3g}{'' if check.passed else ' !'}" for check in report.checks]
        velocity = " ".join(f"{value:.2f}" for value in mean_velocity(report.tracked.qpos) + 0.0)
        body.append([report.clip.name, *cells, velocity, "accepted" if report.passed else "refused"])
    return [header, limits, *body]


def text(reports: Sequence[Report]) -> str:
    """The table with aligned columns."""
    cells = rows(reports)
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def markdown(reports: Sequence[Report]) -> str:
    """The table for a document."""
    header, limits, *body = (f"| {' | '.join(row)} |" for row in rows(reports))
    return "\n".join([header, "|---" * len(rows(reports)[0]) + "|", limits, *body])


def _limit(limit: float | None, least: bool, unit: str) -> str:
    if limit is None:
        return unit
    return f"{'≥' if least else '≤'} {limit:.3g} {unit}".rstrip()
