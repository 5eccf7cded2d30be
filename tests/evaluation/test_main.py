"""The command `python -m wildrobot.evaluation`."""

import ctypes.util
import dataclasses
import importlib.util
import json
import os
import subprocess
import sys

import pytest

from wildrobot import gl
from wildrobot.evaluation.__main__ import main

QUICK = ("--episodes", "2", "--seconds", "0.4", "--commands", "0", "0.2", "--threads", "1")


@pytest.fixture(autouse=True)
def _leave_the_environment(monkeypatch):
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    monkeypatch.setenv("MUJOCO_GL", os.environ.get("MUJOCO_GL", ""))


@pytest.fixture
def run(policy, tmp_path):
    folder = tmp_path / "my-run"
    folder.mkdir()
    policy.save(folder / "policy.safetensors")
    return folder


def test_a_run_folder_is_judged_and_its_report_put_there(run):
    """With a film where one can be made."""
    libraries = [ctypes.util.find_library(name) for name in gl._LIBRARIES.values()]
    filmed = importlib.util.find_spec("imageio_ffmpeg") is not None and any(libraries)
    film = run / "film.mp4"
    done = subprocess.run(
        [sys.executable, "-m", "wildrobot.evaluation", run, *QUICK, *(["--video", film] if filmed else [])],
        capture_output=True, text=True, timeout=300,
        env={name: value for name, value in os.environ.items() if name not in ("DISPLAY", "MUJOCO_GL")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "commanded [m/s]           0.00   0.20 |      0.00   0.20" in done.stdout
    assert "Gates: " in done.stdout
    assert f"Figures: {run / 'evaluation.json'}" in done.stdout
    assert f"Picture: {run / 'evaluation.png'}" in done.stdout
    tree = json.loads((run / "evaluation.json").read_text())
    assert tree["policy"]["framework"] == "test"
    assert tree["suite"] == {"commands_m_per_s": [0.0, 0.2], "episodes": 2, "seconds": 0.4, "seed": 0}
    assert [entry["survived"] for entry in tree["scores"]] == [2, 2]
    assert [entry["survived"] for entry in tree["baseline_hold_home"]] == [2, 2]
    expected = {"evaluation.json", "evaluation.png", "policy.safetensors"} | ({"film.mp4"} if filmed else set())
    assert {path.name for path in run.iterdir()} == expected
    if filmed:
        assert film.read_bytes()[4:8] == b"ftyp"


def test_a_policy_file_writes_only_what_is_asked_for(run, tmp_path, capsys):
    """And a command outside of training is noted, and the gate option turns a failure into an exit code."""
    figures = tmp_path / "figures.json"
    options = ["--json", str(figures), "--no-baseline", *QUICK, "--commands", "0.2", "5", "--gate"]
    assert main([str(run / "policy.safetensors"), *options]) == 1
    assert json.loads(figures.read_text())["baseline_hold_home"] is None
    assert [path.name for path in run.iterdir()] == ["policy.safetensors"]
    shown = capsys.readouterr().out
    assert "hold home" not in shown
    assert "Note: 5 m/s is outside the commands it was trained on" in shown
    assert "FAIL: speed error none at 0.20 m/s" in shown


def test_two_policies_beside_each_other(run, policy, tmp_path, capsys):
    """Each under the name of its run; the report and the gates are about the first alone."""
    other = tmp_path / "other-run"
    other.mkdir()
    policy.save(other / "policy.safetensors")
    assert main([str(run), "--beside", str(other), "--no-baseline", *QUICK]) == 0
    shown = capsys.readouterr().out
    assert "my-run" in shown
    assert "other-run" in shown
    row = next(line for line in shown.splitlines() if line.startswith("survival"))
    assert row.split()[2:] == ["100", "100", "|", "100", "100"]
    assert [path.name for path in other.iterdir()] == ["policy.safetensors"]


def test_a_policy_that_cannot_be_shown_beside_does_not_cost_the_score(run, tmp_path, capsys):
    foreign = tmp_path / "policy.safetensors"
    foreign.write_text("not a policy")
    assert main([str(run), "--beside", str(foreign), "--no-baseline", *QUICK]) == 0
    shown = capsys.readouterr().out
    assert "Note: not shown beside: " in shown
    assert "is not a policy file" in shown
    assert "survival" in shown
    assert main([str(run), "--beside", str(tmp_path / "nowhere"), *QUICK]) == 2


def test_a_mistake_is_one_sentence_without_traceback(tmp_path):
    foreign = tmp_path / "policy.safetensors"
    foreign.write_text("not a policy")
    done = subprocess.run(
        [sys.executable, "-m", "wildrobot.evaluation", foreign], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {foreign} is not a policy file, or it is truncated")
    assert done.stderr.count("\n") == 1


def refused(arguments, capsys):
    assert main([str(argument) for argument in arguments]) == 2
    return capsys.readouterr().err


def test_what_does_not_exist(tmp_path, capsys):
    assert "does not exist; give a run folder" in refused([tmp_path / "missing"], capsys)


def test_a_folder_without_policy(tmp_path, capsys):
    assert "holds no policy.safetensors" in refused([tmp_path], capsys)


def test_a_policy_of_another_robot(policy, tmp_path, capsys):
    other = dataclasses.replace(policy, info=policy.info.model_copy(update={"robot_digest": "b" * 64}))
    other.save(tmp_path / "policy.safetensors")
    assert "trained for another robot" in refused([tmp_path, *QUICK], capsys)
    assert [path.name for path in tmp_path.iterdir()] == ["policy.safetensors"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--episodes", "0"], "must be at least 1, not 0"),
        (["--seconds", "-1"], "must be above 0, not -1"),
        (["--commands", "nan"], "nan is not a finite number"),
        (["--commands", "fast"], "invalid"),
    ],
)
def test_numbers_that_make_no_sense(run, arguments, message, capsys):
    with pytest.raises(SystemExit) as end:
        main([str(run), *arguments])
    assert end.value.code == 2
    assert message in capsys.readouterr().err


def test_a_film_that_is_no_mp4(run, capsys):
    assert "ends in .mp4" in refused([run, "--video", run / "film.gif"], capsys)


def test_files_that_cannot_be_written_are_refused_before_anything_is_played(run, capsys):
    assert "its folder does not exist; create it first" in refused([run, "--picture", run / "new" / "e.png"], capsys)
    assert "it is a folder; give the name of a file" in refused([run, "--json", run], capsys)


def test_a_film_without_the_extra(run, monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    message = refused([run, "--video", run / "film.mp4"], capsys)
    assert message == 'error: --video needs imageio and imageio_ffmpeg: run `pip install "wildrobot[video]"`\n'


@pytest.mark.parametrize("asked", ["", "osmesa"])
def test_a_film_without_opengl(run, asked, monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: None)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("MUJOCO_GL", asked)
    monkeypatch.delenv("DISPLAY", raising=False)
    assert "apt-get install libosmesa6" in refused([run, "--video", run / "film.mp4"], capsys)
