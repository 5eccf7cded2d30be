"""A film of one episode. `gl.require` must have run before this is imported."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import imageio.v2
import numpy as np
from jaxtyping import Float

from wildrobot.errors import UsageError
from wildrobot.rendering import RobotRenderer

WIDTH, HEIGHT, FRAMES_PER_S = 960, 540, 25
"""Without a graphics card a frame of this size takes about 0.2 s."""


def write(
    path: Path,
    film_qpos: Float[np.ndarray, "T nq"],
    period_s: float,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Renders configurations, one per control period, in real time.

    Raises:
      UsageError: if OpenGL does not work here, or the file cannot be written.
    """
    frames = film_qpos[:: max(1, round(1.0 / (FRAMES_PER_S * period_s)))]
    try:
        renderer = RobotRenderer(width=WIDTH, height=HEIGHT)
    except UsageError as error:
        raise UsageError(f"--video: {error}") from None
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part.mp4")
    try:
        with _writer(temporary) as film:
            for done, qpos in enumerate(frames, 1):
                film.append_data(renderer.frame(qpos))
                on_progress(done, len(frames))
        os.replace(temporary, path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}; choose a writable place") from None
    finally:
        temporary.unlink(missing_ok=True)
        renderer.close()


@contextmanager
def _writer(path: Path) -> Iterator[Any]:
    with warnings.catch_warnings():
        # JAX warns of every fork while its threads run; FFmpeg is forked and at once replaced by exec, which is sound.
        warnings.filterwarnings("ignore", message=r"os\.fork\(\) was called", category=RuntimeWarning)
        # Even sizes are enough for H.264.
        writer: Any = imageio.v2.get_writer(path, fps=FRAMES_PER_S, quality=7, macro_block_size=2)
        with writer:
            yield writer
