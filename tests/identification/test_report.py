"""What is written: a table that refuses what was not told, and an experiment that loads."""

from pathlib import Path

import numpy as np
import pytest

from wildrobot.experiment import load_experiment
from wildrobot.identification import report
from wildrobot.identification.fit import Fit
from wildrobot.identification.joint import Servo
from wildrobot.identification.log import JointLog
from wildrobot.robot import load_robot
from wildrobot.robot.__main__ import main

NOMINAL = Servo(0.0, 20.0, 0.5, 0.1, 0.02, 0.025, 0.0, 0.0)


def found(told: set[str]) -> Fit:
    times = np.arange(200) * 0.02
    # Read every 5 control steps.
    position = np.floor(np.arange(200) / 5) * 0.01
    log = JointLog(Path("a.npz"), "left_knee_pitch", "chirp", times, position, position, np.zeros(200))
    return Fit(
        servo=Servo(0.03, 21.0, 0.5, 0.1, 0.02, 0.025, -0.01, 0.05),
        low=Servo(0.025, 19.0, 0.4, 0.0, 0.01, 0.020, -0.03, 0.04),
        high=Servo(0.035, 22.0, 0.6, 0.2, 0.03, 0.030, 0.01, 0.06),
        told=frozenset(told),
        nominal=NOMINAL,
        noise_rad=0.002,
        logs=(log,),
        curves=((times, position),),
    )


def test_the_table_refuses_what_was_not_told() -> None:
    text = report.text(found({"kp", "play_rad"}))
    lines = {line.split()[0]: line for line in text.splitlines()}
    assert "19 to 22 N m/rad" in lines["kp"]
    assert lines["kp"].endswith("0.95 to 1.10")
    assert "cannot be told" in lines["frictionloss"]
    assert "a slow chirp" in lines["frictionloss"]
    assert "read every 0.1 s" in text


def test_the_experiment_holds_the_intervals_and_loads(tmp_path: Path) -> None:
    fit = found({"delay_s", "kp", "frictionloss", "armature", "zero_rad", "play_rad"})
    tree = report.overrides(load_robot(), [fit], "walk", 0.02)
    path = tmp_path / "identified.yaml"
    path.write_text(report.yaml_text(tree, [fit]), encoding="utf-8")
    env = load_experiment(path).env
    assert env.variants.gain_scale == (0.95, 1.1)
    assert env.variants.frictionloss_scale == (0.5, 1.5)
    assert env.variants.armature_scale == (0.8, 1.2)
    # 25 to 35 ms are 1 to 2 control steps of 20 ms.
    assert env.task.action.latency_steps == (1, 2)
    assert env.task.sensing.play_rad == (0.04, 0.06)
    assert env.task.sensing.joint_zero_error_rad == 0.03
    assert env.task.sensing.joint_period_steps["legs"] == (5, 5)


def test_what_was_not_told_is_not_written() -> None:
    tree = report.overrides(load_robot(), [found({"kp"})], "walk", 0.02)
    assert tree["env"]["variants"] == {"gain_scale": [0.95, 1.1]}
    assert set(tree["env"]["task"]["sensing"]) == {"joint_period_steps"}


def test_a_mistake_ends_with_2_and_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["identify", str(tmp_path / "none.npz"), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()
