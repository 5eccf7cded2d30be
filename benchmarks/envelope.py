"""Makes the envelope that learning curves are held against: `python -m benchmarks.envelope RUN... --recipes TEXT`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from wildrobot.evaluation.diagnose.evidence.envelope import FILE, METRICS, grid_steps, windows
from wildrobot.evaluation.diagnose.evidence.run import RunLog, run_log
from wildrobot.policy import Policy


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the logs of runs, and writes the least and the most of them at equal steps."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.envelope", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("runs", nargs="+", type=Path, help="run folders of trainings that went well")
    parser.add_argument("--recipes", required=True, help="what they were, for the readers of the file")
    parser.add_argument("--out", type=Path, default=FILE)
    options = parser.parse_args(arguments)
    logs = [run_log(run, Policy.load(run / "policy.safetensors")) for run in options.runs]
    tree = made([log for log in logs if log is not None])
    options.out.write_text(json.dumps({"recipes": options.recipes} | tree, indent=1) + "\n", encoding="utf-8")


def made(logs: Sequence[RunLog]) -> dict[str, object]:
    """Steps, and for each metric the least and the most of all logs that reach them."""
    steps = max((grid_steps(log) for log in logs), key=len)
    tree: dict[str, object] = {"trainings": len(logs), "steps": steps.tolist()}
    for part, extreme in (("least", np.nanmin), ("most", np.nanmax)):
        tree[part] = {
            name: [float(f"{value:.4g}") for value in extreme(_rows(logs, name, len(steps)), axis=0)]
            for name in METRICS
        }
    return tree


def _rows(logs: Sequence[RunLog], name: str, points: int) -> np.ndarray:
    rows = np.full((len(logs), points), np.nan)
    for row, log in zip(rows, logs, strict=True):
        found = windows(log, name)
        row[: len(found)] = found
    return rows


if __name__ == "__main__":
    main()
