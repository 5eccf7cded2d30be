"""Pictures without a graphics library."""

import matplotlib.image
import mujoco
import numpy as np
import pytest

from tests.evaluation.walks import PERIOD_S, walk
from wildrobot.errors import UsageError
from wildrobot.evaluation.show import films, filmstrip, picture
from wildrobot.render.raycast import View, render
from wildrobot.robot import load_robot

SCENE = """
<mujoco>
  <worldbody>
    <geom type="plane" size="0 0 1"/>
    <body pos="3 4 0.5"><freejoint/>
      <geom type="sphere" size="0.2" rgba="1 0 0 1" contype="0" conaffinity="0"/>
      <geom type="box" size="0.4 0.4 0.4" group="3"/>
    </body>
  </worldbody>
</mujoco>
"""


@pytest.fixture(scope="module")
def robot():
    """All of it; where feet alone collide, nothing else is there."""
    return load_robot(collision="full")


@pytest.fixture(scope="module")
def ball():
    """A red ball of 0.2 m, seen straight from the side with 100 pixels per metre."""
    model = mujoco.MjModel.from_xml_string(SCENE)
    view = View(np.array([3.0, 4.0, 0.5]), 1.0, 1.0, 100.0, azimuth_rad=0.0, elevation_rad=0.0)
    return render(model, model.qpos0, view)


def test_a_ball_is_a_disc_of_its_size_and_colour(ball):
    assert ball.shape == (100, 100, 4)
    assert ball.min() >= 0.0
    assert ball.max() <= 1.0
    red = (ball[..., 0] > 2 * ball[..., 1]) & (ball[..., 3] > 0.5)
    assert red.sum() == pytest.approx(np.pi * 20**2, rel=0.02)
    rows, columns = np.nonzero(red)
    assert (rows.mean(), columns.mean()) == pytest.approx((49.5, 49.5), abs=0.2)


def test_collision_geoms_are_not_seen(ball):
    assert ball[20, 20, 3] == 0.0  # inside the box of group 3


def test_the_light_comes_from_above(ball):
    assert ball[35, 50, 0] > ball[65, 50, 0] + 0.1


def test_the_ball_throws_a_shadow_on_a_transparent_floor():
    model = mujoco.MjModel.from_xml_string(SCENE)
    above = View(np.array([3.0, 4.0, 0.0]), 2.0, 2.0, 50.0, azimuth_rad=0.0, elevation_rad=1.5)
    image = render(model, model.qpos0, above)
    shadow = (image[..., 3] > 0.1) & (image[..., :3].max(axis=-1) == 0.0)
    # A circle of 0.2 m, stretched by 1 / sin(elevation of the light); the ball hides a part of it.
    assert 0.5 * np.pi * 10**2 < shadow.sum() < 1.6 * np.pi * 10**2
    assert (image[..., 3] == 0.0).mean() > 0.8


def test_the_strip_spans_the_gait_cycle_that_it_measures(robot):
    strip = filmstrip.choose(walk(robot))
    assert strip.cycle_s == pytest.approx(0.8, abs=0.02)
    assert len(strip.samples) == 8
    assert (strip.samples[-1] - strip.samples[0]) * PERIOD_S == pytest.approx(1.2 * 0.8, abs=0.02)


def test_the_strip_of_a_robot_that_stands(robot):
    strip = filmstrip.choose(walk(robot, cycle_s=None))
    assert strip.cycle_s is None
    assert (strip.samples[-1] - strip.samples[0]) * PERIOD_S == pytest.approx(1.0)


@pytest.mark.parametrize("fall", [1, 5, 30])
def test_the_strip_ends_with_the_fall(robot, fall):
    samples = filmstrip.choose(walk(robot, fall=fall)).samples
    assert samples.min() >= 0
    assert samples.max() < fall


def test_the_picture(robot, tmp_path, monkeypatch):
    monkeypatch.setattr(filmstrip, "_PIXELS_PER_M", 150.0)
    path = tmp_path / "evaluation.png"
    picture.draw(path, "a policy", robot.model, [walk(robot)])
    image = matplotlib.image.imread(path)
    assert image.shape[1] > 1000
    strip = image[: image.shape[0] // 2, :, :3]
    assert (strip.max(axis=-1) < 0.2).mean() > 0.02, "the robot's dark parts"
    orange = (strip[..., 0] > 0.7) & (strip[..., 2] < 0.3)
    assert orange.sum() > 500, "the robot's orange parts"


def test_the_picture_of_a_robot_that_falls_at_once(robot, tmp_path, monkeypatch):
    monkeypatch.setattr(filmstrip, "_PIXELS_PER_M", 50.0)
    picture.draw(tmp_path / "e.png", r"runs/a$\b$", robot.model, [walk(robot, fall=1, seconds=0.5)])
    assert (tmp_path / "e.png").stat().st_size > 10_000


def test_a_picture_that_cannot_be_written(robot, tmp_path, monkeypatch):
    monkeypatch.setattr(filmstrip, "_PIXELS_PER_M", 50.0)
    with pytest.raises(UsageError, match=r"cannot write .*e\.png: No such file"):
        picture.draw(tmp_path / "missing" / "e.png", "a policy", robot.model, [walk(robot, seconds=0.5)])


def test_the_film_shows_the_fastest_command_that_is_survived(robot):
    slow, fast = walk(robot, command=0.1), walk(robot, command=0.3)
    fell = walk(robot, command=0.4, fall=10)
    assert films.fastest_survived([slow, fast, fell]) is fast
    assert films.fastest_survived([fell, fell]) is fell
    assert films.fastest_survived([walk(robot, command=0.1, fall=10), fell]) is fell
