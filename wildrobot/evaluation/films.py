"""Films of an episode: by OpenGL, or, where that does not work, by rays that MuJoCo casts."""

from __future__ import annotations

import importlib.util
import os
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from wildrobot.errors import UsageError
from wildrobot.evaluation.episodes import Episodes
from wildrobot.evaluation.raycast import View, render
from wildrobot.robot import load_robot

Frame = UInt8[np.ndarray, "height width 3"]

WIDTH, HEIGHT, FRAMES_PER_S = 960, 540, 25.0
"""Of a film that was asked for."""
_SMALL = (640, 400)
_REPORT_S = 6.0
"""What the film in the report spans [s], from the start on."""
_RAY_PIXELS_PER_M, _RAY_TILE_M, _RAY_FRAMES_PER_S, _RAY_S = 360.0, (1.1, 0.86), 12.5, 4.0
"""Rays take longer: smaller, fewer and shorter."""
_PAPER = np.array([0.93, 0.945, 0.96])

NEEDS = "imageio", "imageio_ffmpeg"
REMEDY = 'run `pip install "wildrobot[video]"`'


def missing() -> list[str]:
    """The packages that a film needs and that are not installed."""
    return [name for name in NEEDS if importlib.util.find_spec(name) is None]


def write(path: Path, played: Episodes) -> None:
    """Films the whole first episode, in real time.

    Raises:
      UsageError: if OpenGL does not work here, or the file cannot be written.
    """
    frames = _by_opengl(_first(played, None), played.control_period_s, WIDTH, HEIGHT)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part.mp4")
    try:
        _encode(temporary, frames, FRAMES_PER_S)
        os.replace(temporary, path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}; choose a writable place") from None
    finally:
        temporary.unlink(missing_ok=True)


def encoded(walks: Mapping[str, Episodes]) -> tuple[dict[str, bytes], str | None]:
    """The first seconds of each policy as MP4, and why there is none, if there is none."""
    if gone := missing():
        return {}, f"{' and '.join(gone)} is not installed; {REMEDY}"
    return {name: _small(played) for name, played in walks.items()}, None


def _small(played: Episodes) -> bytes:
    period = played.control_period_s
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        try:
            _encode(path, _by_opengl(_first(played, _REPORT_S), period, *_SMALL), FRAMES_PER_S)
        except UsageError:  # OpenGL does not work here
            _encode(path, _by_rays(_first(played, _RAY_S), period), _RAY_FRAMES_PER_S)
        return path.read_bytes()


def _first(played: Episodes, seconds: float | None) -> Float[np.ndarray, "T nq"]:
    """Configurations of the first episode, until it falls."""
    alive = int(played.alive[:, 0].sum())
    last = alive if seconds is None else min(alive, round(seconds / played.control_period_s))
    return played.film_qpos[:last]


def _by_opengl(qpos: Float[np.ndarray, "T nq"], period_s: float, width: int, height: int) -> Iterator[Frame]:
    # Imported only now: `gl.choose` must come before MuJoCo loads a library of OpenGL.
    from wildrobot.rendering import RobotRenderer

    renderer = RobotRenderer(width=width, height=height)
    try:
        for configuration in qpos[:: max(1, round(1.0 / (FRAMES_PER_S * period_s)))]:
            yield renderer.frame(configuration)
    finally:
        renderer.close()


def _by_rays(qpos: Float[np.ndarray, "T nq"], period_s: float) -> Iterator[Frame]:
    model = load_robot("full").model
    for configuration in qpos[:: max(1, round(1.0 / (_RAY_FRAMES_PER_S * period_s)))]:
        centre = np.array([configuration[0], configuration[1], 0.36])
        picture = render(model, configuration, View(centre, *_RAY_TILE_M, _RAY_PIXELS_PER_M), smooth=1)
        opaque = picture[..., 3:]
        yield np.round(255.0 * (picture[..., :3] * opaque + _PAPER * (1.0 - opaque))).astype(np.uint8)


def _encode(path: Path, frames: Iterable[Frame], frames_per_s: float) -> None:
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
