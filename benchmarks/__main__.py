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
ON_REQUEST = ("envpool_rates", "physics_choices", "accelerator", "time_to_walk")
"""Not about our own speed, with a gigabyte to install, for a GPU, or an hour long."""
_OPTIONS = {"robots": "accelerator", "trainer": "time_to_walk", "seeds": "time_to_walk", "overrides": "time_to_walk"}
"""Of which part an option is."""


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
    parser.add_argument("--trainer", metavar="NAME", help="of time_to_walk (default: brax-amp)")
    parser.add_argument(
        "--seeds", nargs="+", type=integer(0, 2**31 - 1), metavar="N", help="of time_to_walk (default: 0 1 2)"
    )
    parser.add_argument("--overrides", nargs="+", metavar="KEY=VALUE", help="of time_to_walk: of its experiment")
    parsed = parser.parse_args()
    chosen = parsed.parts or list(PARTS)
    unknown = [part for part in chosen if part not in known]
    if unknown:
        parser.error(f"unknown part {', '.join(unknown)}; choose from: {', '.join(known)}")
    options: dict[str, dict[str, object]] = {part: {} for part in known}
    for name, part in _OPTIONS.items():
        if (value := getattr(parsed, name)) is not None:
            if part not in chosen:
                parser.error(f"--{name} is of the part {part}: name that, too")
            options[part][name] = value
    if any(robots % 8 for robots in parsed.robots or ()):
        parser.error("--robots must be multiples of 8, the minibatches of a batch")
    print(
        f"{available_threads()} of {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, ",
        end="",
    )
    print(f"JAX {jax.__version__} on {jax.default_backend()}, MuJoCo {mujoco.__version__}\n")
    for part in chosen:
        # Only now: processes that a part starts import this module too, and nobody needs all of the frameworks.
        importlib.import_module(f"benchmarks.{part}").main(**options[part])


if __name__ == "__main__":
    main()
