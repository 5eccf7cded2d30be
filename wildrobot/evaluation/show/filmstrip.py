"""Which moments of a walk to show, and the robot at each of them."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes

from wildrobot.evaluation.measure.steps import swings
from wildrobot.evaluation.play.episodes import Episodes
from wildrobot.render.raycast import AZIMUTH_RAD, View, render

POSES, CYCLES = 8, 1.2
_STANDING_S = 1.0
"""What the strip spans [s] when there are no steps to measure a gait cycle by."""
_SPACING_M, _TILE_M, _BOTTOM_M, _TOP_M, _PIXELS_PER_M = 0.40, (0.56, 0.88), -0.09, 0.79, 400.0
_RULER_HALF_M, _TICK_M = 0.15, 0.05
_GREY = "#5b6470"


@dataclass(frozen=True)
class Strip:
    """The samples of the first episode that are shown, and the gait cycle [s], None without steps."""

    samples: Int[np.ndarray, " poses"]
    cycle_s: float | None


def choose(played: Episodes, poses: int = POSES, cycles: float = CYCLES) -> Strip:
    """Evenly spaced samples over some gait cycles, from the left foot's landing nearest to the middle of the walk."""
    end, period = int(played.alive[:, 0].sum()), played.control_period_s
    landings = np.array([swing.touch_down for swing in swings(played.foot_load_N[:end, 0, 0], period)])
    cycle_s = float(np.median(np.diff(landings))) * period if len(landings) > 2 else None
    length = round((cycles * cycle_s if cycle_s else _STANDING_S) / period)
    first = int(landings[np.abs(landings - end / 2).argmin()]) if cycle_s else end // 2
    first = max(0, min(first, end - 1 - length))
    return Strip(np.linspace(first, min(first + length, end - 1), poses).round().astype(int), cycle_s)


def draw(axes: Axes, model: mujoco.MjModel, played: Episodes, strip: Strip) -> None:
    """Draws the robot at each moment, side by side; a ruler under each shows how far it has come.

    All are seen from the same side of the robot, wherever it has turned to: from the right of its mean heading.
    """
    count = len(strip.samples)
    axes.set_xlim(-0.6 * _SPACING_M, (count - 0.4) * _SPACING_M)
    axes.set_ylim(_BOTTOM_M - 0.06, _TOP_M + 0.035)
    axes.set_aspect("equal")
    axes.set_axis_off()
    _draw_floor(axes)
    headings = played.heading_rad[strip.samples, 0]
    heading = float(np.arctan2(np.sin(headings).mean(), np.cos(headings).mean()))
    turned = [_turned(played.film_qpos[sample], -heading) for sample in strip.samples]
    for index, (sample, qpos) in enumerate(zip(strip.samples, turned, strict=True)):
        middle = index * _SPACING_M
        axes.imshow(
            _pose(model, qpos),
            extent=(middle - _TILE_M[0] / 2, middle + _TILE_M[0] / 2, _BOTTOM_M, _TOP_M),
            interpolation="lanczos",
            zorder=3,
        )
        elapsed = (sample - strip.samples[0]) * played.control_period_s
        axes.text(
            middle, _TOP_M, rf"$\bf{{{index + 1}}}$   +{elapsed:.2f} s", ha="center", va="bottom", size=9, color=_GREY
        )
        _draw_ruler(axes, middle, float(qpos[0] - turned[0][0]))


def _turned(qpos: Float[np.ndarray, " nq"], angle_rad: float) -> Float[np.ndarray, " nq"]:
    """The robot, carried around the world's z axis."""
    turned, turn = qpos.astype(np.float64), np.array([np.cos(angle_rad / 2), 0.0, 0.0, np.sin(angle_rad / 2)])
    mujoco.mju_rotVecQuat(turned[:3], qpos[:3].astype(np.float64), turn)
    mujoco.mju_mulQuat(turned[3:7], turn, qpos[3:7].astype(np.float64))
    return turned


def _pose(model: mujoco.MjModel, qpos: Float[np.ndarray, " nq"]) -> Float[np.ndarray, "height width 4"]:
    centre = np.array([qpos[0], qpos[1], (_BOTTOM_M + _TOP_M) / 2])
    return render(model, qpos, View(centre, _TILE_M[0], _TILE_M[1], _PIXELS_PER_M))


def _draw_floor(axes: Axes) -> None:
    """A band that is darkest in front and fades into the background."""
    shade = np.zeros((64, 1, 4))
    shade[..., :3] = np.array([0.60, 0.66, 0.72])
    shade[:, 0, 3] = np.linspace(0.0, 0.42, 64) ** 1.2
    left, right = axes.get_xlim()
    axes.imshow(shade, extent=(left, right, _BOTTOM_M, 0.11), aspect="auto", interpolation="bilinear", zorder=1)


def _draw_ruler(axes: Axes, middle: float, x_m: float) -> None:
    """Ticks every 5 cm of the way around the robot, numbers every 10 cm; its middle is how far it has come."""
    scale = np.cos(AZIMUTH_RAD)
    first, last = (int(np.ceil((x_m - _RULER_HALF_M) / _TICK_M)), int(np.floor((x_m + _RULER_HALF_M) / _TICK_M)))
    axes.plot(
        [middle - _RULER_HALF_M * scale, middle + _RULER_HALF_M * scale], [_BOTTOM_M] * 2, color=_GREY, lw=1, zorder=4
    )
    axes.plot(middle, _BOTTOM_M, marker="^", ms=5, color=_GREY, zorder=4)
    for tick in range(first, last + 1):
        at = middle + (tick * _TICK_M - x_m) * scale
        axes.plot([at, at], [_BOTTOM_M, _BOTTOM_M - (0.015 if tick % 2 else 0.024)], color=_GREY, lw=1, zorder=4)
        if tick % 2 == 0:
            axes.text(at, _BOTTOM_M - 0.03, f"{tick * _TICK_M:.1f}", ha="center", va="top", size=7.5, color=_GREY)
