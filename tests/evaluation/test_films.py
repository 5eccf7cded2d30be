"""Films, with OpenGL or without."""

import ctypes.util
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.evaluation.walks import walk
from wildrobot import extras
from wildrobot.errors import UsageError
from wildrobot.evaluation.show import films
from wildrobot.render import gl, renderer

needs_ffmpeg = pytest.mark.skipif(bool(extras.why_not("a film", extras.FILM)), reason="imageio is an extra")
needs_opengl = pytest.mark.skipif(
    not any(ctypes.util.find_library(name) for name in gl._LIBRARIES.values()), reason="no OpenGL library here"
)


@pytest.fixture
def frames(monkeypatch):
    """The frames that are encoded, how many a second, and how often a renderer was opened."""
    found = {"frames": [], "rates": []}
    encode = films.encode

    def spy(path, frames, frames_per_s):
        def seen():
            for frame in frames:
                found["frames"].append(frame)
                yield frame

        found["rates"].append(frames_per_s)
        encode(path, seen(), frames_per_s)

    monkeypatch.setattr(films, "encode", spy)
    return found


def without_opengl(monkeypatch):
    class Renderer:
        def __init__(self, *_, **__):
            raise UsageError("MuJoCo cannot draw here")

    monkeypatch.setattr(renderer, "RobotRenderer", Renderer)


@needs_ffmpeg
def test_where_opengl_does_not_work_the_report_gets_a_film_by_rays(env, monkeypatch, frames):
    without_opengl(monkeypatch)
    monkeypatch.setattr(films, "_RAY_PIXELS_PER_M", 120.0)
    made, why_not = films.encoded({"mine": walk(env.robot, seconds=0.4)})
    assert why_not is None
    assert made["mine"][4:8] == b"ftyp"
    # 21 samples at 50 Hz, every fourth of them, in real time.
    assert len(frames["frames"]) == 6
    assert frames["rates"][-1] == 12.5
    image = frames["frames"][0].astype(float)
    assert np.abs(image[0, 0] - 255 * films._PAPER).max() < 1, "the paper"
    assert (image.max(axis=-1) < 60).mean() > 0.01, "the robot's dark parts"


@needs_ffmpeg
def test_a_film_ends_with_the_fall(env, monkeypatch, frames):
    without_opengl(monkeypatch)
    monkeypatch.setattr(films, "_RAY_PIXELS_PER_M", 60.0)
    films.encoded({"mine": walk(env.robot, seconds=2.0, fall=9)})
    assert len(frames["frames"]) == 3


def test_why_there_is_no_film(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert films.encoded({}) == (
        {}, 'it needs imageio and imageio_ffmpeg; run `pip install "wildrobot[video]"`',
    )  # fmt: skip


@needs_ffmpeg
def test_a_film_that_was_asked_for_needs_opengl(env, monkeypatch, tmp_path):
    without_opengl(monkeypatch)
    with pytest.raises(UsageError, match=r"MuJoCo cannot draw here"):
        films.write(tmp_path / "film.mp4", walk(env.robot, seconds=0.4))
    assert list(tmp_path.iterdir()) == []


# In a process of its own: MuJoCo must be told what to draw with before it is imported.
FILM = """
import sys
from pathlib import Path
from wildrobot.render import gl
gl.choose()
from tests.evaluation.walks import walk
from wildrobot.evaluation.show import films
from wildrobot.robot import load_robot
films.WIDTH, films.HEIGHT = 160, 120
path = Path(sys.argv[1])
films.write(path, walk(load_robot(), seconds=0.2))
import imageio.v2
with imageio.v2.get_reader(path) as film:
    frames = list(film.iter_data())
print([frame.shape for frame in frames] == 6 * [(120, 160, 3)], frames[0].std() > 10)
"""


@needs_ffmpeg
@needs_opengl
def test_a_film_by_opengl(tmp_path):
    path = tmp_path / "film.mp4"
    without = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "MUJOCO_GL")}
    done = subprocess.run(
        [sys.executable, "-c", FILM, path], cwd=Path(__file__).parents[2], env=without, capture_output=True, text=True,
        timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [entry.name for entry in tmp_path.iterdir()] == ["film.mp4"]
    assert done.stdout.split() == ["True", "True"], "six frames of that size, and not of one colour"
