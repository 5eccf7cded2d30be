"""Look at policies, and export them for the robot.

Command line: `python -m wildrobot.policy export|verify|show`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import jax

from wildrobot import extras
from wildrobot.arguments import add_trust, called
from wildrobot.cli import exit_code, leave
from wildrobot.policy import Policy, load_policy


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code: 0, or 2 for a mistake."""
    return exit_code(lambda: _run(arguments))


def _run(arguments: Sequence[str] | None) -> None:
    options = parser().parse_args(arguments)
    jax.config.update("jax_platforms", "cpu")  # nothing here is worth an accelerator
    options.command(options)


def _export(options: argparse.Namespace) -> None:
    extras.require("exporting to ONNX", extras.ONNX)
    from wildrobot.policy import bundle
    from wildrobot.policy.web import site

    export, folder = (bundle.export, options.onnx) if options.onnx else (site.export, options.web)
    difference = export(load_policy(options.policy, trust=options.trust), folder)
    print(f"{folder}: written; ONNX Runtime computes the policy's actions to {difference:.1g}")
    if options.web:
        print(f"Look at it: python -m http.server --bind 127.0.0.1 --directory {folder}, then http://127.0.0.1:8000")


def _verify(options: argparse.Namespace) -> None:
    extras.require("verifying an exported policy", extras.ONNX)
    from wildrobot.policy import bundle

    policy, difference = bundle.verify(options.folder)
    print(f"{options.folder}: as exported; ONNX Runtime computes the policy's actions to {difference:.1g}")
    _print(policy)


def _show(options: argparse.Namespace) -> None:
    _print(load_policy(options.policy, trust=options.trust))


def _print(policy: Policy) -> None:
    info, interface = policy.info, policy.interface
    action = interface.action
    low, high = action.latency_steps
    sizes = [interface.observation_size, *(len(layer.bias) for layer in policy.layers)]
    clip = policy.observation_clip
    lines = {
        "trained by": f"{info.framework}, {info.environment_steps:,} environment steps, seed {info.seed}, "
        f"wildrobot {info.code_version}",
        "network": f"{' -> '.join(str(size) for size in sizes)}, {policy.activation}, {policy.squash}",
        "normaliser": "no clip" if clip is None else f"clipped to +-{clip:g}",
        "deviation": f"of the actions in training: {policy.noise_transform}",
        "observation": ", ".join(f"{name} {size}" for name, size in interface.observation_layout),
        "history": str(interface.history),
        "action": f"{interface.action_size} joints every {action.control_period_s:g} s, "
        f"in effect {low if low == high else f'{low} to {high}'} control steps later",
        "robot": interface.robot_digest,
        "sha256": policy.sha256,
    }
    for name, text in lines.items():
        print(f"{name:<12} {text}")


def parser() -> argparse.ArgumentParser:
    """The command line of `python -m wildrobot.policy`."""
    parser = argparse.ArgumentParser(
        prog=called("python -m wildrobot.policy"), description="Looks at policies, and exports them for the robot."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    export = commands.add_parser("export", help="write the bundle that the robot's runtime reads, or a web page")
    _add_policy(export)
    as_what = export.add_mutually_exclusive_group(required=True)
    as_what.add_argument("--onnx", type=Path, metavar="FOLDER", help="new or empty folder for the bundle")
    as_what.add_argument(
        "--web", type=Path, metavar="FOLDER", help="new or empty folder for a page in which the robot can be driven"
    )
    export.set_defaults(command=_export)

    verify = commands.add_parser("verify", help="check that an exported bundle is as it was written")
    verify.add_argument("folder", type=Path, metavar="FOLDER", help="that export has written")
    verify.set_defaults(command=_verify)

    show = commands.add_parser("show", help="say what a policy is, and where it comes from")
    _add_policy(show)
    show.set_defaults(command=_show)
    return parser


def _add_policy(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "policy", type=Path, metavar="RUN_OR_POLICY", help="run folder, policy file, or a framework's checkpoint"
    )
    add_trust(parser)


if __name__ == "__main__":
    leave(main())
