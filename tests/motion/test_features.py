"""The same features from a reference and from a robot."""

import dataclasses

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest
from jaxtyping import Array

from wildrobot.motion import features, playing
from wildrobot.motion.features import clip_features, clip_windows, layout, size, windows
from wildrobot.motion.planar import Pose, placed
from wildrobot.robot import Robot


def parts(robot: Robot, row: Array) -> dict[str, np.ndarray]:
    assert len(row) == size(robot)
    return {name: np.asarray(row[part]) for name, part in layout(robot).items()}


def test_the_layout_has_every_feature_once(robot):
    places = [index for part in layout(robot).values() for index in range(55)[part]]
    assert places == list(range(size(robot)))
    assert size(robot) == 17 + 17 + 3 + 3 + 3 + 4 * 3


def test_a_robot_without_hands_has_no_features_of_hands(robot):
    without = dataclasses.replace(robot, hands=())
    assert size(without) == size(robot) - 6
    assert not [name for name in layout(without) if "hand" in name]


def test_features_of_the_home_pose(robot, standing):
    found = parts(robot, clip_features(robot, [standing])[0][2])
    np.testing.assert_allclose(found["joint_angle_rad"], robot.home_targets_rad, atol=1e-6)
    np.testing.assert_allclose(found["gravity"], (0, 0, -1), atol=1e-2)
    assert np.abs(found["joint_velocity_rad_per_s"]).max() == 0
    # The soles are 0.46 m below the base, which stands that high, and 0.18 m apart.
    feet = [found[f"{side}_foot_from_base_heading_m"] for side in ("left", "right")]
    np.testing.assert_allclose([foot[2] for foot in feet], -0.46027, atol=1e-3)
    assert feet[0][1] - feet[1][1] == pytest.approx(0.181, abs=2e-3)


def test_velocities_are_in_the_heading_frame(robot, gliding):
    # After 0.4 s at 0.4 rad/s it faces 0.16 rad to the left of the way that it goes at 0.5 m/s.
    found = parts(robot, clip_features(robot, [gliding])[0][20])
    np.testing.assert_allclose(
        found["base_velocity_heading_m_per_s"], (0.5 * np.cos(0.16), -0.5 * np.sin(0.16), 0.0), atol=4e-3
    )
    np.testing.assert_allclose(found["angular_velocity_heading_rad_per_s"], (0, 0, 0.4), atol=4e-3)
    assert found["joint_velocity_rad_per_s"][6] == pytest.approx(1.0, abs=1e-5)


def test_hands_are_where_mujoco_has_them(robot):
    data = mujoco.MjData(robot.model)
    rng = np.random.default_rng(0)
    data.qpos[:] = robot.home_qpos
    data.qpos[3:7] = rng.normal(size=4) * 0.2 + (1, 0, 0, 0)
    data.qpos[3:7] /= np.linalg.norm(data.qpos[3:7])
    data.qpos[robot.qpos_index] = rng.uniform(*robot.joint_range_rad.T)
    mujoco.mj_forward(robot.model, data)
    view = playing.Views(*(jnp.asarray(x, jnp.float32) for x in (data.qpos, data.qvel, data.ctrl, data.sensordata)))
    found = parts(robot, jax.jit(lambda view: features.features(robot, view))(view))
    heading = data.site("chest_imu").xmat.reshape(3, 3)
    heading = np.arctan2(heading[1, 0], heading[0, 0])
    c, s = np.cos(heading), np.sin(heading)
    for side, place in (("left", (0.0, 0.02, -0.265)), ("right", (0.0, 0.0, -0.265))):
        arm = data.body(f"{side}_fore_arm")
        x, y, z = arm.xpos + arm.xmat.reshape(3, 3) @ place - data.qpos[:3]
        expected = (c * x + s * y, c * y - s * x, z)
        np.testing.assert_allclose(found[f"{side}_hand_from_base_heading_m"], expected, atol=1e-5)


def test_nothing_tells_where_the_robot_is_or_faces(robot, gliding):
    turned = placed(gliding.qpos, Pose(3.0, -2.0, 1.0))
    qvel = gliding.qvel.copy()
    c, s = np.cos(1.0), np.sin(1.0)
    qvel[:, 0], qvel[:, 1] = (
        c * gliding.qvel[:, 0] - s * gliding.qvel[:, 1],
        s * gliding.qvel[:, 0] + c * gliding.qvel[:, 1],
    )
    here, there = clip_features(robot, [gliding, dataclasses.replace(gliding, qpos=turned, qvel=qvel)])
    np.testing.assert_allclose(there, here, atol=1e-5)


def test_windows_never_span_an_episode_end():
    # Episodes of 3, 4 and 3 steps; two frames, two steps apart.
    steps = jnp.broadcast_to(jnp.arange(10.0)[:, None], (10, 7))
    first = jnp.array([1, 0, 0, 1, 0, 0, 0, 1, 0, 0], bool)
    found = windows(steps, first, window=2, every=2)
    assert found.frames[found.valid][:, :, 0].tolist() == [[0, 2], [3, 5], [4, 6], [7, 9]]


def test_windows_of_a_loop_go_on_through_its_end(robot, standing):
    (found,) = clip_windows(robot, [standing], window=3, every=2)
    assert found.shape == (4, 3, size(robot))
