"""Measured against fitted, as a picture."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from wildrobot.files import replacing
from wildrobot.identification.fit import Fit
from wildrobot.identification.readings import new_readings

_COMMAND, _FITTED, _READ = "#9aa0a6", "#1f77b4", "#d62728"


def draw(fit: Fit, path: Path) -> None:
    """Writes a picture of all logs of one joint: command, new readings and what the fitted model reads.

    Raises:
      CannotWrite: if it cannot be written.
    """
    with matplotlib.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(9.0, 3.6 * len(fit.logs)), layout="constrained")
        grid = figure.subplots(2 * len(fit.logs), 1, squeeze=False, height_ratios=[3, 1] * len(fit.logs))
        for row, (log, (times, fitted)) in enumerate(zip(fit.logs, fit.curves, strict=True)):
            angle, error = grid[2 * row, 0], grid[2 * row + 1, 0]
            read_at, read = new_readings(log)
            angle.step(log.times_s, log.command_rad, where="post", color=_COMMAND, linewidth=0.8, label="command")
            angle.plot(times, fitted, color=_FITTED, linewidth=1.2, label="fitted model")
            angle.plot(read_at, read, ".", color=_READ, markersize=4, label="new readings")
            angle.set(title=f"{fit.joint_name}, {log.path.name} ({log.mode})", ylabel="encoder [rad]")
            angle.legend(loc="upper right", frameon=False, ncols=3)
            off = read - np.interp(read_at, times, fitted)
            error.axhspan(-1.96 * fit.noise_rad, 1.96 * fit.noise_rad, color=_FITTED, alpha=0.15, linewidth=0)
            error.plot(read_at, off, ".", color=_READ, markersize=4)
            error.set(xlabel="time [s]", ylabel="read - fitted")
            error.sharex(angle)
        with replacing(path) as part:
            figure.savefig(part, dpi=110)
