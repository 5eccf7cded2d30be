"""Command line: `python -m wildrobot.evaluation.show.report EVALUATION.json FOLDER`: the page of a saved result."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from wildrobot import extras
from wildrobot.cli import exit_code, leave
from wildrobot.evaluation.judge.result import load


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code: 0, or 2 for a mistake."""
    return exit_code(lambda: _draw(arguments))


def _draw(arguments: Sequence[str] | None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m wildrobot.evaluation.show.report",
        description="Draws the report of an evaluation that was saved with --json, for instance on a machine without "
        "the packages that draw. It has no films.",
    )
    parser.add_argument("evaluation", type=Path, metavar="EVALUATION.json", help="what --json wrote")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="for index.html")
    options = parser.parse_args(arguments)
    extras.require("the report", extras.REPORT)
    evaluation = load(options.evaluation)
    from wildrobot.evaluation.show.report.page import write

    print(f"Report:  {write(options.folder, evaluation)}")


if __name__ == "__main__":
    leave(main())
