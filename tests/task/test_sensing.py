"""Sensing as the bus gives it, against a plain NumPy reference and by hand."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from wildrobot.config import validated
from wildrobot.errors import UsageError
from wildrobot.robot import Robot, load_robot
from wildrobot.task.sensing import Sensing, SensingConfig, encoder_angle_rad
from wildrobot.task.view import Readings

PERIOD_S = np.float32(0.02)
REAL = SensingConfig(
    joint_period_steps={"legs": (4, 7), "arms": (12, 24)},
    read_failure_share=0.05,
    imu_stale_share=0.2,
    play_rad=(0.02, 0.1),
    joint_zero_error_rad=0.03,
    imu_tilt_rad=0.05,
)


@pytest.fixture(scope="module")
def robot() -> Robot:
    return load_robot()


def readings(robot: Robot, rng: np.random.Generator) -> Readings:
    joints = len(robot.joint_names)

    def normal(*shape: int) -> jnp.ndarray:
        return jnp.asarray(rng.normal(size=shape), jnp.float32)

    return Readings(
        base_position_m=normal(3),
        base_velocity_heading_m_per_s=normal(3),
        heading_rad=normal(),
        gyro_rad_per_s=normal(3),
        gravity=normal(3),
        yaw_rate_rad_per_s=normal(),
        joint_angle_rad=normal(joints),
        joint_velocity_rad_per_s=normal(joints),
        torque_Nm=normal(joints),
        foot_position_m=normal(2, 3),
        foot_velocity_m_per_s=normal(2, 3),
        foot_load_N=normal(2),
        foot_clearance_m=normal(2),
    )


def errors_of(sensing: Sensing, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    draws = [jnp.asarray(rng.uniform(size=size), jnp.float32) for size in (sensing.error_draws, sensing.bus_draws, ())]
    return sensing.errors(*draws)


class NumPyBus:
    """The same, joint by joint, in float32."""

    def __init__(self, errors: Any, true: Readings, target: np.ndarray):
        self.errors = jax.tree.map(np.asarray, errors)
        self.angle = np.array([self.encoder(j, true, target) for j in range(len(target))], np.float32)
        self.velocity = np.array(true.joint_velocity_rad_per_s)
        self.read_at = [0] * len(target)

    def encoder(self, j: int, true: Readings, target: np.ndarray) -> np.float32:
        link, half = np.float32(true.joint_angle_rad[j]), np.float32(0.5) * self.errors.play_rad[j]
        ahead = min(max(np.float32(target[j]) - link, -half), half)
        return np.float32(np.float32(link + self.errors.joint_zero_rad[j]) + ahead)

    def step(self, true: Readings, target: np.ndarray, now: int, draws: np.ndarray, config: SensingConfig) -> None:
        for j in range(len(target)):
            due = (now + self.errors.phase_steps[j]) % self.errors.period_steps[j] == 0
            if not due or draws[1 + j] < np.float32(config.read_failure_share):
                continue
            angle = self.encoder(j, true, target)
            elapsed_s = np.float32(max(now - self.read_at[j], 1)) * PERIOD_S
            if self.errors.period_steps[j] == 1:
                self.velocity[j] = true.joint_velocity_rad_per_s[j]
            else:
                self.velocity[j] = (angle - self.angle[j]) / elapsed_s
            self.angle[j], self.read_at[j] = angle, now


def test_it_is_the_numpy_reference_to_the_bit(robot):
    sensing, rng = Sensing(robot, REAL, float(PERIOD_S)), np.random.default_rng(1)
    errors, true = errors_of(sensing, 0), readings(robot, rng)
    target = np.asarray(rng.normal(size=len(robot.joint_names)), np.float32)
    state, bus = sensing.reset(errors, true, jnp.asarray(target)), NumPyBus(errors, true, target)
    previous_imu, stale_samples = state.imu, 0
    for now in range(1, 201):
        true, target = readings(robot, rng), np.asarray(rng.normal(size=len(target)), np.float32)
        draws = np.asarray(rng.uniform(size=sensing.step_draws), np.float32)
        state = sensing.step(state, errors, true, jnp.asarray(target), jnp.int32(now), jnp.asarray(draws))
        bus.step(true, target, now, draws, REAL)
        np.testing.assert_array_equal(state.sensed.joint_angle_rad, bus.angle)
        np.testing.assert_array_equal(state.sensed.joint_velocity_rad_per_s, bus.velocity)
        np.testing.assert_array_equal(state.read_at, bus.read_at)
        stale = draws[0] < np.float32(REAL.imu_stale_share)
        stale_samples += stale
        jax.tree.map(np.testing.assert_array_equal, state.sensed.imu, previous_imu if stale else state.imu)
        previous_imu = state.imu
    assert 20 < stale_samples < 60  # of 200, a fifth


def test_without_settings_everything_is_fresh_and_exact(robot):
    sensing, rng = Sensing(robot, SensingConfig(), float(PERIOD_S)), np.random.default_rng(0)
    errors, true = errors_of(sensing, 0), readings(robot, rng)
    target = jnp.zeros(len(robot.joint_names))
    state = sensing.reset(errors, true, target)
    for now in range(1, 4):
        true = readings(robot, rng)
        draws = jnp.asarray(rng.uniform(size=sensing.step_draws), jnp.float32)
        state = sensing.step(state, errors, true, target, jnp.int32(now), draws)
        np.testing.assert_array_equal(state.sensed.joint_angle_rad, true.joint_angle_rad)
        np.testing.assert_array_equal(state.sensed.joint_velocity_rad_per_s, true.joint_velocity_rad_per_s)
        np.testing.assert_allclose(state.sensed.imu.gyro_rad_per_s, true.gyro_rad_per_s, atol=1e-6)
        np.testing.assert_array_equal(state.sensed.imu.heading_rad, true.heading_rad)


def test_ages_periods_and_phases(robot):
    """Over many robots: legs are read every 4 to 7 steps, arms every 12 to 24, each length as likely, at any phase."""
    config = REAL.model_copy(update={"read_failure_share": 0.0})
    sensing = Sensing(robot, config, float(PERIOD_S))
    errors = [errors_of(sensing, seed) for seed in range(200)]
    legs, arms = (np.array([e.period_steps[robot.joint_groups[g]] for e in errors]) for g in ("legs", "arms"))
    assert sorted(set(legs.ravel())) == [4, 5, 6, 7]
    assert np.bincount(legs.ravel(), minlength=8)[4:] / legs.size == pytest.approx([0.25] * 4, abs=0.04)
    assert (arms.min(), arms.max()) == (12, 24)
    phases = np.array([np.asarray(e.phase_steps) / np.asarray(e.period_steps) for e in errors])
    assert phases.min() == 0.0
    assert phases.max() < 1.0

    rng, true = np.random.default_rng(0), readings(robot, np.random.default_rng(0))
    target, oldest = jnp.zeros(len(robot.joint_names)), np.zeros(len(robot.joint_names), int)
    state = sensing.reset(errors[0], true, target)
    for now in range(1, 100):
        draws = jnp.asarray(rng.uniform(size=sensing.step_draws), jnp.float32)
        state = sensing.step(state, errors[0], true, target, jnp.int32(now), draws)
        oldest = np.maximum(oldest, now - np.asarray(state.read_at))
    np.testing.assert_array_equal(oldest, errors[0].period_steps - 1)


def test_a_failed_read_keeps_the_old_value_and_the_next_velocity_spans_both(robot):
    config = SensingConfig(joint_period_steps={"legs": (2, 2), "arms": (2, 2)}, read_failure_share=0.5)
    sensing, joints = Sensing(robot, config, 0.02), len(robot.joint_names)
    errors = errors_of(sensing, 0)._replace(phase_steps=jnp.zeros(joints, jnp.int32))
    true, target = readings(robot, np.random.default_rng(0)), jnp.zeros(joints)
    state = sensing.reset(errors, true._replace(joint_angle_rad=jnp.zeros(joints)), target)
    fails, works = jnp.full(1 + joints, 0.4), jnp.full(1 + joints, 0.6)
    for now, (angle, draws) in enumerate([(0.1, works), (0.2, fails), (0.3, works), (0.4, works)], start=1):
        moved = true._replace(joint_angle_rad=jnp.full(joints, angle))
        state = sensing.step(state, errors, moved, target, jnp.int32(now), draws)
        if now == 2:
            np.testing.assert_array_equal(state.sensed.joint_angle_rad, 0.0)
    # Read at step 0 (0 rad) and at step 4 (0.4 rad): 0.4 rad in 0.08 s.
    np.testing.assert_allclose(state.sensed.joint_angle_rad, 0.4, rtol=1e-6)
    np.testing.assert_allclose(state.sensed.joint_velocity_rad_per_s, 5.0, rtol=1e-5)


@pytest.mark.parametrize(
    ("target", "expected"),
    [(0.5, 0.13), (0.09, 0.09), (0.10, 0.10), (-0.5, 0.07)],  # pushes up; within the play; no load; pushes down
)
def test_the_encoder_is_ahead_of_the_link_where_the_servo_pushes(robot, target, expected):
    """A link at 0.10 rad, play of 0.06 rad: 0.03 to either side."""
    joints = len(robot.joint_names)
    sensing = Sensing(robot, SensingConfig(play_rad=(0.06, 0.06)), 0.02)
    errors = errors_of(sensing, 0)
    angle = encoder_angle_rad(errors, jnp.full(joints, 0.10), jnp.full(joints, target))
    np.testing.assert_allclose(angle, expected, atol=1e-6)


def test_errors_have_the_configured_size(robot):
    sensing = Sensing(robot, SensingConfig(joint_zero_error_rad=0.03, imu_tilt_rad=0.1), 0.02)
    errors = sensing.errors(jnp.ones(sensing.error_draws), jnp.zeros(sensing.bus_draws), jnp.zeros(()))
    np.testing.assert_allclose(errors.joint_zero_rad, 0.03, rtol=1e-6)
    # 0.1 rad about x and y: together an angle of 0.1 sqrt(2), half of it in the quaternion
    assert float(errors.tilt_quat[0]) == pytest.approx(np.cos(0.1 * np.sqrt(2) / 2), abs=1e-4)


@pytest.mark.parametrize(("draw", "periods"), [(0.24, {1}), (0.26, {4, 5, 6, 7})])
def test_a_share_of_the_episodes_has_every_joint_fresh(robot, draw, periods):
    config = SensingConfig(joint_period_steps={"legs": (4, 7), "arms": (4, 7)}, fresh_share=0.25)
    sensing, bus = Sensing(robot, config, 0.02), jnp.tile(jnp.linspace(0.0, 0.99, len(robot.joint_names)), 3)
    errors = sensing.errors(jnp.zeros(sensing.error_draws), bus, jnp.float32(draw))
    assert set(np.asarray(errors.period_steps).tolist()) == periods
    assert (np.asarray(errors.phase_steps) < np.asarray(errors.period_steps)).all()


def test_a_group_that_the_robot_has_not(robot):
    with pytest.raises(UsageError, match=r"no group of joints tail; the robot has: legs, arms"):
        Sensing(robot, SensingConfig(joint_period_steps={"tail": (1, 2)}), 0.02)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (
            "joint_period_steps",
            {"legs": [7, 4]},
            "joint_period_steps.legs: the lower bound 7 is above the upper bound 4",
        ),
        ("joint_period_steps", {"legs": [0, 4]}, "joint_period_steps.legs.0: must be greater than or equal to 1"),
        ("play_rad", [0.1, 0.02], "play_rad: the lower bound 0.1 is above the upper bound 0.02"),
        ("read_failure_share", 1.5, "read_failure_share: must be less than or equal to 1"),
    ],
)
def test_bad_settings_are_one_sentence(field, value, message):
    with pytest.raises(UsageError, match=message) as refused:
        validated(SensingConfig, {field: value}, "file")
    assert "\n" not in str(refused.value)
