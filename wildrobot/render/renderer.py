"""Pictures of the robot with MuJoCo's renderer. They need an OpenGL library: `wildrobot.render.gl`."""

from __future__ import annotations

import weakref

import mujoco
import numpy as np
from jaxtyping import Float, UInt8

from wildrobot.errors import UsageError
from wildrobot.render.gl import INSTALL
from wildrobot.robot import load_robot

_DISTANCE_M, _AZIMUTH_DEG, _ELEVATION_DEG = 1.7, 118.0, -9.0
"""Placement of the camera, which follows the pelvis and looks at the robot's right side, somewhat from the front."""
_SAMPLES_PER_PIXEL, _SHADOW_PIXELS = 4, 2048


class RobotRenderer:
    """Draws the robot in any configuration: the whole of it, also where physics simulates feet and floor alone."""

    def __init__(self, robot: str = "wildrobot", *, width: int, height: int):
        """Opens an off-screen OpenGL context for a robot (`load_robot`); the size of its pictures is in pixels.

        Raises:
          UsageError: if OpenGL does not work here, saying what to install.
        """
        loaded = load_robot(robot, collision="full")
        model = loaded.model
        model.vis.quality.offsamples, model.vis.quality.shadowsize = _SAMPLES_PER_PIXEL, _SHADOW_PIXELS
        self._model, self._data = model, mujoco.MjData(model)
        self._camera = mujoco.MjvCamera()
        self._camera.type, self._camera.trackbodyid = mujoco.mjtCamera.mjCAMERA_TRACKING, loaded.base_body
        self._camera.distance, self._camera.azimuth, self._camera.elevation = _DISTANCE_M, _AZIMUTH_DEG, _ELEVATION_DEG
        try:
            self._renderer = mujoco.Renderer(model, height, width)
        except Exception as error:  # each OpenGL library fails in its own way
            raise UsageError(f"MuJoCo cannot draw here ({type(error).__name__}: {error}); {INSTALL}") from None
        # Also at the end of the program: MuJoCo's own finaliser comes too late then, and complains.
        self._close = weakref.finalize(self, self._renderer.close)

    def frame(self, qpos: Float[np.ndarray, " nq"]) -> UInt8[np.ndarray, "height width 3"]:
        """The robot in one configuration, in RGB."""
        self._data.qpos[:] = qpos
        mujoco.mj_forward(self._model, self._data)
        self._renderer.update_scene(self._data, self._camera)
        return self._renderer.render()

    def close(self) -> None:
        """Frees the OpenGL context."""
        self._close()
