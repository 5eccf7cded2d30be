"""The environment of a setting: what is the policy's own, what is the judge's, and the robots in it."""

import mujoco
import numpy as np
import pytest

from tests.evaluation.suites import REST, loaded
from wildrobot.errors import UsageError
from wildrobot.evaluation.play.batch import judge_env_config, make_batch
from wildrobot.evaluation.play.case import Setting
from wildrobot.task.sensing import SensingConfig

NOMINAL = Setting("ideal", None, "native", "full", None)
NOISE = {"task.observation.noise.gyro": 0.1, "task.sensing.imu_tilt_rad": 0.04}


def batch_of(interface, suite):
    """The batch of a suite with one setting."""
    (setting,) = {case.setting for case in suite.cases}
    return make_batch(interface, suite, setting, dict.fromkeys(case.play for case in suite.cases), threads=1)


def slower(interface, **changes):
    """The same policy with another action mapping."""
    return interface.model_copy(update={"action": interface.action.model_copy(update=changes)})


def test_what_is_the_policys_own_and_what_is_the_judges(interface, suite):
    changed = slower(interface, latency_steps=(2, 3)).model_copy(
        update={
            "command": interface.command.model_copy(update={"heading_hold": False}),
            "gait_clock": interface.gait_clock.model_copy(update={"frequency_hz": 1.23}),
        }
    )
    config = judge_env_config(changed, suite, NOMINAL, 2.0)
    assert config.physics.control_period_s == pytest.approx(interface.action.control_period_s)
    assert (config.task.action.latency_steps, config.task.gait.frequency_hz) == ((2, 3), 1.23)
    assert not config.task.command.heading_hold
    assert (config.physics.engine, config.physics.collision, config.variants.count) == ("native", "full", 1)
    assert config.task.push.velocity_m_per_s == 0.0
    assert set(config.task.observation.noise.model_dump().values()) == {0.0}
    assert config.task.sensing == SensingConfig()
    assert config.task.termination.model_dump() == {"min_base_height_m": 0.30, "max_tilt_rad": 0.80}
    assert config.episode_steps == 100


def test_what_a_setting_says(interface, tmp_path):
    suite = loaded(tmp_path, sensors={"noisy": NOISE})
    setting = Setting("noisy", 2, "mjx", "feet", 0.002, None)
    config = judge_env_config(interface, suite, setting, 1.0)
    assert config.task.observation.noise.model_dump()["gyro"] == 0.1
    assert config.task.sensing.imu_tilt_rad == 0.04
    assert config.task.action.latency_steps == (2, 2)
    assert (config.physics.engine, config.physics.implementation, config.physics.collision) == ("mjx", "jax", "feet")
    assert (config.physics.timestep_s, config.physics.substeps) == (0.002, 10), "the control period stays 20 ms"


def test_settings_change_any_field_and_those_of_the_case_come_last(interface, tmp_path):
    changes = {
        "task.command.heading_hold": False,
        "task.action.latency_steps": [1, 2],
        "task.push.velocity_m_per_s": 0.5,
    }
    suite = loaded(tmp_path, settings={"pushed": changes})
    config = judge_env_config(interface, suite, NOMINAL._replace(settings="pushed"), 1.0)
    assert (config.task.command.heading_hold, config.task.action.latency_steps) == (False, (1, 2))
    assert config.task.push.velocity_m_per_s == 0.5
    late = judge_env_config(interface, suite, NOMINAL._replace(settings="pushed", latency_steps=2), 1.0)
    assert late.task.action.latency_steps == (2, 2)


def test_a_case_sets_the_period_of_the_leg_readings_alone(interface, tmp_path):
    changes = {"task.sensing.joint_period_steps": {"legs": [2, 2], "arms": [12, 24]}}
    suite = loaded(tmp_path, settings={"slow_arms": changes})
    for settings, arms in ((None, {}), ("slow_arms", {"arms": (12, 24)})):
        setting = NOMINAL._replace(settings=settings, leg_period_steps=5)
        config = judge_env_config(interface, suite, setting, 1.0)
        assert config.task.sensing.joint_period_steps == {"legs": (5, 5)} | arms


def test_physics_steps_that_do_not_fill_the_control_period(interface, suite):
    with pytest.raises(
        UsageError, match=r"steps of 0\.003 s do not fill the policy's control period of 0\.02 s; choose"
    ):
        judge_env_config(interface, suite, NOMINAL._replace(timestep_s=0.003), 1.0)


def test_each_play_has_its_robots_one_after_the_other(interface, suite):
    batch = batch_of(interface, suite)
    np.testing.assert_allclose(batch.commands, [[0, 0, 0]] * 3 + [[0.2, 0, 0]] * 3)
    np.testing.assert_array_equal(batch.starts, [0, 1, 2, 0, 1, 2])
    np.testing.assert_array_equal(batch.variants, np.zeros(6))
    assert batch.push is None
    assert batch.env.config.episode_steps == 25


