"""The robot in motion: it stands, it touches what it should, and its sensors read what they are called."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest
from mujoco import mjx

from wildrobot.robot import Robot, load_robot

AtHome = Callable[[Robot], mujoco.MjData]
RandomPose = Callable[[Robot, int], mujoco.MjData]
GRAVITY = 9.81


def test_stands_ten_seconds_and_the_feet_carry_its_weight(robot: Robot, at_home: AtHome):
    model, data = robot.model, at_home(robot)
    loads = []
    while data.time < 10.0:
        mujoco.mj_step(model, data)
        assert data.qpos[2] > 0.45
        if data.time > 5.0:
            loads.append([data.sensordata[robot.sensors[f"{side}_foot_load"]][0] for side in ("left", "right")])
    upright = np.empty(9)
    mujoco.mju_quat2Mat(upright, data.qpos[3:7])
    assert upright[8] > np.cos(np.deg2rad(5))
    assert np.abs(data.qvel).max() < 1e-2
    assert np.mean(np.sum(loads, axis=1)) == pytest.approx(robot.total_mass_kg * GRAVITY, rel=1e-3)
    assert np.mean(loads, axis=0).min() > 15.0


def test_full_touches_the_floor_with_its_feet_alone_at_home(at_home: AtHome):
    robot = load_robot(collision="full")
    data = at_home(robot)
    mujoco.mj_forward(robot.model, data)
    pairs = {frozenset((robot.model.geom(c.geom1).name, robot.model.geom(c.geom2).name)) for c in data.contact}
    corners = [
        f"{side}_foot_{end}_{edge}"
        for side in ("left", "right")
        for end in ("toe", "heel")
        for edge in ("left", "right")
    ]
    assert pairs <= {frozenset(("floor", corner)) for corner in corners}
    assert len(pairs) >= 3, "both feet carry it"


def test_full_feels_its_own_body_and_the_floor_under_it(at_home: AtHome):
    robot = load_robot(collision="full")
    column = dict(zip(robot.joint_names, robot.qpos_index, strict=True))
    data = at_home(robot)
    data.qpos[2] = 1.0
    for side in ("left", "right"):
        data.qpos[column[f"{side}_hip_roll"]] = np.deg2rad(10 if side == "left" else -10)
    mujoco.mj_forward(robot.model, data)
    pairs = {frozenset((robot.model.geom(c.geom1).name, robot.model.geom(c.geom2).name)) for c in data.contact}
    assert frozenset(("left_foot", "right_foot")) in pairs
    lying = at_home(robot)
    lying.qpos[2:7] = [0.3, np.sqrt(0.5), 0, np.sqrt(0.5), 0]  # on its face
    for _ in range(200):
        mujoco.mj_step(robot.model, lying)
    assert 0.02 < lying.qpos[2] < 0.2


def test_a_diverged_robot_stays_diverged(robot: Robot, at_home: AtHome):
    data = at_home(robot)
    data.qvel[:] = 1e9
    for _ in range(5):
        mujoco.mj_step(robot.model, data)
    assert not np.isfinite(data.qpos).all() or np.abs(data.qpos).max() > 1e6


def test_sensors_are_named_slices(robot: Robot):
    sizes = {name: where.stop - where.start for name, where in robot.sensors.items()}
    expected = {"imu_gyro": 3, "imu_accelerometer": 3, "imu_orientation": 4, "base_linear_velocity": 3}
    for side in ("left", "right"):
        expected |= {
            f"{side}_foot_position": 3,
            f"{side}_foot_orientation": 4,
            f"{side}_foot_velocity": 3,
            f"{side}_foot_load": 1,
        }
    expected |= {f"{name}_torque": 1 for name in robot.joint_names}
    assert sizes == expected
    assert sum(expected.values()) == robot.model.nsensordata
    first = robot.torques.start
    assert [robot.sensors[f"{name}_torque"].start for name in robot.joint_names] == list(range(first, first + 17))


def test_sensors_measure_what_they_are_called(robot: Robot, random_pose: RandomPose):
    data = random_pose(robot, 0)
    data.qvel[:] = np.random.default_rng(1).normal(size=robot.model.nv)
    mujoco.mj_forward(robot.model, data)

    def read(name: str) -> np.ndarray:
        return data.sensordata[robot.sensors[name]]

    np.testing.assert_allclose(read("base_linear_velocity"), data.qvel[:3], atol=1e-9)
    np.testing.assert_allclose(read("left_foot_position"), data.site("left_foot").xpos, atol=1e-12)
    np.testing.assert_array_equal(data.sensordata[robot.torques], data.actuator_force)
    imu = np.empty(9)
    mujoco.mju_quat2Mat(imu, read("imu_orientation"))
    np.testing.assert_allclose(imu, data.site("chest_imu").xmat, atol=1e-9)


def test_mjx_keeps_eight_contact_slots_and_66_constraint_rows():
    """Four rows for each contact, a friction and a limit row for each of 17 joints."""
    data = mjx.make_data(mjx.put_model(load_robot(collision="feet").model, impl="jax"))
    assert data._impl.contact.dist.shape == (8,)
    assert data._impl.efc_J.shape == (8 * 4 + 17 + 17, 23)


@pytest.mark.slow
def test_mjx_reads_the_sensors_that_native_reads(at_home: AtHome):
    robot = load_robot(collision="feet")
    native = at_home(robot)
    model = mjx.put_model(robot.model, impl="jax")
    step = jax.jit(lambda data: mjx.step(model, data))
    data = mjx.make_data(model).replace(qpos=jnp.asarray(native.qpos), ctrl=jnp.asarray(native.ctrl))
    for _ in range(400):
        data = step(data)
        mujoco.mj_step(robot.model, native)
    # Float32 against float64 after 2 s at rest. Loads and accelerations are the sharpest: 40 N and 9.8 m/s2.
    np.testing.assert_allclose(data.sensordata, native.sensordata, atol=0.05)
    loads = [float(data.sensordata[robot.sensors[f"{side}_foot_load"]][0]) for side in ("left", "right")]
    assert sum(loads) == pytest.approx(robot.total_mass_kg * GRAVITY, rel=1e-3)
