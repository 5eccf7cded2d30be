"""A clip on one page: what it looks like, and what its joints, feet, centre of mass and zero moment point do."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import mujoco
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wildrobot.errors import UsageError
from wildrobot.motion import planar
from wildrobot.motion.authoring.acceptance import JOINT_SPEED_RAD_PER_S, TORQUE_SHARE, Report
from wildrobot.motion.authoring.dynamics import FEET
from wildrobot.motion.derivatives import PERIOD_S
from wildrobot.render.raycast import AZIMUTH_RAD, View, render
from wildrobot.robot import Robot, load_robot

_POSES = 8
_LEFT, _RIGHT, _DARK = "#c8501e", "#2563a8", "#30363d"
_LEG = ("hip_pitch", "hip_roll", "knee_pitch", "ankle_pitch", "ankle_roll")
_TILE_M, _PIXELS_PER_M = (0.46, 0.84), 240.0


def draw(report: Report, path: Path) -> None:
    """Draws the page.

    Raises:
      UsageError: if the file cannot be written.
    """
    robot, clip = load_robot(collision="full"), report.clip
    figure = Figure(figsize=(14, 13), dpi=80, layout="constrained")
    grid = figure.add_gridspec(4, 2, height_ratios=[1.3, 1, 1, 1])
    _poses(figure.add_subplot(grid[0, :]), robot, clip.qpos)
    _legs(figure.add_subplot(grid[1, 0]), robot, report)
    _arms(figure.add_subplot(grid[1, 1]), robot, report)
    _feet(figure.add_subplot(grid[2, 0]), robot, report)
    _balance(figure.add_subplot(grid[2, 1]), robot, report)
    _from_above(figure.add_subplot(grid[3, 0]), robot, report)
    _effort(figure.add_subplot(grid[3, 1]), robot, report)
    vx, vy, turn = clip.command
    verdict = "accepted" if report.passed else f"refused: {report.failures}"
    figure.suptitle(f"{clip.name}: {vx:g} m/s forward, {vy:g} m/s left, {turn:g} rad/s — {verdict}", parse_math=False)
    try:
        with matplotlib.rc_context({"font.size": 9}):
            figure.savefig(path)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"cannot write {path}: {error}; choose a writable place and a name that ends in .png"
        ) from None


def _times(report: Report) -> Float[np.ndarray, " T"]:
    return PERIOD_S * np.arange(len(report.clip.qpos))


def _poses(axes: Axes, robot: Robot, qpos: Float[np.ndarray, "T nq"]) -> None:
    axes.set_axis_off()
    axes.set_aspect("equal")
    frames = np.linspace(0, len(qpos) - 1, _POSES).round().astype(int)
    start = planar.pose_of(qpos[0])
    for index, frame in enumerate(frames):
        pose = planar.relative(start, planar.pose_of(qpos[frame]))
        turned = planar.placed(qpos[frame : frame + 1], pose)[0]
        view = View(np.array([turned[0], turned[1], 0.36]), *_TILE_M, _PIXELS_PER_M, azimuth_rad=AZIMUTH_RAD)
        left = index * _TILE_M[0]
        axes.imshow(render(robot.model, turned, view), extent=(left, left + _TILE_M[0], -0.05, _TILE_M[1] - 0.05))
        axes.text(left + _TILE_M[0] / 2, _TILE_M[1] - 0.04, f"{frame * PERIOD_S:.2f} s", ha="center")
    axes.set_xlim(0, _POSES * _TILE_M[0])
    axes.set_ylim(-0.06, _TILE_M[1])


def _legs(axes: Axes, robot: Robot, report: Report) -> None:
    styles = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
    for side, color in (("left", _LEFT), ("right", _RIGHT)):
        for name, style in zip(_LEG, styles, strict=True):
            joint = robot.joint_names.index(f"{side}_{name}")
            # The two hip pitch joints turn in opposite directions: both are drawn with flexion upwards.
            sign = -1.0 if (side, name) == ("right", "hip_pitch") else 1.0
            angles = sign * report.clip.qpos[:, robot.qpos_index[joint]]
            axes.plot(_times(report), angles, color=color, ls=style, label=name if side == "left" else None)
    _finish(axes, "legs (left orange, right blue)", "rad")


def _arms(axes: Axes, robot: Robot, report: Report) -> None:
    for name, color, sign in (
        ("left_shoulder_pitch", _LEFT, 1.0), ("right_shoulder_pitch", _RIGHT, -1.0), ("waist_yaw", _DARK, 1.0),
    ):  # fmt: skip
        joint = robot.joint_names.index(name)
        axes.plot(_times(report), sign * report.clip.qpos[:, robot.qpos_index[joint]], color=color, label=name)
    w, x, y, z = report.clip.qpos[:, 3:7].T
    axes.plot(_times(report), 2 * (w * x + y * z), color=_DARK, ls="--", label="roll of the base")
    axes.plot(_times(report), 2 * (w * y - x * z), color=_DARK, ls=":", label="pitch of the base")
    _finish(axes, "arms (forward is up), waist and base", "rad")


def _feet(axes: Axes, robot: Robot, report: Report) -> None:
    soles = sole_places_m(robot, report.clip.qpos)
    for foot, color in enumerate((_LEFT, _RIGHT)):
        axes.plot(_times(report), 1e3 * soles[:, foot, 2], color=color, label=FEET[foot])
        standing = np.where(report.clip.contacts[:, foot], -2.0 - 2.0 * foot, np.nan)
        axes.plot(_times(report), standing, color=color, lw=4, solid_capstyle="butt")
    _finish(axes, "height of the soles; bars: standing", "mm")


def _balance(axes: Axes, robot: Robot, report: Report) -> None:
    soles = sole_places_m(robot, report.clip.qpos)
    for axis, name, style in ((0, "forward", "-"), (1, "left", "--")):
        way = np.linspace(0, 1, len(soles)) * (soles[-1, :, axis].mean() - soles[0, :, axis].mean())
        way = way + soles[0, :, axis].mean()
        axes.plot(_times(report), report.dynamics.zmp_m[:, axis] - way, color=_LEFT, ls=style, label=f"ZMP, {name}")
        axes.plot(_times(report), report.dynamics.com_m[:, axis] - way, color=_DARK, ls=style, label=f"CoM, {name}")
    _finish(axes, "balance, against an even way", "m")


def _from_above(axes: Axes, robot: Robot, report: Report) -> None:
    soles, contacts = sole_places_m(robot, report.clip.qpos), report.clip.contacts
    outline = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1), (1, 1)])
    outline = outline * [robot.sole_half_length_m, robot.sole_half_width_m]
    for foot, color in enumerate((_LEFT, _RIGHT)):
        landed = contacts[:, foot] & ~np.roll(contacts[:, foot], 1)
        for frame in np.flatnonzero(landed | (np.arange(len(landed)) == 0)):
            heading = planar.pose_of(report.clip.qpos[frame]).heading
            corners = planar.Pose(float(soles[frame, foot, 0]), float(soles[frame, foot, 1]), heading).transform(
                outline
            )
            axes.plot(*corners.T, color=color, lw=0.8)
        axes.plot(*soles[:, foot, :2].T, color=color, lw=0.8, ls=":")
    axes.plot(*report.dynamics.com_m[:, :2].T, color=_DARK, label="CoM")
    axes.plot(*report.dynamics.zmp_m.T, color="#3a8f3a", marker=".", ms=3, lw=0.6, label="ZMP")
    axes.set_aspect("equal", adjustable="datalim")
    axes.legend(loc="upper right")
    axes.set(title="from above", xlabel="m", ylabel="m")


def _effort(axes: Axes, robot: Robot, report: Report) -> None:
    limit = TORQUE_SHARE * robot.torque_limit_Nm.max()
    torque = np.abs(report.dynamics.torque_Nm)
    for name, style in zip(_LEG, ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1))), strict=True):
        pair = [robot.joint_names.index(f"{side}_{name}") for side in ("left", "right")]
        axes.plot(_times(report), torque[:, pair].max(axis=1), ls=style, color=_DARK, label=name)
    speed = np.abs(report.clip.qvel[:, robot.dof_index]).max(axis=1)
    axes.plot(
        _times(report), speed / JOINT_SPEED_RAD_PER_S * limit, color=_RIGHT, lw=0.8, label="fastest joint, of its limit"
    )
    axes.axhline(limit, color=_LEFT, lw=0.8)
    _finish(axes, "torque by inverse dynamics, the larger of both sides; the line is the limit", "Nm")


def _finish(axes: Axes, title: str, unit: str) -> None:
    axes.set(title=title, ylabel=unit, xlabel="s")
    axes.grid(alpha=0.25)
    axes.legend(fontsize=7, ncols=5, loc="upper center", bbox_to_anchor=(0.5, -0.16), frameon=False)


def sole_places_m(robot: Robot, qpos: Float[np.ndarray, "T nq"]) -> Float[np.ndarray, "T 2 3"]:
    """Where the centres of the soles are."""
    data = mujoco.MjData(robot.model)
    places = np.empty((len(qpos), 2, 3))
    for index, configuration in enumerate(qpos):
        data.qpos[:] = configuration
        mujoco.mj_kinematics(robot.model, data)
        places[index] = [data.site(name).xpos for name in FEET]
    return places
