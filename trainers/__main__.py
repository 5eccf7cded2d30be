"""`python -m trainers brax` and `python -m trainers sb3`: train a policy into a run folder."""

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
    """Runs the command; returns its exit code: 2 for a mistake of the caller's, 130 for Ctrl-C."""
    parsed = _parser().parse_args(arguments)
    try:
        parsed.command(parsed)
    except UsageError as error:
        print(f"trainers: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 0


def _brax(parsed: argparse.Namespace) -> None:
    experiment = load_experiment(parsed.config, parsed.overrides)
    enable_compilation_cache()
    # Seconds of imports, not worth waiting for where the arguments are wrong.
    from trainers import brax_compat, brax_ppo  # noqa: F401  in this order

    brax_ppo.train(experiment, parsed.run)


def _sb3(parsed: argparse.Namespace) -> None:
    if parsed.resume and (parsed.run or parsed.config):
        raise UsageError("--resume goes on in the folder that it names, by its own configuration: leave out the others")
    experiment = None if parsed.resume else load_experiment(parsed.config or "walk", parsed.overrides)
    enable_compilation_cache()
    from trainers import sb3_ppo

    if experiment is None:
        sb3_ppo.resume(parsed.resume, parsed.overrides)
    else:
        sb3_ppo.train(experiment, parsed.run or _new_folder("sb3"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m trainers", description="Train a policy into a run folder.")
    trainers = parser.add_subparsers(dest="trainer", required=True, metavar="TRAINER")
    brax = trainers.add_parser("brax", help="PPO of Brax", description="Train with the PPO of Brax.")
    brax.set_defaults(command=_brax)
    _add_common(brax, "brax", example="brax_ppo.seed=1")
    brax.set_defaults(config="walk", run=_new_folder("brax"))
    sb3 = trainers.add_parser(
        "sb3", help="PPO of Stable-Baselines3", description="Train with the PPO of Stable-Baselines3: the reference."
    )
    sb3.set_defaults(command=_sb3)
    _add_common(sb3, "sb3", example="sb3_ppo.seed=1")
    sb3.add_argument("--resume", type=Path, metavar="RUN", help="go on with a run from its newest checkpoint")
    return parser


def _add_common(trainer: argparse.ArgumentParser, name: str, *, example: str) -> None:
    trainer.add_argument(
        "--config", help=f"path of a YAML file, or one of: {', '.join(builtin_names())} (default: walk)"
    )
    trainer.add_argument(
        "--run", type=Path, help=f"folder to make for the results (default: runs/{name}-<date>-<time>)"
    )
    trainer.add_argument(
        "overrides",
        nargs="*",
        metavar="FIELD=VALUE",
        help=f"settings by dotted path, e.g. {example} env.task.command.vx_m_per_s=[0,0.3]",
    )


def _new_folder(name: str) -> Path:
    return Path("runs") / time.strftime(f"{name}-%Y%m%d-%H%M%S")


if __name__ == "__main__":
    sys.exit(main())
