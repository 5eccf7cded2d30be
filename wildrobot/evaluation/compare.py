"""Compare policies: which is better, by how much, and whether the difference is significant.

Command line: `python -m wildrobot.evaluation.compare RUN_OR_POLICY RUN_OR_POLICY ...`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from wildrobot.cli import leave
from wildrobot.evaluation.__main__ import main as evaluate
from wildrobot.evaluation.__main__ import parser

__all__ = ["main", "parser"]


def main(arguments: Sequence[str] | None = None) -> int:
    """The judge, with a report folder of its own for the comparison, and no gates. Returns its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    report = Path("runs") / time.strftime("compare-%Y%m%d-%H%M%S")
    return evaluate(["--no-gate", "--report", str(report), *given])


if __name__ == "__main__":
    leave(main())
