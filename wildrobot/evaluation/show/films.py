"""Films of an episode: by OpenGL, or, where that does not work, by rays that MuJoCo casts."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from wildrobot.errors import UsageError
from wildrobot.evaluation.play.episodes import Episodes
from wildrobot.extras import FILM, why_not
from wildrobot.render import film
from wildrobot.render.film import FRAMES_PER_S, Frame, by_opengl, encode
from wildrobot.render.raycast import View, render
from wildrobot.robot import load_robot

WIDTH, HEIGHT = 960, 540
"""Of a film that was asked for."""
_SMALL = (640, 400)
_REPORT_S = 6.0
"""What the film in the report spans [s], from the start on."""
_RAY_PIXELS_PER_M, _RAY_TILE_M, _RAY_FRAMES_PER_S, _RAY_S = 360.0, (1.1, 0.86), 12.5, 4.0
"""Rays take longer: smaller, fewer and shorter."""
_PAPER = np.array([0.93, 0.945, 0.96])


def fastest_survived(played: Sequence[Episodes]) -> Episodes:
    """The fastest command whose first, filmed episode ends on its feet; the fastest of all if none does."""
    survived = [episodes for episodes in played if episodes.alive[-1, 0]]
    return max(survived or played, key=lambda episodes: episodes.command[0])


def write(path: Path, played: Episodes) -> None:
    """Films the whole first episode, in real time.

    Raises:
      UsageError: if OpenGL does not work here, or the file cannot be written.
    """
    qpos, robot = _first(played, None), played.robot.name
    film.write(path, qpos, played.control_period_s, width=WIDTH, height=HEIGHT, robot=robot)


def encoded(walks: Mapping[str, Episodes]) -> tuple[dict[str, bytes], str | None]:
    """The first seconds of each policy as MP4, or the reason why there is no film."""
    if reason := why_not("it", FILM):
        return {}, reason
    return {name: _small(played) for name, played in walks.items()}, None


def _small(played: Episodes) -> bytes:
    period = played.control_period_s
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        try:
            encode(path, by_opengl(_first(played, _REPORT_S), period, *_SMALL, robot=played.robot.name), FRAMES_PER_S)
        except UsageError:  # OpenGL does not work here
            encode(path, _by_rays(_first(played, _RAY_S), period, played.robot.name), _RAY_FRAMES_PER_S)
        return path.read_bytes()


def _first(played: Episodes, seconds: float | None) -> Float[np.ndarray, "T nq"]:
    """Configurations of the first episode, until it falls."""
    alive = int(played.alive[:, 0].sum())
    last = alive if seconds is None else min(alive, round(seconds / played.control_period_s))
    return played.film_qpos[:last]


def _by_rays(qpos: Float[np.ndarray, "T nq"], period_s: float, robot: str) -> Iterator[Frame]:
    model = load_robot(robot, collision="full").model
    for configuration in qpos[:: max(1, round(1.0 / (_RAY_FRAMES_PER_S * period_s)))]:
        centre = np.array([configuration[0], configuration[1], 0.36])
        picture = render(model, configuration, View(centre, *_RAY_TILE_M, _RAY_PIXELS_PER_M), smooth=1)
        opaque = picture[..., 3:]
        yield np.round(255.0 * (picture[..., :3] * opaque + _PAPER * (1.0 - opaque))).astype(np.uint8)
