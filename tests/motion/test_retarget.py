"""From recordings to clips."""

import dataclasses

import numpy as np
import pytest

from tests.motion.recordings import BVH, CHANNELS, deepmimic_text, walking
from wildrobot.errors import UsageError
from wildrobot.motion.authoring import bvh, deepmimic
from wildrobot.motion.authoring.acceptance import examine
from wildrobot.motion.authoring.recording import analysed
from wildrobot.motion.authoring.retarget import LEG_LENGTH_M, Settings, retarget


def quiet_frames(count: int = 4) -> np.ndarray:
    """DeepMimic's humanoid, standing: no rotation anywhere, 0.9 m above the floor."""
    frames = np.zeros((count, 44))
    frames[:, 0], frames[:, 2] = 1 / 30, 0.9
    for start in (4, 8, 12, 16, 21, 25, 30, 35, 39):
        frames[:, start] = 1.0
    return frames


def test_a_deepmimic_pose(tmp_path):
    frames = quiet_frames()
    frames[:, 20] = -np.pi / 2  # the right knee bent by a right angle: the shin points backward
    frames[:, 1] = 0.5
    (tmp_path / "m.txt").write_text(deepmimic_text(frames))
    human = deepmimic.load(tmp_path / "m.txt")
    np.testing.assert_allclose(human.places_m["pelvis"][0], (0.5, 0.0, 0.9), atol=1e-12)
    np.testing.assert_allclose(human.places_m["left_ankle"][0], (0.5, 0.084887, 0.9 - 0.831416), atol=1e-6)
    np.testing.assert_allclose(human.places_m["right_knee"][0], (0.5, -0.084887, 0.9 - 0.421546), atol=1e-6)
    np.testing.assert_allclose(human.places_m["right_ankle"][0], (0.5 - 0.40987, -0.084887, 0.478454), atol=1e-6)
    assert human.leg_length_m == pytest.approx(0.831416)


def test_a_bvh_pose(tmp_path):
    # At (10, 90, 100) cm, turned by a right angle about the vertical: it faced z, now it faces x of the file.
    values = np.zeros((3, CHANNELS))
    values[:, :3] = (10.0, 90.0, 100.0)
    values[:, 5] = 90.0
    path = tmp_path / "m.bvh"
    path.write_text(BVH + "\n".join(" ".join(map(str, row)) for row in values))
    human = bvh.load(path)
    # z of the file is forward, x is left; so it faces left, and its left hip is behind the pelvis.
    np.testing.assert_allclose(human.places_m["pelvis"][0], (1.0, 0.1, 0.9), atol=1e-12)
    np.testing.assert_allclose(human.places_m["left_hip"][0], (1.0 - 0.09, 0.1, 0.9), atol=1e-12)
    np.testing.assert_allclose(human.places_m["right_ankle"][0], (1.09, 0.1, 0.9 - 0.82), atol=1e-12)
    np.testing.assert_allclose(human.turns["pelvis"][0][:, 0], (0.0, 1.0, 0.0), atol=1e-12)
    assert (human.period_s, human.leg_length_m) == pytest.approx((0.01, 0.82))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no json", "is not a DeepMimic motion"),
        ('{"Loop": "wrap"}', "is not a DeepMimic motion .*Frames"),
        (deepmimic_text(np.zeros((5, 30))), r"\(5, 30\); DeepMimic's humanoid has 44"),
        (deepmimic_text(np.zeros((5, 44))), "frames that last no time"),
        (deepmimic_text(np.tile([0.02, *[0.0] * 43], (5, 1))), "a quaternion of length 0"),
        (deepmimic_text(np.full((5, 44), 1e300)), r"beyond 1e\+09"),
    ],
)
def test_a_malformed_deepmimic_file_is_refused(tmp_path, text, reason):
    (tmp_path / "m.txt").write_text(text)
    with pytest.raises(UsageError, match=reason):
        deepmimic.load(tmp_path / "m.txt")
    with pytest.raises(UsageError, match="does not exist"):
        deepmimic.load(tmp_path / "other.txt")


def test_a_malformed_bvh_file_is_refused(tmp_path):
    path = tmp_path / "m.bvh"
    for text, reason in (
        ("MOTION", "does not begin with HIERARCHY"),
        (BVH + "1 2 3", "3 frames of 45 numbers, and has 3"),
        (BVH.replace("LeftUpLeg", "Tail") + " 0" * 135, "no joint for the left hip: looked for left with one of upleg"),
        (BVH.replace("Xposition", "Xsize") + " 0" * 135, "unknown channels xsize"),
    ):
        path.write_text(text)
        with pytest.raises(UsageError, match=reason):
            bvh.load(path)


def test_what_is_found_in_a_walk():
    found = analysed(walking())
    assert found.duration_s == pytest.approx(1.2)
    assert found.second == pytest.approx(0.5, abs=0.01)
    assert (found.chord_m, found.turn_rad) == pytest.approx((1.2, 0.0))
    np.testing.assert_allclose(found.progress[:, [0, -1]], [[0, 1], [0, 1]], atol=1e-9)
    assert found.progress[0, 100] == pytest.approx(0.5, abs=0.03)
    np.testing.assert_allclose(found.height.max(axis=1), 1.0)
    # Arms of +-0.3 rad against each other: in the robot's angles, which count them oppositely, the same number.
    left, right = (found.angles_rad[f"{side}_shoulder_pitch"] for side in ("left", "right"))
    np.testing.assert_allclose(left, right, atol=0.02)
    assert np.ptp(left) == pytest.approx(0.6, abs=0.03)
    np.testing.assert_allclose(found.angles_rad["left_elbow_pitch"], 0.4, atol=1e-3)


def test_a_mirrored_walk_exchanges_the_feet():
    human = walking()
    mirrored = human.mirrored()
    np.testing.assert_array_equal(mirrored.places_m["left_ankle"], human.places_m["right_ankle"] * [1, -1, 1])
    np.testing.assert_allclose(analysed(mirrored).progress, analysed(human).progress, atol=0.02)


def test_who_stands_or_runs_is_refused():
    human = walking()
    still = {part: np.tile(places[:1], (37, 1)) for part, places in human.places_m.items()}
    with pytest.raises(UsageError, match="no cycle of one step with each foot"):
        analysed(dataclasses.replace(human, places_m=still))
    marching = {part: places * [0.05, 1, 1] for part, places in human.places_m.items()}
    with pytest.raises(UsageError, match=r"comes only 0\.06 m forward"):
        analysed(dataclasses.replace(human, places_m=marching))


def test_a_walk_becomes_one_that_the_robot_can_do(robot):
    pytest.importorskip("mink")
    human = walking()
    clip = retarget("formula", human, robot, Settings(stride=0.3))
    # 1 m/s, scaled by the legs' lengths, with 0.3 of the stride; steps are whole control steps of 20 ms.
    assert clip.command[0] == pytest.approx(0.3 * LEG_LENGTH_M / human.leg_length_m, rel=0.01)
    assert examine(clip).passed, examine(clip).failures


def test_strides_beyond_the_legs_are_refused(robot):
    pytest.importorskip("mink")
    with pytest.raises(UsageError, match=r"legs are too short for this walk: .* mm from where it should be"):
        retarget("formula", walking(), robot, Settings(stride=1.0))


def test_an_infeasible_walk_is_refused_with_what_was_measured(robot):
    pytest.importorskip("mink")
    clip = retarget("formula", walking(), robot, Settings(stride=0.3, time_scale=0.4))
    assert "torque" in examine(clip).failures
