"""Films beside a training: when one is made, with what is left over of the processor, and what becomes of failures."""

import ctypes.util
import json
import sys
import time
from contextlib import closing
from typing import Any

import pytest

from tests.trainers.conftest import NATIVE
from trainers import filming
from trainers.__main__ import main
from trainers.filming import Filmer
from wildrobot import extras
from wildrobot.render import gl

FILMS = "import os, sys, shutil; shutil.copy(sys.argv[1], sys.argv[2]); print(os.nice(0), file=open(sys.argv[3], 'w'))"
FAILS = "import sys; print('20 %', file=sys.stderr); sys.exit('error: the disk is full; make room')"
HANGS = (
    "import sys, time; open(sys.argv[2].replace('0000000', '.0000000', 1)[:-3] + 'ab.part.mp4', 'w'); time.sleep(60)"
)


@pytest.fixture
def child(monkeypatch, tmp_path):
    """Sets what runs in the judge's place: code that gets policy, film and a file for its niceness."""

    def as_code(code):
        monkeypatch.setattr(
            filming,
            "_command",
            lambda policy, film: [sys.executable, "-S", "-c", code, str(policy), str(film), str(tmp_path / "nice")],
        )

    return as_code


@pytest.fixture
def policy(tmp_path):
    path = tmp_path / "policy.safetensors"
    path.write_bytes(b"first")
    return path


def until(condition):
    for _ in range(300):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it has not come about in 30 s")


def test_a_film_is_of_the_policy_that_was_the_newest_and_takes_only_what_is_left_of_the_processor(
    tmp_path, child, policy
):
    child(FILMS)
    made = []
    filmer = Filmer(tmp_path / "films", 0.0, lambda *film: made.append(film))
    filmer.poll()
    assert not (tmp_path / "films").exists(), "there is no policy yet"
    began = time.monotonic()
    filmer.saved(policy, 100)
    assert time.monotonic() - began < 2.0
    policy.write_bytes(b"second")

    def done():
        filmer.poll()
        return made

    until(done)
    filmer.close()
    assert made == [(100, tmp_path / "films" / "000000000100.mp4")]
    assert made[0][1].read_bytes() == b"first"
    assert int((tmp_path / "nice").read_text()) == 19
    assert [path.name for path in (tmp_path / "films").iterdir()] == ["000000000100.mp4"]


def test_nothing_is_filmed_before_its_time(tmp_path, child, policy):
    child(FILMS)
    filmer = Filmer(tmp_path / "films", 3600.0, lambda *film: None)
    filmer.saved(policy, 100)
    filmer.poll()
    assert not (tmp_path / "films").exists()


def test_at_the_end_the_newest_policy_is_filmed(tmp_path, child, policy):
    child(FILMS)
    made, said = [], []
    filmer = Filmer(tmp_path / "films", 3600.0, lambda *film: made.append(film))
    filmer.saved(policy, 100)
    filmer.last(said.append, lambda: False)
    assert [steps for steps, _ in made] == [100]
    assert said == ["filming it; Ctrl-C leaves that out"]
    filmer.last(said.append, lambda: False)
    assert len(made) == len(said) == 1, "it has its film"


@pytest.mark.parametrize("end", ["close", "skip"])
def test_of_a_film_that_is_not_done_nothing_is_left(tmp_path, child, policy, end):
    child(HANGS)
    filmer = Filmer(tmp_path / "films", 0.0, lambda *film: pytest.fail("there is no film"))
    filmer.saved(policy, 1)
    until(lambda: list((tmp_path / "films").glob(".*.part.mp4")))
    if end == "skip":
        filmer.last(lambda text: None, lambda: True)
    filmer.close()
    assert list((tmp_path / "films").iterdir()) == []


def test_a_failure_is_one_sentence_and_the_end_of_the_films(tmp_path, child, policy, capsys):
    child(FAILS)
    filmer = Filmer(tmp_path / "films", 0.0, lambda *film: pytest.fail("there is no film"))
    filmer.saved(policy, 1)

    def said():
        filmer.poll()
        return filmer._ended

    until(said)
    filmer.saved(policy, 2)
    filmer.last(lambda text: pytest.fail("there is no film"), lambda: False)
    assert capsys.readouterr().err == "no more films: the disk is full; make room; the training goes on\n"
    assert list((tmp_path / "films").iterdir()) == []


def test_without_opengl_it_is_one_sentence_and_the_training_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(gl.ctypes.util, "find_library", lambda name: None)
    monkeypatch.setattr(gl.sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("MUJOCO_GL", raising=False)
    arguments = ["--config", "smoke", "--run", str(tmp_path / "run"), "--film-every", "0.01"]
    assert main(["sb3", *arguments, NATIVE, "sb3_ppo.total_timesteps=512"]) == 0
    (line,) = (line for line in capsys.readouterr().err.splitlines() if "films" in line)
    assert line.startswith("training without films: a film needs an OpenGL library, and none is installed; install one")
    assert (tmp_path / "run" / "policy.safetensors").is_file()
    assert not (tmp_path / "run" / "films").exists()


def test_without_the_packages_it_is_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(extras.importlib.util, "find_spec", lambda name: None)
    assert Filmer.where_possible(tmp_path, 1.0, lambda *film: None) is None
    assert 'pip install "wildrobot[video]"' in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(
    not any(ctypes.util.find_library(name) for name in gl._LIBRARIES.values()), reason="no OpenGL library here"
)
def test_a_training_leaves_a_film_of_its_policy(tmp_path, capsys):
    import imageio.v2

    run = tmp_path / "run"
    assert main(["sb3", "--config", "smoke", "--run", str(run), "--film-every", "0.01", NATIVE]) == 0
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    film = run / "films" / f"{lines[-1]['steps']:012d}.mp4"
    reader: Any = imageio.v2.get_reader(film)
    with closing(reader):
        assert reader.get_data(0).shape == (540, 960, 3)
