"""`python -m trainers brax`: trains a policy into a run folder."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from wildrobot.compilation_cache import enable_compilation_cache
from wildrobot.config import builtin_names, load_experiment
from wildrobot.errors import UsageError


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code: 2 for a mistake of the caller's."""
    parsed = _parser().parse_args(arguments)
    try:
        experiment = load_experiment(parsed.config, parsed.overrides)
        enable_compilation_cache()
        # Seconds of imports, not worth waiting for where the arguments are wrong.
        from trainers import brax_compat, brax_ppo  # noqa: F401  in this order

        brax_ppo.train(experiment, parsed.run)
    except UsageError as error:
        print(f"trainers: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m trainers", description="Train a policy into a run folder.")
    trainers = parser.add_subparsers(dest="trainer", required=True, metavar="TRAINER")
    brax = trainers.add_parser("brax", help="PPO of Brax", description="Train with the PPO of Brax.")
    brax.add_argument(
        "--config",
        default="walk",
        help=f"path of a YAML file, or one of: {', '.join(builtin_names())} (default: %(default)s)",
    )
    brax.add_argument(
        "--run",
        type=Path,
        default=Path("runs") / time.strftime("brax-%Y%m%d-%H%M%S"),
        help="folder to make for the results (default: runs/brax-<date>-<time>)",
    )
    brax.add_argument(
        "overrides",
        nargs="*",
        metavar="FIELD=VALUE",
        help="settings by dotted path, e.g. brax_ppo.seed=1 env.task.command.vx_m_per_s=[0,0.3]",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
