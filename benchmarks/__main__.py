"""`make bench`: the figures of docs/benchmarks.md, as Markdown, in one run."""

from __future__ import annotations

import argparse
import os
import platform

import jax
import mujoco

from benchmarks import startup, throughput, training
from wildrobot.physics.native import available_threads

PARTS = {"throughput": throughput.main, "training": training.main, "startup": startup.main}


def main() -> None:
    """Runs the chosen parts in turn."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of: {', '.join(PARTS)} (default: all)")
    chosen = parser.parse_args().parts or list(PARTS)
    unknown = [part for part in chosen if part not in PARTS]
    if unknown:
        parser.error(f"unknown part {', '.join(unknown)}; choose from: {', '.join(PARTS)}")
    print(
        f"{available_threads()} of {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, ",
        end="",
    )
    print(f"JAX {jax.__version__} on {jax.default_backend()}, MuJoCo {mujoco.__version__}\n")
    for part in chosen:
        PARTS[part]()


if __name__ == "__main__":
    main()
