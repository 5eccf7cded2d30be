"""One walk, however its skeleton is built and wherever in a file it is, is one motion."""

import dataclasses

import numpy as np
import pytest

from tests.motion.skeletons import CYCLE_S, PROGRAMS, UPRIGHT, rewritten, written
from wildrobot.errors import UsageError
from wildrobot.motion.authoring import bvh
from wildrobot.motion.authoring.recording import Recording, analysed
from wildrobot.motion.authoring.retarget import STYLE, Settings, retarget


def require_alike(found: Recording, expected: Recording, tolerance: float = 1e-3) -> None:
    assert (found.duration_s, found.second, found.chord_m, found.turn_rad) == pytest.approx(
        (expected.duration_s, expected.second, expected.chord_m, expected.turn_rad), abs=tolerance
    )
    for name, angles in expected.angles_rad.items():
        np.testing.assert_allclose(found.angles_rad[name], angles, atol=tolerance, err_msg=name)
    np.testing.assert_allclose(found.progress, expected.progress, atol=tolerance)


def test_one_walk_is_one_clip_whatever_program_wrote_it(tmp_path, robot):
    pytest.importorskip("mink")
    settings = Settings(stride=0.3, style=dataclasses.replace(STYLE, filter_rounds=0))  # the rounds take the time
    clips = {
        name: retarget("walk", bvh.load(written(tmp_path, program.text())), robot, settings)
        for name, program in PROGRAMS.items()
    }
    expected = clips.pop("upright axes, y up")
    assert np.ptp(expected.qpos[:, robot.qpos_index], axis=0).max() > 0.3
    for name, clip in clips.items():
        assert clip.qpos.shape == expected.qpos.shape, name
        np.testing.assert_allclose(clip.qpos[:, 3:], expected.qpos[:, 3:], atol=0.02, err_msg=name)


@pytest.mark.parametrize("name", list(PROGRAMS))
def test_the_angles_are_those_that_were_walked(tmp_path, name):
    # As `skeletons.body` makes them: shoulders 0.3 rad to and fro about the vertical, elbows 0.3 to 0.5, waist 0.2 rad.
    found = analysed(bvh.load(written(tmp_path, PROGRAMS[name].text())))
    assert (found.duration_s, found.second, found.chord_m) == pytest.approx((CYCLE_S, 0.5, 1.0), abs=1e-3)
    for joint, lowest, highest in (
        ("left_shoulder_pitch", -0.3, 0.3),
        ("right_shoulder_pitch", -0.3, 0.3),
        ("left_shoulder_roll", -0.1, -0.1),
        ("right_shoulder_roll", 0.1, 0.1),
        ("left_elbow_pitch", 0.3, 0.5),
        ("waist_yaw", -0.2, 0.2),
        ("base_roll", -0.04, 0.04),
        ("base_pitch", -0.03, 0.03),
    ):
        angles = found.angles_rad[joint]
        assert (angles.min(), angles.max()) == pytest.approx((lowest, highest), abs=0.003), joint


@pytest.mark.parametrize("closing", [0, 1])
def test_a_seamless_cycle_is_a_loop_if_that_is_said(tmp_path, closing):
    # With or without its first frame once more at the end.
    cycles = 1.0 + closing * UPRIGHT.period_s / CYCLE_S
    path = written(tmp_path, UPRIGHT.text(cycles=cycles))
    with pytest.raises(UsageError, match="is one seamless cycle, say so with --loop"):
        analysed(bvh.load(path))
    human = bvh.load(path, loop=True)
    assert len(human.places_m["pelvis"]) == 3 * 72
    require_alike(analysed(human), analysed(bvh.load(written(tmp_path, UPRIGHT.text()))))


@pytest.mark.parametrize("closing", [0, 1])
def test_a_seamless_cycle_may_turn(tmp_path, closing):
    # On a circle of 2 m, so by half a radian in a cycle of 1 m.
    circling = dataclasses.replace(UPRIGHT, radius_m=2.0)
    expected = analysed(bvh.load(written(tmp_path, circling.text())))
    assert expected.turn_rad == pytest.approx(0.5, abs=1e-3)
    text = circling.text(cycles=1.0 + closing * UPRIGHT.period_s / CYCLE_S)
    require_alike(analysed(bvh.load(written(tmp_path, text), loop=True)), expected, tolerance=2e-3)


def test_what_is_no_cycle_is_no_loop(tmp_path):
    with pytest.raises(UsageError, match=r"no seamless cycle: its last pose is \d+ mm from its first"):
        bvh.load(written(tmp_path, UPRIGHT.text(cycles=1.3)), loop=True)


def test_the_best_cycle_is_taken(tmp_path):
    # At 120 Hz, with the noise of cameras, after 3 s of standing in a T-pose.
    noise = np.random.default_rng(0)
    program = dataclasses.replace(UPRIGHT, period_s=1 / 120, lead_frames=360)
    text = rewritten(program.text(), lambda values: values + noise.normal(scale=0.02, size=values.shape))
    expected = analysed(bvh.load(written(tmp_path, UPRIGHT.text())))
    require_alike(analysed(bvh.load(written(tmp_path, text))), expected, tolerance=0.02)

    # Begins at half of its speed, and has the whole one after two cycles.
    pace = np.interp(np.arange(260), [0, 140], [0.5, 1.0])
    text = UPRIGHT.text(share=np.cumsum(pace) * UPRIGHT.period_s / CYCLE_S)
    require_alike(analysed(bvh.load(written(tmp_path, text))), expected, tolerance=0.01)
