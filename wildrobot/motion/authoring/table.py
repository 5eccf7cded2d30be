"""The acceptance table: one clip per row, in text or Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from wildrobot.motion.authoring.acceptance import Check, Report
from wildrobot.motion.authoring.tracking import mean_velocity


def rows(reports: Sequence[Report]) -> list[list[str]]:
    """A header, the limits, and a row per clip; what exceeds a limit is marked with `!`."""
    names = [check.name for check in reports[0].checks]
    header = ["clip", *names, "simulated", "verdict"]
    columns = zip(*(report.checks for report in reports), strict=True)
    limits = ["", *(_limit(checks) for checks in columns), "vx vy yaw", ""]
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


def _limit(checks: tuple[Check, ...]) -> str:
    """The limit of a column; that of a speed is a share of what each clip claims."""
    limits = [check.limit for check in checks if check.limit is not None]
    if not limits:
        return checks[0].unit
    lowest, highest = f"{min(limits):.3g}", f"{max(limits):.3g}"
    span = lowest if lowest == highest else f"{lowest} to {highest}"
    return f"{'≥' if checks[0].least else '≤'} {span} {checks[0].unit}".rstrip()
