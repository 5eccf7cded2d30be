"""What the shipped clips are worth, and that each fault of a clip is seen."""

import dataclasses

import numpy as np
import pytest

from wildrobot.experiment import load_experiment
from wildrobot.motion import derivatives
from wildrobot.motion.__main__ import main
from wildrobot.motion.authoring.acceptance import examine, jerk_limit_rad_per_s3
from wildrobot.motion.authoring.dynamics import dynamics
from wildrobot.motion.authoring.tracking import mean_velocity, servo_targets_rad
from wildrobot.motion.clip_file import load, save
from wildrobot.motion.library import find, shipped
from wildrobot.task.action import ActionMap


def value(clip, name):
    return next(check for check in examine(clip).checks if check.name == name)


@pytest.mark.parametrize("name", sorted(shipped()))
def test_what_is_shipped_is_accepted(robot, name):
    clip = load(find(name), robot)
    report = examine(clip)
    assert report.passed, report.failures
    assert report.tracked.upright_s == report.tracked.played_s, "the servos alone keep it up"
    assert clip.robot == robot.digest


def test_every_kind_of_command_is_shipped(robot):
    commands = np.array([load(find(name), robot).command for name in shipped()])
    for column, lowest, highest in ((0, -0.2, 0.3), (1, -0.06, 0.06), (2, -0.2, 0.2)):
        assert commands[:, column].min() <= lowest
        assert commands[:, column].max() >= highest


def moved(clip, robot, **joints):
    """The clip with angles added to some joints, and the velocities that follow."""
    qpos = clip.qpos.copy()
    for joint, angles in joints.items():
        qpos[:, robot.qpos_index[robot.joint_names.index(joint)]] += angles
    return dataclasses.replace(clip, qpos=qpos, qvel=derivatives.velocity(robot.model, qpos, loop=clip.loop))


def test_faults_are_found(robot, gliding):
    # It glides on both feet at 0.5 m/s, says that it stands, and turns at 0.4 rad/s.
    checks = {check.name: check for check in examine(gliding).checks}
    assert checks["slip"].value == pytest.approx(0.55, abs=0.06)
    assert not checks["slip"].passed
    assert checks["speed"].value == pytest.approx(0.5, rel=0.02)
    assert checks["turn"].value == pytest.approx(0.4, rel=1e-3)
    assert not checks["speed"].passed
    assert not checks["turn"].passed
    assert checks["joint speed"].value == pytest.approx(1.0, rel=1e-3)


def test_depth_and_height_are_measured(robot, standing):
    for height_m, name, expected_mm in ((-0.02, "penetration", 20.0), (0.02, "float", 20.0)):
        qpos = standing.qpos.copy()
        qpos[:, 2] += height_m
        check = value(dataclasses.replace(standing, qpos=qpos), name)
        assert check.value == pytest.approx(expected_mm, abs=3.0)
        assert not check.passed


def test_a_joint_beyond_its_range(robot, standing):
    # The knee's range begins at 0; home has it at 0.4889 rad.
    check = value(moved(standing, robot, left_knee_pitch=-0.6), "range")
    assert check.value == pytest.approx(0.1111, abs=1e-6)
    assert not check.passed


def test_jerk_and_speed_of_a_jump(robot, standing):
    # One frame 0.1 rad off: velocities +-5 rad/s between frames; jerks 0.1 (1, -3, 3, -1) / 0.02^3, so 37500 rad/s3.
    jump = np.array([0.0, 0.0, 0.1, 0.0, 0.0])
    clip = dataclasses.replace(moved(standing, robot, left_elbow_pitch=jump), loop=False)
    assert value(clip, "jerk").value == pytest.approx(37500, rel=1e-6)
    assert jerk_limit_rad_per_s3(robot) == pytest.approx(0.7 * 4.0 / 0.024992 / 0.02)


def test_mean_velocity_is_counted_along_the_heading(gliding):
    # 0.5 m/s along x, while it turns from 0 to 0.16 rad: on average 0.08 rad to the left of its way.
    found = mean_velocity(gliding.qpos)
    assert found == pytest.approx((0.5 * np.sinc(0.08 / np.pi) * np.cos(0.08), -0.5 * np.sin(0.08), 0.4), abs=1e-3)


def test_the_command_says_what_is_wrong(tmp_path, gliding, capsys):
    save(gliding, tmp_path / "gliding.npz")
    assert main(["check", str(tmp_path / "gliding.npz"), "stand"]) == 1
    shown = capsys.readouterr().out
    assert "gliding is refused: " in shown
    assert "slip 0.5" in shown
    assert main(["check", "nobody"]) == 2
    assert main(["generate", "nobody"]) == 2


def test_the_page_is_drawn(tmp_path):
    assert main(["view", "forward-0.20", "--no-film", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "forward-0.20.png").stat().st_size > 50_000


def test_generating_again_gives_the_shipped_clip(tmp_path, robot):
    pytest.importorskip("mink")
    assert main(["generate", "forward-0.20", "--out", str(tmp_path)]) == 0
    again, before = load(tmp_path / "forward-0.20.npz", robot), load(find("forward-0.20"), robot)
    np.testing.assert_allclose(again.qpos, before.qpos, atol=1e-6)


@pytest.mark.parametrize("name", sorted(shipped()))
def test_what_is_shipped_is_within_reach_of_the_policys_actions(robot, name):
    # What no policy can do, a discriminator would hold against every one.
    clip = load(find(name), robot)
    needed = dynamics(robot, clip.qpos, clip.contacts, loop=clip.loop)
    actions = ActionMap.from_robot(robot, load_experiment("walk").env.task.action)
    asked = (servo_targets_rad(robot, clip, needed) - actions.home_rad) / actions.scale_rad
    worst = np.abs(asked).max(axis=0)
    assert worst.max() <= 1.0, dict(zip(robot.joint_names, worst, strict=True))
