"""Command line: `python -m wildrobot.evaluation.style POLICY [POLICY ...]`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wildrobot.arguments import add_trust, integer, parse
from wildrobot.cli import exit_code, leave
from wildrobot.errors import UsageError
from wildrobot.files import check_target

if TYPE_CHECKING:
    from wildrobot.evaluation.style.study import Entry


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code: 0, 2 for a mistake, 130 for Ctrl-C."""
    return exit_code(lambda: _study(arguments), interrupted="interrupted; nothing was written")


def _study(arguments: Sequence[str] | None) -> None:
    options = parse(_parser(), arguments, words=("policies",), lists={"--reference": _is_policy})
    # The judge sits on the processor, where the same seed gives the same table on every machine.
    os.environ["JAX_PLATFORMS"] = "cpu"
    from wildrobot.evaluation.style import study
    from wildrobot.robot import load_robot

    _check_writable(options)
    plan = study.planned(load_robot(collision="full"), options.reference or ["generated"], quick=options.quick)
    entries = _entries(options.policies, trust=options.trust)
    study.study(
        entries,
        plan,
        json_file=options.json,
        strips_folder=options.strips,
        threads=options.threads,
        baselines=options.baselines,
    )


def _entries(given: Sequence[str], *, trust: bool) -> list[Entry]:
    from wildrobot.evaluation.play.candidates import load_candidates
    from wildrobot.evaluation.style.study import OPEN_LOOP, STANDING, Entry

    named = [_split(each) for each in given]
    candidates = load_candidates([path for _, path in named], trust=trust)
    entries = [Entry(each, group or each.name) for (group, _), each in zip(named, candidates, strict=True)]
    for entry in entries:
        if taken := {entry.group, entry.candidate.name} & {OPEN_LOOP, STANDING}:
            raise UsageError(f"{taken.pop()} is the name of a baseline; call the policy otherwise: NAME=path")
    return entries


def _is_policy(word: str) -> bool:
    """Whether a word after `--reference` is no clip."""
    path = _split(word)[1]
    return path.suffix != ".npz" and path.exists()


def _split(given: str) -> tuple[str | None, Path]:
    """The group and the path of `NAME=path`; what is there as it is written is a path."""
    name, equals, path = given.partition("=")
    if not equals or Path(given).exists():
        return None, Path(given)
    if not name or not path:
        raise UsageError(f"{given!r} names no policy; give a path, or NAME=path to put it into a group")
    return name, Path(path)


def _check_writable(options: argparse.Namespace) -> None:
    """Now, and not after minutes of playing."""
    if options.json:
        check_target(options.json)
    if options.strips and options.strips.exists() and not options.strips.is_dir():
        raise UsageError(f"cannot write pictures into {options.strips}: it is a file; give the name of a folder")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m wildrobot.evaluation.style",
        description="Measures how much policies walk like a reference motion: distances of their strides from the "
        "clip's, and how well a freshly trained classifier tells the two apart.",
        epilog="Beside the policies, the table has a robot that plays the clip by its servos alone (what can be "
        "reached) and one that holds its home pose.",
    )
    parser.add_argument(
        "policies", nargs="+", metavar="[NAME=]POLICY",
        help="run folder, policy file or checkpoint; several under one NAME are seeds of one group",
    )  # fmt: skip
    parser.add_argument(
        "--reference", nargs="+", action="extend", metavar="CLIP",
        help="generated, human, or clips by name or file; each command has the nearest one (default: generated)",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers as JSON")
    parser.add_argument(
        "--strips", type=Path, metavar="FOLDER", help="draw a stride of each policy under the clip's; needs no OpenGL"
    )
    parser.add_argument("--quick", action="store_true", help="fewer and shorter episodes, and smaller classifiers")
    parser.add_argument("--no-baselines", dest="baselines", action="store_false", help="measure the policies alone")
    add_trust(parser)
    parser.add_argument(
        "--threads", type=integer(0, 1024), default=0, help="physics threads; 0: every core (%(default)s)"
    )
    return parser


if __name__ == "__main__":
    leave(main())
