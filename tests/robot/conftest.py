"""The compiled robot in both collision variants, and poses of it."""

from collections.abc import Callable

import mujoco
import numpy as np
import pytest

from wildrobot.robot import Robot, load_robot


@pytest.fixture(scope="module", params=["feet", "full"])
def robot(request: pytest.FixtureRequest) -> Robot:
    return load_robot(collision=request.param)


@pytest.fixture
def at_home() -> Callable[[Robot], mujoco.MjData]:
    """Fresh data at the keyframe `home`, nothing computed yet."""

    def build(robot: Robot) -> mujoco.MjData:
        data = mujoco.MjData(robot.model)
        mujoco.mj_resetDataKeyframe(robot.model, data, robot.model.key("home").id)
        return data

    return build


@pytest.fixture
def random_pose() -> Callable[[Robot, int], mujoco.MjData]:
    """Any base pose, joints anywhere in their ranges; by seed."""

    def build(robot: Robot, seed: int) -> mujoco.MjData:
        generator = np.random.default_rng(seed)
        data = mujoco.MjData(robot.model)
        data.qpos[:3] = generator.uniform(-1.0, 1.0, 3)
        quaternion = generator.normal(size=4)
        data.qpos[3:7] = quaternion / np.linalg.norm(quaternion)
        data.qpos[robot.qpos_index] = generator.uniform(*robot.joint_range_rad.T)
        mujoco.mj_forward(robot.model, data)
        return data

    return build
