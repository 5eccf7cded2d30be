"""Learning curves of several runs in one picture: over environment steps and over wall-clock time.

python -m benchmarks.learning_curves docs/lab/learning_curves.png "Brax PPO=runs/brax-*" "SB3 PPO=runs/sb3-*"
"""

from __future__ import annotations

import argparse
import glob
import itertools
import json
import sys
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.typing import ColorType

FIGURES = (
    ("episode/vx_error_m_per_s", "|vx error| in training [m/s]"),
    ("episode/length", "episode length [control steps]"),
    ("episode/sum_reward", "episode return"),
)
_SMOOTHED_STEPS = 200_000


def main() -> int:
    """Reads `metrics.jsonl` of every run and draws one line per run, one colour per group."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learning_curves", description=main.__doc__)
    parser.add_argument("picture", type=Path, metavar="FILE.png")
    parser.add_argument("groups", nargs="+", metavar="LABEL=RUNS", help="runs by a pattern, e.g. 'SB3=runs/sb3-*'")
    parsed = parser.parse_args()
    groups = {}
    for text in parsed.groups:
        label, _, pattern = text.partition("=")
        runs = [Path(path) for path in sorted(glob.glob(pattern)) if (Path(path) / "metrics.jsonl").is_file()]
        if not runs:
            parser.error(f"{text!r} names no run; give LABEL=PATTERN, the pattern matching run folders")
        groups[label] = runs
    draw(parsed.picture, groups)
    return 0


def draw(picture: Path, groups: dict[str, list[Path]]) -> None:
    """Writes the picture."""
    with matplotlib.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(10, 8), layout="constrained", dpi=130)
        FigureCanvasAgg(figure)
        axes = figure.subplots(len(FIGURES), 2, sharex="col", sharey="row")
        for (label, runs), colour in zip(groups.items(), itertools.cycle(matplotlib.color_sequences["tab10"])):
            for number, run in enumerate(runs):
                lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
                for row, (name, _) in enumerate(FIGURES):
                    name_once = f"{label}, {len(runs)} runs" if number == 0 else None
                    _lines(axes[row], lines, name, colour, name_once)
        for row, (_, title) in enumerate(FIGURES):
            axes[row, 0].set_ylabel(title)
            axes[row, 0].set_ylim(bottom=0)
            for axis in axes[row]:
                axis.grid(alpha=0.3)
        axes[0, 1].legend(frameon=False)
        axes[-1, 0].set_xlabel("environment steps [million]")
        axes[-1, 1].set_xlabel("wall-clock time, compilation included [min]")
        figure.savefig(picture)


def _lines(axes: np.ndarray, lines: list[dict[str, float]], name: str, colour: ColorType, label: str | None) -> None:
    found = [(line["steps"], line["wall_s"], line[name]) for line in lines if name in line]
    steps, wall_s, values = np.array(found).T
    # A running mean over the same number of steps for all, however often each of them logs.
    mean = np.array([values[np.abs(steps - at) <= _SMOOTHED_STEPS / 2].mean() for at in steps])
    for axis, x in zip(axes, (steps / 1e6, wall_s / 60.0), strict=True):
        line: Axes = axis
        line.plot(x, mean, color=colour, linewidth=1.4, alpha=0.85, label=label)


if __name__ == "__main__":
    sys.exit(main())
