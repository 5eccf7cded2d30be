"""Export a policy for the robot's own computer.

Command line: `python -m wildrobot.policy.export RUN_OR_POLICY ...`, which is `python -m wildrobot.policy export`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from wildrobot.arguments import called, calling
from wildrobot.cli import leave
from wildrobot.policy import __main__ as policy

_NAME = "export"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code: 0, or 2 for a mistake."""
    with _without_last_word():
        return policy.main([_NAME, *(sys.argv[1:] if arguments is None else arguments)])


def parser() -> argparse.ArgumentParser:
    """The command line of `export` alone."""
    with _without_last_word():
        (commands,) = (action.choices for action in policy.parser()._actions if isinstance(action.choices, dict))
    return commands[_NAME]


def _without_last_word():
    """The usage of a command ends with its own name."""
    return calling(called(f"python -m wildrobot.policy {_NAME}").removesuffix(f" {_NAME}"))


if __name__ == "__main__":
    leave(main())
