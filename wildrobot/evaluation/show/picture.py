"""One picture of how a policy walks, made without any graphics library but matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import mujoco
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from wildrobot.errors import UsageError
from wildrobot.evaluation.measure import series
from wildrobot.evaluation.measure.metrics.tracking import path_from_start, speed_m_per_s
from wildrobot.evaluation.play.episodes import Episodes
from wildrobot.evaluation.show import filmstrip
from wildrobot.evaluation.show.films import fastest_survived

_LEFT, _RIGHT, _INK, _GREY = "#1f77b4", "#e8702a", "#1f2933", "#5b6470"
_GAIT_S = 3.0
"""What the gait diagram spans [s]."""


def draw(path: Path, title: str, model: mujoco.MjModel, played: Sequence[Episodes]) -> None:
    """Writes the picture as PNG.

    Above, the robot over 1.2 gait cycles of the fastest command that it survives, seen from the side; then when its
    feet bear load; below, the speed under every command, and the paths from above.

    Raises:
      UsageError: if the file cannot be written.
    """
    shown = fastest_survived(played)
    figure = Figure(figsize=(13.0, 9.0), facecolor="white")
    FigureCanvasAgg(figure)
    figure.text(0.035, 0.955, title, size=16, weight="bold", color=_INK, parse_math=False)
    figure.text(0.035, 0.927, _caption(shown), size=10.5, color=_GREY)
    strip = filmstrip.choose(shown)
    filmstrip.draw(figure.add_axes((0.035, 0.500, 0.93, 0.415)), model, shown, strip)
    _draw_contacts(figure.add_axes((0.080, 0.405, 0.885, 0.060)), shown, strip)
    _draw_speeds(figure.add_axes((0.080, 0.065, 0.455, 0.235)), played)
    _draw_paths(figure.add_axes((0.625, 0.065, 0.340, 0.235)), shown)
    try:
        figure.savefig(path, dpi=110, format="png", metadata={"Software": None})
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}; choose a writable place") from None


def _caption(played: Episodes) -> str:
    seconds = (len(played.alive) - 1) * played.control_period_s
    speeds = speed_m_per_s(played)
    speed = f", walked at {np.nanmean(speeds):.3f} m/s" if np.isfinite(speeds).any() else ""
    survived = played.alive[-1]
    return (
        f"Commanded {played.command[0]:.2f} m/s{speed}; {survived.sum()} of {len(survived)} episodes of {seconds:g} s "
        "survived. The strip shows the first one at moments 1 to 8, with rulers in metres."
    )


def _draw_contacts(axes: Axes, played: Episodes, strip: filmstrip.Strip) -> None:
    period = played.control_period_s
    times = strip.samples * period
    first = max(0.0, times.mean() - _GAIT_S / 2)
    last = min(first + _GAIT_S, (played.alive[:, 0].sum() - 1) * period)
    for row, (foot, name, colour) in enumerate(((1, "right", _RIGHT), (0, "left", _LEFT))):
        alive = int(played.alive[:, 0].sum())
        bars = series.contact_bars(played.foot_load_N[:, 0, foot], 0, alive - 1, period)
        axes.broken_barh([(start, stop - start) for start, stop in bars], (row + 0.14, 0.72), color=colour, lw=0)
        axes.text(first, row + 0.5, f"{name} foot  ", ha="right", va="center", color=colour, size=10)
    for number, time in enumerate(times, 1):
        axes.axvline(time, color=_INK, lw=0.8, alpha=0.55)
        axes.text(time, 2.06, str(number), ha="center", va="bottom", size=8.5, weight="bold", color=_GREY)
    axes.set_xlim(first, max(last, first + period))
    axes.set_ylim(0, 2)
    axes.set_yticks([])
    cycle = f" (one gait cycle takes {strip.cycle_s:.2f} s)" if strip.cycle_s else ""
    axes.set_xlabel(f"time, s: a bar is a foot on the ground{cycle}", color=_GREY, size=9, labelpad=2)
    _tidy(axes, "bottom")


def _draw_speeds(axes: Axes, played: Sequence[Episodes]) -> None:
    colours = matplotlib.colormaps["viridis"](np.linspace(0.05, 0.82, max(len(played), 2)))
    times = np.arange(len(played[0].alive)) * played[0].control_period_s
    for episodes, colour in zip(played, colours, strict=False):
        forward = series.smoothed(episodes.velocity_m_per_s[..., 0], episodes.alive, episodes.control_period_s)
        low, middle, high = series.percentiles(forward, (10.0, 50.0, 90.0))
        axes.axhline(episodes.command[0], color=colour, lw=1.2, ls=(0, (4, 3)))
        axes.fill_between(times, low, high, color=colour, alpha=0.2, lw=0)
        axes.plot(times, middle, color=colour, lw=1.8)
        axes.text(times[-1], episodes.command[0], f"  {episodes.command[0]:.2f}", color=colour, va="center", size=9.5)
    axes.set_xlim(0, times[-1])
    axes.set_xlabel("time, s", color=_GREY, size=9)
    axes.set_title(
        "Forward speed, m/s: dashed commanded, solid walked (median; band: 80 % of episodes)",
        loc="left", size=10, color=_INK,
    )  # fmt: skip
    axes.grid(axis="y", color="#e4e8ec", lw=0.8)
    _tidy(axes, "bottom", "left")


def _draw_paths(axes: Axes, played: Episodes) -> None:
    path = np.where(played.alive[..., None], path_from_start(played), np.nan)
    axes.axhline(0, color=_INK, lw=1.2, ls=(0, (4, 3)))
    axes.plot(path[::5, :, 0], path[::5, :, 1], color=_LEFT, lw=0.8, alpha=max(0.12, min(0.8, 10 / path.shape[1])))
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xlabel("distance along the command, m", color=_GREY, size=9)
    axes.set_title(
        f"Paths from above at {played.command[0]:.2f} m/s, m: all episodes, one start",
        loc="left",
        size=10,
        color=_INK,
    )
    axes.grid(color="#e4e8ec", lw=0.8)
    _tidy(axes, "bottom", "left")


def _tidy(axes: Axes, *sides: str) -> None:
    for name, spine in axes.spines.items():
        spine.set_visible(name in sides)
        spine.set_color("#aab2bb")
    axes.tick_params(colors=_GREY, labelsize=9)
