"""Command line: `python -m wildrobot.robot identify LOG...`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from wildrobot import cli
from wildrobot.arguments import parse


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code: 0, 2 for a mistake, 130 for Ctrl-C."""
    return cli.exit_code(lambda: _run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    from wildrobot.identification import command

    parser = argparse.ArgumentParser(prog="python -m wildrobot.robot", description="The real robot against its model.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    identify = commands.add_parser(
        "identify",
        help="a servo's delay, gains, friction, armature, zero and play from logs of its joint",
        description="Fits a model of one joint to logs of it and says what they tell, with 95 % intervals. Logs "
        "of the same joint are fitted together. Writes a picture of each joint and an experiment that trains on "
        "this robot.",
    )
    command.add_options(identify)
    options = parse(parser, arguments, words=("logs",))
    return command.run([Path(log) for log in options.logs], options.out, options.extends)


if __name__ == "__main__":
    cli.leave(main())
