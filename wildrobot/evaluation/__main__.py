"""Command line: `python -m wildrobot.evaluation RUN_OR_POLICY`."""

from __future__ import annotations

import argparse
import importlib.util
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from wildrobot import gl
from wildrobot.errors import UsageError


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code: 0, 1 if `--gate` is given and a gate is failed, 2 for a mistake."""
    options = _parser().parse_args(arguments)
    # The judge sits on the processor, where the same seed gives the same table on every machine.
    os.environ["JAX_PLATFORMS"] = "cpu"
    try:
        policy_file, run = _resolve(options.policy)
        beside = _resolve(options.beside)[0] if options.beside else None
        if options.video:
            _prepare_film(options.video)
        # Imported only now, so that a mistake is told at once and MuJoCo finds what `gl.require` has set.
        from wildrobot.evaluation.evaluate import Outputs, evaluate
        from wildrobot.evaluation.suite import Suite

        outputs = Outputs(
            json=options.json or (run / "evaluation.json" if run else None),
            picture=options.picture or (run / "evaluation.png" if run else None),
            video=options.video,
        )
        suite = Suite(tuple(options.commands), options.episodes, options.seconds, options.seed)
        passed = evaluate(
            policy_file, suite, outputs, beside=beside, baseline=options.baseline, threads=options.threads
        )
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 1 if options.gate and not passed else 0


def _resolve(path: Path) -> tuple[Path, Path | None]:
    """The policy file, and the run folder if one was given."""
    if not path.exists():
        raise UsageError(f"{path} does not exist; give a run folder, or a policy.safetensors file")
    if not path.is_dir():
        return path, None
    policy_file = path / "policy.safetensors"
    if not policy_file.is_file():
        raise UsageError(
            f"the folder {path} holds no policy.safetensors; give the folder of a training run that has saved a policy"
        )
    return policy_file, path


def _prepare_film(path: Path) -> None:
    """Checks before anything is played that a film can be made, and tells MuJoCo how."""
    if path.suffix.lower() != ".mp4":
        raise UsageError(f"--video {path}: a film is written as MP4; give a file name that ends in .mp4")
    missing = [name for name in ("imageio", "imageio_ffmpeg") if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(f'--video needs {" and ".join(missing)}: run `pip install "wildrobot[video]"`')
    gl.require("--video")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m wildrobot.evaluation",
        description="Plays a policy on MuJoCo C with full collisions, from rest, and says how well it walks.",
        epilog="Given a run folder, it also writes evaluation.json and evaluation.png there.",
    )
    parser.add_argument("policy", type=Path, metavar="RUN_OR_POLICY", help="run folder, or policy.safetensors file")
    parser.add_argument(
        "--beside", type=Path, metavar="RUN_OR_POLICY", help="play another policy too, and show its figures beside"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures as JSON")
    parser.add_argument("--picture", type=Path, metavar="FILE.png", help="draw how it walks; needs no graphics library")
    parser.add_argument("--video", type=Path, metavar="FILE.mp4", help="film one episode")
    parser.add_argument("--episodes", type=_positive_int, default=128, help="episodes per command (%(default)s)")
    parser.add_argument("--seconds", type=_positive, default=20.0, help="length of an episode (%(default)s)")
    parser.add_argument(
        "--commands", type=_finite, nargs="+", default=(0.0, 0.1, 0.2, 0.3), metavar="VX",
        help="forward speeds to command, m/s (0 0.1 0.2 0.3)",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="of start states and random keys (%(default)s)")
    parser.add_argument(
        "--no-baseline", dest="baseline", action="store_false", help="leave out holding the home pose, for comparison"
    )
    parser.add_argument("--threads", type=int, default=0, help="physics threads; 0: every core (%(default)s)")
    parser.add_argument("--gate", action="store_true", help="exit with 1 if a gate is failed or was not played")
    return parser


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text} is not a finite number")
    return value


def _positive(text: str) -> float:
    value = _finite(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"must be above 0, not {text}")
    return value


def _positive_int(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {text}")
    return value


if __name__ == "__main__":
    sys.exit(main())
