"""Judge policies by the same rules: tables, gates, a report, films.

Command line: `python -m wildrobot.evaluation [RUN_OR_POLICY ...]`.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wildrobot.arguments import add_trust, called, integer, parse
from wildrobot.cli import exit_code, leave
from wildrobot.errors import UsageError
from wildrobot.evaluation.record import LONGEST_S
from wildrobot.evaluation.suites import SUITES
from wildrobot.processors import limit_threads
from wildrobot.render import gl

if TYPE_CHECKING:
    from wildrobot.evaluation.evaluate import Outputs
    from wildrobot.evaluation.play.candidates import Candidate
    from wildrobot.evaluation.play.suite import Suite


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code: 1 if a gate is failed, 2 for a mistake; else as `exit_code` says."""
    return exit_code(lambda: _evaluate(arguments), interrupted="interrupted; what is printed above is complete")


def _evaluate(arguments: Sequence[str] | None) -> int:
    options = parse(parser(), arguments, words=("policies",), lists={"--suites": _is_policy, "--baselines": _is_policy})
    # The judge sits on the processor, where the same seed gives the same table on every machine.
    os.environ["JAX_PLATFORMS"] = "cpu"
    limit_threads()
    if options.json_schema:
        from wildrobot.evaluation.judge.result import json_schema

        print(json.dumps(json_schema(), indent=2))
        return 0
    gl.choose()
    # Whatever imports MuJoCo is imported only now, so that it finds what `gl` has set.
    if options.video:
        gl.require_film("--video", options.video)
    from wildrobot.evaluation.evaluate import evaluate
    from wildrobot.evaluation.play.candidates import load_candidates, shipped_policies

    suites = _suites(options)
    candidates = load_candidates([Path(path) for path in options.policies] or shipped_policies(), trust=options.trust)
    outputs = _outputs(options, candidates)
    passed = evaluate(
        candidates, suites, outputs, quick=options.quick, stochastic=options.stochastic, threads=options.threads
    )
    return 1 if options.gate and not passed else 0


def _is_policy(word: str) -> bool:
    """Whether a word after `--suites` is a policy and not one more suite."""
    path = Path(word)
    return word not in SUITES.names() and path.suffix not in (".yaml", ".yml") and path.exists()


def _suites(options: argparse.Namespace) -> list[Suite]:
    from wildrobot.evaluation.play.suite import DEFAULT_SUITES, load_suite

    names = options.suites or DEFAULT_SUITES
    found = [
        load_suite(
            name, quick=options.quick, episodes=options.episodes, seconds=options.seconds, seed=options.seed,
            baselines=options.baselines,
        )
        for name in names
    ]  # fmt: skip
    suites = [suite for suite in found if suite is not None]
    if not suites:
        raise UsageError(f"none of {', '.join(names)} has a quick version; leave out --quick")
    if len({suite.name for suite in suites}) < len(suites):
        raise UsageError("two suites have the same name; name each once, and rename a file that is called like another")
    return suites


def _outputs(options: argparse.Namespace, candidates: Sequence[Candidate]) -> Outputs:
    """What is written: what was asked for, and otherwise what the installed packages allow."""
    from wildrobot import extras
    from wildrobot.evaluation.evaluate import Outputs

    # With a folder for the report, nothing changes in the run folders.
    run = None if options.report else candidates[0].run
    report = options.report or (run / "report" if run else Path("report"))
    picture = options.picture or (run / "evaluation.png" if run else None)
    named = report / "evaluation.json" if options.report else None
    if options.no_report:
        report = None
    elif not options.report and (reason := extras.why_not("the report", extras.REPORT)):
        print(f"Note: no report is written: {reason}")
        report = None
    if picture and not options.picture and (reason := extras.why_not("the picture", extras.PICTURE)):
        print(f"Note: no picture is drawn: {reason}")
        picture = None
    return Outputs(
        json=options.json or (run / "evaluation.json" if run else named),
        report=report,
        picture=picture,
        video=options.video,
    )


def parser() -> argparse.ArgumentParser:
    """The command line of `python -m wildrobot.evaluation`."""
    parser = argparse.ArgumentParser(
        prog=called("python -m wildrobot.evaluation"),
        description="Plays policies by the same rules, whatever trained them, and says how good they are: tables, "
        "gates, a comparison, and a report to look at.",
        epilog="Of a run folder, everything is written there, unless --report names another place. The exit code is 1 "
        "if a policy fails a gate.",
    )
    parser.add_argument(
        "policies", nargs="*", metavar="RUN_OR_POLICY",
        help="run folder, policy.safetensors, exported ONNX, or a framework's checkpoint (default: those in policies/)",
    )  # fmt: skip
    parser.add_argument(
        "--suites", nargs="+", action="extend", metavar="SUITE",
        help="of the package or YAML files (default: all but transfer, which compiles MJX for minutes)",
    )  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="fewer and shorter episodes: an answer within minutes")
    parser.add_argument(
        "--stochastic", action="store_true", help="draw actions as in training, instead of the mean ones"
    )
    parser.add_argument(
        "--baselines", nargs="*", action="extend", choices=("hold-home", "random"), metavar="NAME",
        help="hold-home (which is the action 0) and random, in every suite (default: what each suite says)",
    )  # fmt: skip
    parser.add_argument("--episodes", type=integer(1, 100_000), help="of each case, instead of the suite's number")
    parser.add_argument("--seconds", type=_seconds, help="length of every episode, instead of the suite's")
    parser.add_argument(
        "--seed", type=integer(0, 2**32 - 1), default=0, help="of start states and random keys (%(default)s)"
    )
    parser.add_argument("--report", type=Path, metavar="FOLDER", help="for index.html and evaluation.json")
    parser.add_argument("--no-report", action="store_true", help="write no page")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers as JSON")
    parser.add_argument("--json-schema", action="store_true", help="print the schema of that JSON, and end")
    parser.add_argument("--picture", type=Path, metavar="FILE.png", help="draw how the first walks; needs no OpenGL")
    parser.add_argument("--video", type=Path, metavar="FILE.mp4", help="film an episode of the first")
    add_trust(parser)
    parser.add_argument(
        "--threads", type=integer(0, 1024), default=0, help="physics threads; 0: every core (%(default)s)"
    )
    parser.add_argument("--no-gate", dest="gate", action="store_false", help="exit with 0 even where a gate is failed")
    return parser


def _seconds(text: str) -> float:
    value = float(text)
    if not 0.02 <= value <= LONGEST_S:
        raise argparse.ArgumentTypeError(f"must be from 0.02 to {LONGEST_S:g} s, not {text}")
    return value


if __name__ == "__main__":
    leave(main())
