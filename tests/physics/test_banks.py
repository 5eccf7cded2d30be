"""The banks of robots and of start states."""

import mujoco
import numpy as np
import pytest

from wildrobot.config import load_experiment
from wildrobot.physics.starts import lowest_sole_height_m, make_starts
from wildrobot.physics.variants import PARAMETER_NAMES, make_variants
from wildrobot.robot import load_robot


@pytest.fixture(scope="module")
def config():
    return load_experiment("smoke", ["env.variants.count=20", "env.starts.count=40"]).env


@pytest.fixture(scope="module")
def robot():
    return load_robot()


def test_variant_zero_is_the_nominal_robot(robot, config):
    bank = make_variants(robot, config.variants)
    assert bank.models[0] is robot.model
    assert bank.count == 20
    nominal = dict(zip(PARAMETER_NAMES, np.asarray(bank.parameters[0]), strict=True))
    assert nominal["mass_scale"] == 1.0
    assert nominal["friction"] == np.float32(robot.model.geom("floor").friction[0])


def test_variants_stay_in_their_ranges_and_carry_what_they_say(robot, config):
    bank = make_variants(robot, config.variants)
    for model, row in zip(bank.models[1:], np.asarray(bank.parameters[1:]), strict=True):
        drawn = dict(zip(PARAMETER_NAMES, row, strict=True))
        low, high = config.variants.friction
        assert low <= drawn["friction"] <= high
        assert model.geom("floor").friction[0] == pytest.approx(drawn["friction"], rel=1e-6)
        assert model.geom("left_foot").friction[0] == pytest.approx(drawn["friction"], rel=1e-6)
        assert model.actuator_gainprm[0, 0] == pytest.approx(21.1 * drawn["gain_scale"], rel=1e-6)
        assert model.actuator_biasprm[0, 1] == pytest.approx(-21.1 * drawn["gain_scale"], rel=1e-6)
        ratio = model.body_mass[1:] / robot.model.body_mass[1:] / drawn["mass_scale"]
        link_low, link_high = config.variants.link_mass_scale
        assert ratio.min() >= link_low - 1e-6
        assert ratio.max() <= link_high + 1e-6
        scale = (model.body_mass[1:] / robot.model.body_mass[1:])[:, None]
        np.testing.assert_allclose(model.body_inertia[1:] / robot.model.body_inertia[1:], np.tile(scale, 3))


def test_derived_constants_follow_the_masses(robot, config):
    """MuJoCo scales constraints by inverse weights, which must be computed anew."""
    heavier = make_variants(robot, config.variants).models[1]
    assert np.abs(heavier.body_invweight0 - robot.model.body_invweight0).max() > 0


def test_the_same_seed_gives_the_same_bank(robot, config):
    first, second = (make_variants(robot, config.variants) for _ in range(2))
    np.testing.assert_array_equal(first.parameters, second.parameters)
    np.testing.assert_array_equal(make_starts(robot, config.starts).qpos, make_starts(robot, config.starts).qpos)


def test_starts_stand_on_the_floor(robot, config):
    bank = make_starts(robot, config.starts)
    data = mujoco.MjData(robot.model)
    np.testing.assert_allclose(bank.qpos[0], robot.home_qpos, atol=1e-6)
    for qpos in np.asarray(bank.qpos[1:]):
        data.qpos[:] = qpos
        mujoco.mj_kinematics(robot.model, data)
        assert lowest_sole_height_m(robot, data) == pytest.approx(0.0, abs=1e-5)


def test_start_sensors_are_those_of_the_start(robot, config):
    bank = make_starts(robot, config.starts)
    data = mujoco.MjData(robot.model)
    data.qpos[:], data.qvel[:], data.ctrl[:] = (
        np.asarray(bank.qpos[7]),
        np.asarray(bank.qvel[7]),
        np.asarray(bank.ctrl[7]),
    )
    mujoco.mj_forward(robot.model, data)
    position = robot.sensors["left_foot_position"]
    np.testing.assert_allclose(bank.sensordata[7, position], data.sensordata[position], atol=1e-6)
    gyro = robot.sensors["imu_gyro"]
    np.testing.assert_allclose(bank.sensordata[7, gyro], data.sensordata[gyro], atol=1e-5)
