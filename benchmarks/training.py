"""Training steps per second of `make train-brax`, everything included, against bare `mujoco.rollout`."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks import throughput
from trainers import brax_ppo
from wildrobot.config import load_experiment
from wildrobot.env import make_env

BARE_REPEATS = 5
OVERRIDES = ["env.physics.engine=native", "brax_ppo.num_timesteps=400000", "brax_ppo.num_evals=6"]


def main() -> None:
    """Trains for half a minute between two measurements of the bare rate; prints a table."""
    experiment = load_experiment("walk", OVERRIDES)
    batch = experiment.brax_ppo.num_envs
    play = throughput.bare_rollout(make_env(experiment.env), batch)
    bare = _rate(play, batch)
    with tempfile.TemporaryDirectory() as folder:
        brax_ppo.train(experiment, Path(folder) / "run")
        lines = [json.loads(line) for line in (Path(folder) / "run" / "metrics.jsonl").read_text().splitlines()]
    bare = (bare + _rate(play, batch)) / 2
    # One per epoch; the first contains the compilation.
    training = statistics.median([line["training/sps"] for line in lines if "training/sps" in line][1:])
    print("| robots | bare `mujoco.rollout` | training | training / bare |")
    print("|--:|--:|--:|--:|")
    print(f"| {batch} | {bare:,.0f} | {training:,.0f} | {training / bare:.2f} |\n", flush=True)


def _rate(play, batch: int) -> float:
    seconds = []
    for _ in range(BARE_REPEATS):
        begin = time.perf_counter()
        play()
        seconds.append(time.perf_counter() - begin)
    return batch * throughput.CONTROL_STEPS / statistics.median(seconds)


if __name__ == "__main__":
    main()
