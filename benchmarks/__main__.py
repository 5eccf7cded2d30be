"""`make bench`: the figures of docs/lab/benchmarks.md, as Markdown, in one run."""

from __future__ import annotations

import argparse
import importlib
import os
import platform

import jax
import mujoco

from wildrobot.arguments import integer
from wildrobot.processors import available_threads

PARTS = ("throughput", "random_actions", "training", "startup", "sb3_learn", "judging")
ON_REQUEST = ("envpool_rates", "physics_choices", "accelerator")
"""Not about our own speed, or with a gigabyte to install, or for a GPU."""


def main() -> None:
    """Runs the chosen parts in turn."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    known = (*PARTS, *ON_REQUEST)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"of: {', '.join(known)} (default: {', '.join(PARTS)})"
    )
    parser.add_argument(
        "--robots", nargs="+", type=integer(8, 2**20), metavar="N", help="of accelerator: its sizes, multiples of 8"
    )
    parsed = parser.parse_args()
    chosen = parsed.parts or list(PARTS)
    unknown = [part for part in chosen if part not in known]
    if unknown:
        parser.error(f"unknown part {', '.join(unknown)}; choose from: {', '.join(known)}")
    if parsed.robots and "accelerator" not in chosen:
        parser.error("--robots is of the part accelerator: name that, too")
    if any(robots % 8 for robots in parsed.robots or ()):
        parser.error("--robots must be multiples of 8, the minibatches of a batch")
    options = {"accelerator": {"robots": parsed.robots}} if parsed.robots else {}
    print(
        f"{available_threads()} of {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, ",
        end="",
    )
    print(f"JAX {jax.__version__} on {jax.default_backend()}, MuJoCo {mujoco.__version__}\n")
    for part in chosen:
        # Only now: processes that a part starts import this module too, and nobody needs all of the frameworks.
        importlib.import_module(f"benchmarks.{part}").main(**options.get(part, {}))


if __name__ == "__main__":
    main()
