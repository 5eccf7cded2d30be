"""The banks of robots and of start states."""

import mujoco
import numpy as np
import pytest

from wildrobot.errors import UsageError
from wildrobot.experiment import load_experiment
from wildrobot.physics.variants import PARAMETER_NAMES, chosen_variants, make_variants
from wildrobot.resets.bank import joined
from wildrobot.resets.home import lowest_sole_height_m, make_home_starts
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


def test_chosen_variants_differ_from_the_nominal_robot_in_what_is_named_alone(robot):
    choices = [{}, {"com_x_m": 0.015}, {"mass_scale": 1.1, "armature_scale": 0.9}, {"gain_scale": 0.9}]
    bank = chosen_variants(robot, choices)
    nominal, com, heavy, weak = bank.models
    assert nominal is robot.model
    torso = robot.model.body("torso").id
    np.testing.assert_allclose(com.body_ipos[torso] - robot.model.body_ipos[torso], [0.015, 0, 0], atol=1e-12)
    np.testing.assert_array_equal(com.body_mass, robot.model.body_mass)
    np.testing.assert_allclose(heavy.body_mass[1:] / robot.model.body_mass[1:], 1.1)
    np.testing.assert_allclose(heavy.dof_armature[6:] / robot.model.dof_armature[6:], 0.9)
    np.testing.assert_array_equal(heavy.geom_friction, robot.model.geom_friction)
    assert weak.actuator_gainprm[0, 0] == pytest.approx(0.9 * 21.1)
    floor = robot.model.geom("floor").friction[0]
    # The last two are the tilt of the floor.
    expected = [
        [floor, 1, 0, 0, 1, 1, 1, 0, 0], [floor, 1, 0.015, 0, 1, 1, 1, 0, 0], [floor, 1.1, 0, 0, 1, 1, 0.9, 0, 0],
        [floor, 1, 0, 0, 0.9, 1, 1, 0, 0],
    ]  # fmt: skip
    np.testing.assert_allclose(bank.parameters, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("choice", "gravity"),
    [
        ({"tilt_x_rad": 0.03}, (0.294256, 0.0, -9.805586)),  # 9.81 sin 0.03, 9.81 cos 0.03
        ({"tilt_y_rad": -0.03}, (0.0, -0.294256, -9.805586)),
        ({"tilt_x_rad": 0.03, "tilt_y_rad": 0.03}, (0.294256, 0.294256, -9.801170)),  # of the same length
    ],
)
def test_a_tilted_floor_is_gravity_that_leans(robot, choice, gravity):
    (tilted,) = chosen_variants(robot, [choice]).models
    np.testing.assert_allclose(tilted.opt.gravity, gravity, atol=1e-6)
    np.testing.assert_array_equal(robot.model.opt.gravity, (0.0, 0.0, -9.81))


def test_floors_tilt_by_up_to_the_configured_angle_in_any_direction(robot, config):
    variants = config.variants.model_copy(update={"tilt_rad": 0.03, "count": 200})
    bank = make_variants(robot, variants)
    np.testing.assert_allclose(bank.down[0], (0.0, 0.0, -1.0), atol=1e-7)
    angle_rad = np.arccos(-bank.down[1:, 2].astype(np.float64))
    assert angle_rad.max() < 0.0301
    assert 0.012 < angle_rad.mean() < 0.018, "uniform from 0 to 0.03"
    for signs in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        assert 25 < np.sum(np.all(np.sign(bank.down[1:, :2]) == signs, axis=1)) < 75, "a quarter of 199 each"
    drawn = np.asarray(bank.parameters)[:, [PARAMETER_NAMES.index(f"tilt_{axis}_rad") for axis in "xy"]]
    np.testing.assert_allclose(bank.down[:, :2], np.sin(drawn), atol=1e-6)


def test_a_tilt_does_not_change_what_else_is_drawn(robot, config):
    level, tilted = (
        make_variants(robot, config.variants.model_copy(update={"tilt_rad": tilt_rad})) for tilt_rad in (0.0, 0.03)
    )
    others = np.array([not name.startswith("tilt") for name in PARAMETER_NAMES])
    np.testing.assert_array_equal(level.parameters[:, others], tilted.parameters[:, others])
    np.testing.assert_array_equal(level.parameters[:, ~others], 0.0)
    for one, other in zip(level.models, tilted.models, strict=True):
        np.testing.assert_array_equal(one.body_mass, other.body_mass)
        np.testing.assert_array_equal(one.opt.gravity, robot.model.opt.gravity)


