"""A film of a motion. `gl.choose` must have run before this is imported."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import imageio.v2
import numpy as np
from jaxtyping import Float

from wildrobot.errors import UsageError
from wildrobot.motion.derivatives import PERIOD_S
from wildrobot.rendering import RobotRenderer

_WIDTH, _HEIGHT, _FRAMES_PER_S = 640, 480, 25


def write(qpos: Float[np.ndarray, "T nq"], path: Path) -> None:
    """Films configurations, one per control step, in real time.

    Raises:
      UsageError: if OpenGL does not work here, or the file cannot be written.
    """
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part.mp4")
    renderer = RobotRenderer(width=_WIDTH, height=_HEIGHT)
    try:
        with warnings.catch_warnings():
            # JAX warns of every fork while its threads run; FFmpeg is forked and at once replaced by exec.
            warnings.filterwarnings("ignore", message=r"os\.fork\(\) was called", category=RuntimeWarning)
            writer: Any = imageio.v2.get_writer(temporary, fps=_FRAMES_PER_S, quality=6, macro_block_size=2)
            with writer as film:
                for configuration in qpos[:: round(1.0 / (_FRAMES_PER_S * PERIOD_S))]:
                    film.append_data(renderer.frame(configuration))
        os.replace(temporary, path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}; choose a writable place") from None
    finally:
        temporary.unlink(missing_ok=True)
        renderer.close()
