"""The robot, its floor and the force on it, drawn by viser."""

from __future__ import annotations

from collections.abc import Callable

import mujoco
import numpy as np
import viser
from jaxtyping import Float

from wildrobot.play.page.shapes import body_mesh
from wildrobot.play.snapshot import Snapshot
from wildrobot.robot import Robot

_PULL_N_PER_M = 80.0
"""A dragged robot hangs on a spring between the point that is held and the pointer."""
_ARROW_M_PER_N = 0.02
_FLOOR_M, _SECTION_M = 12.0, 1.0
_SKY, _ROOT = (0.55, 1.15, 0.62), "/world"
"""Where the camera starts [m], looking at the robot from the front and its left; and the node that holds all."""


class Scene:
    """Draws snapshots, with the floor at its tilt and the robot in the middle of the picture."""

    def __init__(self, server: viser.ViserServer, robot: Robot, pull: Callable[[Float[np.ndarray, " 3"]], None]):
        """Adds the robot to a server's scene; `pull` is called with the force [N] of a pointer that drags it."""
        self._server, self._robot, self._pull = server, robot, pull
        self._data = mujoco.MjData(robot.model)
        self._up = np.array([1.0, 0.0, 0.0, 0.0])
        self._centre = np.zeros(3)
        scene = server.scene
        scene.configure_default_lights(cast_shadow=False)
        server.initial_camera.position, server.initial_camera.look_at = _SKY, (0.0, 0.0, 0.3)
        server.initial_camera.fov = 0.8
        self._root = scene.add_frame(_ROOT, show_axes=False)
        self._floor = scene.add_grid(
            f"{_ROOT}/floor", width=_FLOOR_M, height=_FLOOR_M, cell_size=0.25, section_size=_SECTION_M,
            cell_color=(150, 156, 165), section_color=(110, 116, 125), plane_color=(176, 183, 192), plane_opacity=1.0,
            shadow_opacity=0.3, fade_distance=_FLOOR_M,
        )  # fmt: skip
        self._bodies = [scene.add_frame(self._name(body), show_axes=False) for body in range(1, robot.model.nbody)]
        self._arrow = scene.add_arrows(
            f"{_ROOT}/push", np.zeros((1, 2, 3)), (235, 90, 20), shaft_radius=0.008, head_radius=0.02,
            head_length=0.04, visible=False,
        )  # fmt: skip
        for body in range(1, robot.model.nbody):
            mesh = body_mesh(robot.model, body)
            if mesh is not None:
                scene.add_mesh_trimesh(f"{self._name(body)}/looks", mesh).on_drag(self._dragged)

    def draw(self, now: Snapshot, *, follow: bool) -> None:
        """Shows a snapshot; the picture goes to the browsers later, as fast as each takes it."""
        model, data = self._robot.model, self._data
        data.qpos[:] = now.qpos
        mujoco.mj_kinematics(model, data)
        if follow:
            self._centre = np.array([now.qpos[0], now.qpos[1], 0.0])
        self._up = _upright(now.down)
        with self._server.atomic():
            self._root.wxyz = self._up
            self._root.position = -_rotated(self._up, self._centre)
            # It moves on by whole sections, so that one sees the robot walk over it.
            section = np.round(self._centre / _SECTION_M) * _SECTION_M
            self._floor.position = section
            for body, node in enumerate(self._bodies, start=1):
                node.position, node.wxyz = data.xpos[body], data.xquat[body]
            pushed = bool(np.linalg.norm(now.push_N) > 0.1)
            if pushed:
                tip = data.xpos[self._robot.pushed_body]
                self._arrow.points = np.stack([tip - _ARROW_M_PER_N * now.push_N, tip])[None].astype(np.float32)
            self._arrow.visible = pushed

    # A coroutine, because viser keeps the order of these alone.
    async def _dragged(self, event: viser.SceneNodeDragEvent) -> None:
        if event.phase == "end":
            self._pull(np.zeros(3))
            return
        reach = np.array(event.end_position) - np.array(event.start_position)
        back = self._up * np.array([1.0, -1.0, -1.0, -1.0])
        self._pull(_PULL_N_PER_M * _rotated(back, reach))

    def _name(self, body: int) -> str:
        return f"{_ROOT}/body_{body}" if body else _ROOT


def _upright(down: Float[np.ndarray, " 3"]) -> Float[np.ndarray, " 4"]:
    """The smallest rotation (wxyz) that turns a direction of gravity to -z."""
    x, y, z = (float(value) for value in down)
    # From the half-way formula q = (1 + a.b, a x b) of two unit vectors a, b.
    quat = np.array([1.0 - z, -y, x, 0.0])
    return quat / np.linalg.norm(quat)


def _rotated(quat: Float[np.ndarray, " 4"], vector: Float[np.ndarray, " 3"]) -> Float[np.ndarray, " 3"]:
    rotated = np.zeros(3)
    mujoco.mju_rotVecQuat(rotated, np.asarray(vector, np.float64), quat)
    return rotated
