"""A film of one episode. `gl.prepare` must have run before this is imported."""

from __future__ import annotations

import copy
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import imageio.v2
import mujoco
import numpy as np
from jaxtyping import Float

from wildrobot.errors import UsageError
from wildrobot.evaluation.gl import INSTALL

WIDTH, HEIGHT, FRAMES_PER_S = 960, 540, 25
"""Without a graphics card a frame of this size takes about 0.2 s."""
_DISTANCE_M, _AZIMUTH_DEG, _ELEVATION_DEG = 1.7, 118.0, -9.0
"""Of the camera, which follows the pelvis and looks at the robot's right side, somewhat from the front."""
_SAMPLES_PER_PIXEL, _SHADOW_PIXELS = 4, 2048


def write(
    path: Path,
    model: mujoco.MjModel,
    film_qpos: Float[np.ndarray, "T nq"],
    period_s: float,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Renders configurations, one per control period, in real time.

    Raises:
      UsageError: if OpenGL does not work here, or the file cannot be written.
    """
    frames = film_qpos[:: max(1, round(1.0 / (FRAMES_PER_S * period_s)))]
    model = copy.copy(model)
    model.vis.quality.offsamples, model.vis.quality.shadowsize = _SAMPLES_PER_PIXEL, _SHADOW_PIXELS
    data, camera = mujoco.MjData(model), _camera(model)
    try:
        renderer = mujoco.Renderer(model, HEIGHT, WIDTH)
    except Exception as error:  # each OpenGL library fails in its own way
        raise UsageError(f"--video: MuJoCo cannot render here ({type(error).__name__}: {error}); {INSTALL}") from None
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part.mp4")
    try:
        with _writer(temporary) as film:
            for done, qpos in enumerate(frames, 1):
                data.qpos[:] = qpos
                mujoco.mj_forward(model, data)
                renderer.update_scene(data, camera)
                film.append_data(renderer.render())
                on_progress(done, len(frames))
        os.replace(temporary, path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}; choose a writable place") from None
    finally:
        temporary.unlink(missing_ok=True)
        renderer.close()


def _camera(model: mujoco.MjModel) -> mujoco.MjvCamera:
    camera = mujoco.MjvCamera()
    camera.type, camera.trackbodyid = mujoco.mjtCamera.mjCAMERA_TRACKING, model.body("pelvis").id
    camera.distance, camera.azimuth, camera.elevation = _DISTANCE_M, _AZIMUTH_DEG, _ELEVATION_DEG
    return camera


@contextmanager
def _writer(path: Path) -> Iterator[Any]:
    with warnings.catch_warnings():
        # JAX warns of every fork while its threads run; FFmpeg is forked and at once replaced by exec, which is sound.
        warnings.filterwarnings("ignore", message=r"os\.fork\(\) was called", category=RuntimeWarning)
        # Even sizes are enough for H.264.
        writer: Any = imageio.v2.get_writer(path, fps=FRAMES_PER_S, quality=7, macro_block_size=2)
        with writer:
            yield writer
