"""Training steps per second of each trainer on Brax, everything included, against bare `mujoco.rollout`."""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import throughput
from trainers.brax import amp, ppo
from trainers.brax.settings import BraxPpo
from wildrobot.env import make_env
from wildrobot.experiment import Experiment, load_experiment

OVERRIDES = ["env.physics.engine=native", "brax_ppo.num_timesteps=400000", "brax_ppo.num_evals=6"]
TRAININGS: tuple[tuple[str, Callable[[Experiment, Path], None], list[str]], ...] = (
    ("stock `ppo.train`", ppo.train, []),
    ("our loop, without style", amp.train, ["amp.style_weight=0"]),
    ("our loop, with AMP", amp.train, []),
)


def main() -> None:
    """Trains for half a minute each, between two measurements of the bare rate; prints a table."""
    experiment = load_experiment("walk", OVERRIDES)
    batch = experiment.section(BraxPpo).num_envs
    play = throughput.bare_rollout(make_env(experiment.env), batch)
    bare = [throughput.steps_per_second(play, batch)]
    rates = {name: _trained(train, load_experiment("walk", OVERRIDES + more)) for name, train, more in TRAININGS}
    bare.append(throughput.steps_per_second(play, batch))
    print(f"{batch} robots; bare `mujoco.rollout`: {statistics.mean(bare):,.0f} environment steps/s\n")
    print("| training | environment steps/s | of bare | of stock |")
    print("|---|--:|--:|--:|")
    stock = next(iter(rates.values()))
    for name, rate in rates.items():
        print(f"| {name} | {rate:,.0f} | {rate / statistics.mean(bare):.2f} | {rate / stock:.2f} |")
    print(flush=True)


def _trained(train: Callable[[Experiment, Path], None], experiment: Experiment) -> float:
    with tempfile.TemporaryDirectory() as folder:
        train(experiment, Path(folder) / "run")
        lines = [json.loads(line) for line in (Path(folder) / "run" / "metrics.jsonl").read_text().splitlines()]
    # From the first line on, which is written after the compilation; with all that is logged and saved on the way.
    first, last = lines[0], lines[-1]
    return (last["steps"] - first["steps"]) / (last["wall_s"] - first["wall_s"])


if __name__ == "__main__":
    main()
