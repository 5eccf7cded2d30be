"""Films of the robot: pictures by OpenGL, one after the other, as MP4. Needs the extra `video`."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from wildrobot.files import replacing

Frame = UInt8[np.ndarray, "height width 3"]

FRAMES_PER_S = 25.0


def write(
    path: Path, qpos: Float[np.ndarray, "T nq"], period_s: float, *, width: int, height: int, robot: str = "wildrobot"
) -> None:
    """Films configurations, one per control period, in real time.

    Raises:
      UsageError: if OpenGL does not work here, or the file cannot be written; an older file is as it was.
    """
    with replacing(path) as part:
        encode(part, by_opengl(qpos, period_s, width, height, robot=robot), FRAMES_PER_S)


def by_opengl(
    qpos: Float[np.ndarray, "T nq"], period_s: float, width: int, height: int, *, robot: str = "wildrobot"
) -> Iterator[Frame]:
    """Pictures of configurations, one per control period, as many as real time needs.

    Raises:
      UsageError: if OpenGL does not work here.
    """
    # Imported only now: `gl.choose` must come before MuJoCo loads a library of OpenGL.
    from wildrobot.render.renderer import RobotRenderer

    renderer = RobotRenderer(robot, width=width, height=height)
    try:
        for configuration in qpos[:: max(1, round(1.0 / (FRAMES_PER_S * period_s)))]:
            yield renderer.frame(configuration)
    finally:
        renderer.close()


def encode(path: Path, frames: Iterable[Frame], frames_per_s: float) -> None:
    """Writes frames as MP4."""
    with _writer(path, frames_per_s) as film:
        for frame in frames:
            film.append_data(frame)


@contextmanager
def _writer(path: Path, frames_per_s: float) -> Iterator[Any]:
    # Its packages are an extra, which others do without.
    import imageio.v2

    with warnings.catch_warnings():
        # JAX warns of every fork while its threads run; FFmpeg is forked and at once replaced by exec, which is sound.
        warnings.filterwarnings("ignore", message=r"os\.fork\(\) was called", category=RuntimeWarning)
        # Even sizes are enough for H.264; 4:2:0 is what every browser plays.
        writer: Any = imageio.v2.get_writer(
            path, fps=frames_per_s, quality=6, macro_block_size=2, pixelformat="yuv420p"
        )
        with writer:
            yield writer
