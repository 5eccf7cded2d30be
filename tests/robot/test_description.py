"""A description that does not fit its MJCF is refused with the field and the names that there are."""

import shutil
from pathlib import Path

import pytest

from wildrobot.errors import UsageError
from wildrobot.robot import load_robot
from wildrobot.robot.description import description_file


@pytest.fixture
def described(tmp_path):
    """Loads the robot that comes with the package, with one text of its description replaced."""
    shipped = description_file("wildrobot")
    shutil.copy(shipped.with_suffix(".xml"), tmp_path)

    def load(old: str, new: str):
        text = shipped.read_text()
        assert old in text
        path = tmp_path / "changed.yaml"
        path.write_text(text.replace(old, new))
        return load_robot(path)

    return load


def test_the_robot_is_the_same_by_name_and_by_path():
    shipped = load_robot("wildrobot")
    assert load_robot(Path(description_file("wildrobot"))).digest == shipped.digest
    assert shipped.digest.startswith("7681832baae033a6")
    assert shipped.joint_groups["legs"].tolist() == [4, 5, 6, 7, 8, 12, 13, 14, 15, 16]
    assert shipped.joint_groups["arms"].tolist() == [0, 1, 2, 3, 9, 10, 11]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("base: pelvis", "base: torso", "base: the body torso must be the MJCF's first"),
        ("pushed: pelvis", "pushed: hip", "pushed: there is no body hip; the MJCF has: world, pelvis, left_hip"),
        ("floor: floor", "floor: ground", "floor: there is no geom ground; .* floor"),
        ("home: home", "home: start", "home: there is no key start; the MJCF has: home"),
        ("gyro: imu_gyro", "gyro: imu_accelerometer", "imu.gyro: the sensor imu_accelerometer must be a gyro of the"),
        ("load: left_foot_load", "load: right_foot_load", "feet.left.load: .*must be a touch of the site left_foot"),
        ("sole: left_foot", "sole: left_foot_toe_left", "feet.left.sole: the geom left_foot_toe_left must be a box"),
        (
            "arms: [waist_yaw",
            "arms: [waist_roll",
            "joint_groups.arms: no actuator drives a joint waist_roll; the robot",
        ),
        ("left: left_, right: right_", "left: left_, right: r_", "sides: no actuator drives a joint r_shoulder_pitch"),
        ("below_m: 0.30", "below_m: -0.30", "fall.below_m: must be greater than or equal to 0.000001, not -0.3"),
        ("torso: torso", "chest: torso", "unknown field chest: .*valid here: mjcf, home, base, torso"),
        ("mjcf: wildrobot.xml", "mjcf: missing.xml", "mjcf: .*missing.xml cannot be read"),
    ],
)
def test_what_does_not_fit_is_named(described, old, new, message):
    with pytest.raises(UsageError, match=message):
        described(old, new)


def test_a_robot_that_there_is_not():
    with pytest.raises(UsageError, match=r"full: not a readable robot description .*one of the names: wildrobot"):
        load_robot("full")
