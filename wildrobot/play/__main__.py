"""Drive a robot in the browser, push it, change it.

Command line: `python -m wildrobot.play [RUN_OR_POLICY ...]`.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from wildrobot import extras
from wildrobot.arguments import add_trust, called, integer, parse
from wildrobot.cli import exit_code, leave
from wildrobot.files import check_target
from wildrobot.processors import limit_threads
from wildrobot.render import gl


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command until Ctrl-C; returns the exit code: 2 for a mistake; else as `exit_code` says."""
    return exit_code(lambda: _play(arguments), interrupted="stopped")


def _play(arguments: Sequence[str] | None) -> None:
    options = parse(parser(), arguments, words=("policies",))
    extras.require("playing in the browser", extras.Extra("play", ("viser",)))
    # One robot is faster on a processor than on any accelerator.
    os.environ["JAX_PLATFORMS"] = "cpu"
    limit_threads()
    gl.choose()
    if options.record:
        check_target(options.record)
        gl.require_film("--record", options.record)
    # Whatever imports MuJoCo is imported only now, so that it finds what `gl` has set.
    from wildrobot.compilation_cache import enable_compilation_cache
    from wildrobot.evaluation.play.candidates import load_candidates, shipped_policies
    from wildrobot.play.play import play
    from wildrobot.play.worlds import Named

    enable_compilation_cache()
    paths = [Path(path) for path in options.policies] or shipped_policies()
    policies = [Named(each.name, each.policy) for each in load_candidates(paths, trust=options.trust)]
    play(policies, host=options.host, port=options.port, record=options.record)


def parser() -> argparse.ArgumentParser:
    """The command line of `python -m wildrobot.play`."""
    parser = argparse.ArgumentParser(
        prog=called("python -m wildrobot.play"),
        description="Plays policies in real time in the browser: steer the robot, push it, change it.",
        epilog="Ctrl-C ends it. From another machine: ssh -L 8080:127.0.0.1:8080 HOST, then open the page here.",
    )
    parser.add_argument(
        "policies", nargs="*", metavar="RUN_OR_POLICY",
        help="run folder, policy.safetensors, exported ONNX, or a framework's checkpoint (default: those in policies/)",
    )  # fmt: skip
    parser.add_argument("--record", type=Path, metavar="FILE.mp4", help="at the end, film the last five minutes")
    parser.add_argument("--port", type=integer(0, 65535), default=8080, help="of the page; 0: any (%(default)s)")
    parser.add_argument(
        "--host", default="127.0.0.1",
        help="address to listen on; 0.0.0.0 lets everybody on the network drive (%(default)s, this machine alone)",
    )  # fmt: skip
    add_trust(parser)
    return parser


if __name__ == "__main__":
    leave(main())
