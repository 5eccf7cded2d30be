"""Plots of the last seconds: velocities, torque, contacts."""

from __future__ import annotations

import numpy as np
import viser
from viser import uplot

from wildrobot.play.snapshot import WINDOW_S, Trace

_EVERY = 2
"""One of this many control steps is drawn."""
_ASKED, _REACHED, _OTHER = "#8a919c", "#e8590c", "#1c7ed6"


class Plots:
    """Plots of a trace, in the part of the panel where they are made."""

    def __init__(self, gui: viser.GuiApi, trace: Trace):
        self._trace = trace
        empty = np.array([0.0, 1.0])
        self._plots: list[tuple[viser.GuiUplotHandle, tuple[str, ...]]] = []
        for title, names, series, low, high in (
            ("Forward [m/s]", ("vx_asked", "vx"), (("asked", _ASKED), ("reached", _REACHED)), -0.2, 0.5),
            ("To the left [m/s]", ("vy_asked", "vy"), (("asked", _ASKED), ("reached", _REACHED)), -0.15, 0.15),
            ("Turning left [rad/s]", ("yaw_asked", "yaw"), (("asked", _ASKED), ("reached", _REACHED)), -0.6, 0.6),
            ("Torque of the busiest joint [% of its limit]", ("torque_share",), (("torque", _REACHED),), 0.0, 100.0),
            ("Feet on the floor", ("left", "right"), (("left", _REACHED), ("right", _OTHER)), -0.1, 2.4),
        ):
            lines = [uplot.Series(label=label, stroke=colour, width=2) for label, colour in series]
            plot = gui.add_uplot(
                (empty, *[empty * 0.0 for _ in names]),
                (uplot.Series(label="s"), *lines),
                title=title,
                scales={"x": uplot.Scale(time=False, auto=True), "y": uplot.Scale(auto=False, range=(low, high))},
                legend=uplot.Legend(show=False),
                height=120,
                padding=(0, 8, 0, 0),
            )
            self._plots.append((plot, names))

    def update(self) -> None:
        """Shows the trace as it is now."""
        columns = self._trace.columns()
        if len(columns["time_s"]) < 2:
            return
        columns["torque_share"] = 100.0 * columns["torque_share"]
        columns["left"] = columns["left"] + 1.3  # above the right one
        time_s = columns["time_s"][::-_EVERY][::-1]
        # Always the whole window, so that the picture runs on at one speed from the start.
        start = np.array([time_s[-1] - WINDOW_S]) if time_s[-1] - time_s[0] < WINDOW_S - 0.1 else np.zeros(0)
        for plot, names in self._plots:
            lines = [np.concatenate([np.full(len(start), np.nan), columns[name][::-_EVERY][::-1]]) for name in names]
            plot.data = (np.concatenate([start, time_s]), *lines)