def test_starts_are_at_rest_and_none_is_home_itself(interface, suite):
    batch = batch_of(interface, suite)
    starts = batch.env.starts
    assert starts.count == 3
    np.testing.assert_array_equal(starts.qvel, 0.0)
    joints = np.asarray(starts.qpos)[:, 7:] - batch.env.robot.home_qpos[7:]
    assert (np.abs(joints).max(axis=1) > 0.01).all()
    assert np.abs(joints).max() <= 0.05 + 1e-6


def test_the_seed_says_which_starts(interface, tmp_path):
    first, same, other = (batch_of(interface, loaded(tmp_path, {"seed": seed})).env.starts for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.qpos, same.qpos)
    assert not np.array_equal(first.qpos, other.qpos)


def test_more_episodes_only_add_to_the_starts(interface, tmp_path):
    """So that `--episodes` does not play something else."""
    few, many = (
        batch_of(interface, loaded(tmp_path, {"episodes": count})).env.starts.qpos for count in (2, 5)
    )  # fmt: skip
    np.testing.assert_array_equal(few, many[:2])


def test_each_kind_of_start_is_where_its_robots_look(interface, tmp_path):
    starts = {"rest": REST, "leaning": {"lean_rad": [0.14, 0.26]}}
    suite = loaded(tmp_path, starts=starts, cases=[{"start": "rest"}, {"start": "leaning"}])
    batch = batch_of(interface, suite)
    np.testing.assert_array_equal(batch.starts, [0, 1, 2, 3, 4, 5])
    w, y = np.asarray(batch.env.starts.qpos)[:, [3, 5]].T
    pitch = 2.0 * np.arctan2(y, w)
    assert np.abs(pitch[:3]).max() < 0.04
    assert pitch[3:].min() > 0.14
    assert pitch[3:].max() < 0.26


def test_variants_carry_their_values_and_the_sensors_stay_the_nominal_ones(interface, tmp_path):
    cases = [{"start": "rest"}, {"start": "rest", "friction": [0.4, 1.25]}, {"start": "rest", "mass_scale": 0.9}]
    batch = batch_of(interface, loaded(tmp_path, cases=cases))
    models = [batch.env.physics.variants.models[index] for index in np.asarray(batch.variants)[::3]]
    nominal = batch.env.robot.model
    assert models[0] is nominal
    assert [model.geom("floor").friction[0] for model in models[1:3]] == [0.4, 1.25]
    assert [model.body_mass.sum() / nominal.body_mass.sum() for model in models] == pytest.approx([1, 1, 1, 0.9])


def test_pushes_take_turns_in_their_directions(interface, tmp_path):
    push = {"force_N": [5.0, 20.0], "directions": 8, "at_s": 0.1, "duration_s": 0.2}
    plan = batch_of(interface, loaded(tmp_path, {"episodes": 9}, cases=[{"start": "rest", "push": push}])).push
    assert plan is not None
    assert (plan.first_step, plan.steps) == (5, 10)
    assert plan.force_N.shape == (18, 3)
    np.testing.assert_allclose(np.hypot(*plan.force_N[:, :2].T), [5.0] * 9 + [20.0] * 9, rtol=1e-6)
    degrees = np.rad2deg(np.arctan2(plan.force_N[:, 1], plan.force_N[:, 0])) % 360
    np.testing.assert_allclose(degrees, [0, 45, 90, 135, 180, 225, 270, 315, 0] * 2, atol=1e-4)
    np.testing.assert_array_equal(plan.force_N[:, 2], 0.0)


def test_a_push_shorter_than_a_control_period_is_one_period(interface, tmp_path):
    push = {"force_N": 5.0, "directions": 1, "at_s": 0.0, "duration_s": 0.001}
    plan = batch_of(interface, loaded(tmp_path, cases=[{"start": "rest", "push": push}])).push
    assert plan is not None
    assert (plan.first_step, plan.steps) == (0, 1)


def test_a_case_that_is_longer_sets_the_length_of_its_setting(interface, tmp_path):
    suite = loaded(tmp_path, cases=[{"start": "rest", "seconds": [0.3, 0.8]}])
    assert batch_of(interface, suite).env.config.episode_steps == 40


def test_judged_robots_collide_with_all_of_their_geoms(interface, suite):
    """Training lets only feet touch the floor; a knee on the floor must not go through it."""
    robot = batch_of(interface, suite).env.robot
    data = mujoco.MjData(robot.model)
    data.qpos[:] = robot.home_qpos
    data.qpos[3:7] = [np.cos(0.78), 0, np.sin(0.78), 0]  # on its face
    data.qpos[2] = 0.05
    mujoco.mj_forward(robot.model, data)
    touching = {robot.model.geom(int(g)).name for contact in data.contact for g in contact.geom}
    assert any("foot" not in name and name != "floor" for name in touching)