def test_a_parameter_that_there_is_not(robot):
    with pytest.raises(UsageError, match=r"no parameter of a robot is called mass; there are: friction, mass_scale"):
        chosen_variants(robot, [{"mass": 1.1}])


def test_the_same_seed_gives_the_same_bank(robot, config):
    first, second = (make_variants(robot, config.variants) for _ in range(2))
    np.testing.assert_array_equal(first.parameters, second.parameters)
    np.testing.assert_array_equal(
        make_home_starts(robot, config.starts).qpos, make_home_starts(robot, config.starts).qpos
    )


def test_starts_stand_on_the_floor(robot, config):
    bank = make_home_starts(robot, config.starts)
    data = mujoco.MjData(robot.model)
    np.testing.assert_allclose(bank.qpos[0], robot.home_qpos, atol=1e-6)
    for qpos in np.asarray(bank.qpos[1:]):
        data.qpos[:] = qpos
        mujoco.mj_kinematics(robot.model, data)
        assert lowest_sole_height_m(robot, data) == pytest.approx(0.0, abs=1e-5)


def test_start_sensors_are_those_of_the_start(robot, config):
    bank = make_home_starts(robot, config.starts)
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


@pytest.fixture(scope="module")
def leaning(robot, config):
    starts = config.starts.model_copy(
        update={"joint_angle_rad": 0.0, "tilt_rad": 0.0, "joint_velocity_rad_per_s": 0.0, "lean_rad": (0.14, 0.26)}
    )
    return make_home_starts(robot, starts)


def ankles(robot):
    """Addresses of the ankles that pitch, and of all other joints."""
    pitch = [robot.qpos_index[robot.joint_names.index(f"{side}_ankle_pitch")] for side in ("left", "right")]
    return pitch, sorted(set(robot.qpos_index) - set(pitch))


def test_a_lean_forward_is_about_the_ankles(robot, leaning):
    """The soles stay flat on the floor and the legs as at home, as when the real robot is set down askew."""
    data, angles, soles, heights = mujoco.MjData(robot.model), [], [], []
    for qpos in np.asarray(leaning.qpos, np.float64):
        data.qpos[:] = qpos
        mujoco.mj_kinematics(robot.model, data)
        up = data.body("pelvis").xmat.reshape(3, 3)[:, 2]
        angles.append(np.arctan2(up[0], up[2]))
        soles.append([data.site(f"{side}_foot").xmat for side in ("left", "right")])
        heights.append(lowest_sole_height_m(robot, data))
        np.testing.assert_allclose(qpos[ankles(robot)[1]], robot.home_qpos[ankles(robot)[1]], atol=1e-6)
    assert angles[0] == pytest.approx(0.0, abs=1e-6), "the first is home"
    np.testing.assert_allclose(heights[1:], 0.0, atol=1e-5)
    assert min(angles[1:]) > 0.14
    assert max(angles) < 0.26
    assert max(angles[1:]) - min(angles[1:]) > 0.06, "not all alike"
    np.testing.assert_allclose(soles, np.tile(soles[0], (40, 1, 1)), atol=1e-3)


def test_a_lean_does_not_change_what_else_is_drawn(robot, config):
    upright, leaning = (
        make_home_starts(robot, config.starts.model_copy(update={"lean_rad": lean}))
        for lean in ((0.0, 0.0), (0.1, 0.1))
    )
    pitch, joints = ankles(robot)
    assert np.abs(upright.qpos[1:, np.array(pitch)] - leaning.qpos[1:, np.array(pitch)]).min() > 0.05
    np.testing.assert_array_equal(upright.qpos[:, np.array(joints)], leaning.qpos[:, np.array(joints)])
    np.testing.assert_array_equal(upright.qvel, leaning.qvel)


def test_joined_banks_lie_one_after_the_other(robot, config, leaning):
    other = make_home_starts(robot, config.starts)
    bank = joined([other, leaning])
    assert bank.count == 80
    np.testing.assert_array_equal(bank.qpos[43], leaning.qpos[3])
    np.testing.assert_array_equal(bank.sensordata[43], leaning.sensordata[3])
    np.testing.assert_array_equal(bank.qvel[3], other.qvel[3])
