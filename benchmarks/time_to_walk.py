"""Time from the start of a training to the first policy that walks: that passes the gates of the quick judge.

    python -m benchmarks time_to_walk [--trainer brax-amp] [--seeds 0 1 2] [--overrides KEY=VALUE ...]

Each seed is trained by the command that a user types, to its end, and every policy that it saves on the way is kept;
they are judged afterwards, so that the judge costs the training nothing. The clock runs from the start of the process.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from rich.progress import track

from benchmarks import throughput
from wildrobot.env import make_env
from wildrobot.evaluation.evaluate import Outputs, evaluate
from wildrobot.evaluation.play.candidates import load_candidates
from wildrobot.evaluation.play.suite import load_suite
from wildrobot.experiment import load_experiment
from wildrobot.policy import load_policy

SUITES = ("walk", "stand", "turn_and_side")
SAVED_POLICIES = 24
"""That a training of the default length leaves, one in about 0.4 million steps."""
_SECTIONS = {"brax-amp": "brax_ppo", "brax": "brax_ppo", "sb3": "sb3_ppo", "rsl_rl": "rsl_rl_ppo"}
_BARE_ROBOTS = 512
_LOOKED_AFTER_S = 0.1


class Saved(NamedTuple):
    """A policy, and when the training had saved it.

    Attributes:
      path: of the copy.
      steps: environment steps trained.
      wall_s: since the start of the process.
    """

    path: Path
    steps: int
    wall_s: float


class Walked(NamedTuple):
    """What one seed needed; None where no policy passed."""

    seed: int
    saved: int
    first: Saved | None


def main(trainer: str = "brax-amp", seeds: Sequence[int] = (0, 1, 2), overrides: Sequence[str] = ()) -> None:
    """Trains each seed, judges what it saved, and prints a table.

    Args:
      trainer: what is measured, by its name on the command line.
      seeds: of the trainer's own section.
      overrides: of the default experiment, e.g. `brax_ppo.num_envs=256`.
    """
    if trainer not in _SECTIONS:
        raise SystemExit(f"unknown trainer {trainer}; choose from: {', '.join(_SECTIONS)}")
    if trainer != "sb3":
        overrides = [f"brax_ppo.num_evals={SAVED_POLICIES + 1}", *overrides]
    load_experiment("walk", overrides)  # a mistake shows now
    play = throughput.bare_rollout(make_env(load_experiment("walk", throughput.SAME_MODEL).env), _BARE_ROBOTS)
    bare = [throughput.steps_per_second(play, _BARE_ROBOTS)]
    found = []
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            seeded = [*overrides, f"{_SECTIONS[trainer]}.seed={seed}"]
            saved = _trained(trainer, Path(folder), seeded)
            found.append(Walked(seed, len(saved), _first_that_walks(saved)))
    bare.append(throughput.steps_per_second(play, _BARE_ROBOTS))
    print(f"bare `mujoco.rollout`: {statistics.mean(bare):,.0f} environment steps/s, {_BARE_ROBOTS} robots\n")
    print(table(found), flush=True)


def table(found: Sequence[Walked]) -> str:
    """One row per seed, and their median: a seed that never walked counts as the longest."""
    rows = ["| seed | minutes until it walks | environment steps | policies saved |", "|--:|--:|--:|--:|"]
    for each in found:
        reached = f"{each.first.wall_s / 60:.1f} | {each.first.steps:,}" if each.first else "never | never"
        rows.append(f"| {each.seed} | {reached} | {each.saved} |")
    middle = statistics.median_low([each.first.wall_s if each.first else float("inf") for each in found])
    return "\n".join([*rows, f"\nMedian: {f'{middle / 60:.1f} minutes' if middle < float('inf') else 'never'}."])


def _trained(trainer: str, folder: Path, overrides: Sequence[str]) -> list[Saved]:
    run, saved = folder / "run", []
    command = [sys.executable, "-m", "trainers", trainer, "--run", str(run), *overrides]
    begin, newest = time.time(), 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as training:
        running = True
        while running:
            running = training.poll() is None  # asked first: what is saved last is looked at too
            policy = run / "policy.safetensors"
            written = policy.stat().st_mtime_ns if policy.is_file() else 0
            if written > newest:
                newest, copy = written, folder / f"{len(saved)}.safetensors"
                shutil.copyfile(policy, copy)
                saved.append(Saved(copy, load_policy(copy).info.environment_steps, written / 1e9 - begin))
            time.sleep(_LOOKED_AFTER_S)
    if training.returncode:
        raise SystemExit(f"the training ended with exit code {training.returncode}: {' '.join(command)}")
    return saved


def _first_that_walks(saved: Sequence[Saved]) -> Saved | None:
    for each in track(saved, description="judging", transient=True):
        if all(_passes(each.path, name) for name in SUITES):  # ends at the first suite with a failed gate
            return each
    return None


def _passes(policy: Path, name: str) -> bool:
    suite = load_suite(name, quick=True)
    assert suite is not None
    with redirect_stdout(StringIO()):
        return evaluate(load_candidates([policy], trust=False), [suite], Outputs(), quick=True)
