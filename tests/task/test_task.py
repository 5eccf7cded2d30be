"""Action, command, gait, disturbance, termination and frames, by hand-computed numbers."""

import math

import jax.numpy as jnp
import numpy as np
import pytest

from wildrobot.errors import UsageError
from wildrobot.experiment import load_experiment
from wildrobot.robot import load_robot
from wildrobot.task import command, disturbance, frames, gait, termination
from wildrobot.task.action import ActionMap
from wildrobot.task.joints import per_joint
from wildrobot.task.view import sole_clearance_m

CONFIG = load_experiment("walk").env.task
WALKING, STANDING = jnp.array(False), jnp.array(True)


def turned(angle_rad: float, axis: tuple[float, float, float]) -> jnp.ndarray:
    return jnp.array([math.cos(angle_rad / 2), *(math.sin(angle_rad / 2) * np.array(axis))])


class TestFrames:
    def test_a_quarter_turn_about_z_takes_x_to_y(self):
        np.testing.assert_allclose(
            frames.rotate(turned(math.pi / 2, (0, 0, 1)), jnp.array([1.0, 0.0, 0.0])), [0, 1, 0], atol=1e-6
        )

    def test_inverse_undoes(self):
        quat, vector = turned(0.7, (0.6, 0.0, 0.8)), jnp.array([0.3, -1.2, 0.5])
        np.testing.assert_allclose(frames.rotate_inverse(quat, frames.rotate(quat, vector)), vector, atol=1e-6)

    def test_gravity_of_a_robot_that_leans_forward_points_to_its_front(self):
        leaning = turned(math.radians(30), (0, 1, 0))
        gravity = frames.rotate_inverse(leaning, jnp.array([0.0, 0.0, -1.0]))
        np.testing.assert_allclose(gravity, [0.5, 0.0, -math.sqrt(0.75)], atol=1e-6)

    def test_heading(self):
        assert float(frames.heading_rad(turned(-2.0, (0, 0, 1)))) == pytest.approx(-2.0, rel=1e-5)

    def test_heading_frame_of_a_robot_that_looks_along_y(self):
        north = frames.in_heading_frame(jnp.array([0.0, 0.3, 0.1]), jnp.array(math.pi / 2))
        np.testing.assert_allclose(north, [0.3, 0.0, 0.1], atol=1e-6)

    def test_wrapped(self):
        np.testing.assert_allclose(
            frames.wrapped_rad(jnp.array([3.5, -3.5])), [3.5 - 2 * math.pi, 2 * math.pi - 3.5], rtol=1e-5
        )


class TestAction:
    ROBOT = load_robot()
    MAP = ActionMap.from_robot(ROBOT, CONFIG.action)

    def test_zero_is_home(self):
        np.testing.assert_allclose(self.MAP.targets_rad(jnp.zeros(17)), self.ROBOT.home_targets_rad, atol=1e-6)

    def test_scale_is_per_kind_of_joint(self):
        knee = self.ROBOT.joint_names.index("left_knee_pitch")
        action = jnp.zeros(17).at[knee].set(0.5)
        expected = 0.4889 + 0.5 * CONFIG.action.scale_rad["knee_pitch"]
        assert float(self.MAP.targets_rad(action)[knee]) == pytest.approx(expected, rel=1e-5)

    def test_targets_stay_in_the_joints_ranges(self):
        elbow = self.ROBOT.joint_names.index("left_elbow_pitch")
        assert float(self.MAP.targets_rad(-jnp.ones(17))[elbow]) == 0.0  # home is at the lower end

    def test_the_action_of_targets_is_the_one_that_asks_for_them(self):
        action = jnp.linspace(-0.9, 0.9, 17).at[3].set(0.4).at[11].set(0.4)  # elbows only bend one way
        np.testing.assert_allclose(self.MAP.action(self.MAP.targets_rad(action)), action, atol=1e-5)
        np.testing.assert_array_equal(self.MAP.action(jnp.asarray(self.MAP.home_rad)), jnp.zeros(17))

    def test_actions_are_clipped(self):
        np.testing.assert_array_equal(self.MAP.targets_rad(jnp.full(17, 9.0)), self.MAP.targets_rad(jnp.ones(17)))

    @pytest.mark.parametrize("delay", [0, 1, 3])
    def test_targets_arrive_after_the_delay(self, delay):
        mapping = ActionMap.from_robot(self.ROBOT, CONFIG.action.model_copy(update={"latency_steps": (0, 3)}))
        queue, due = mapping.queue(jnp.asarray(mapping.home_rad)), []
        for number in range(1, 6):
            now, queue = mapping.delayed(queue, jnp.full(17, float(number)), jnp.int32(delay))
            due.append(float(now[0]))
        assert due[delay:] == [1.0, 2.0, 3.0, 4.0, 5.0][: 5 - delay]
        assert due[:delay] == [float(np.float32(self.ROBOT.home_targets_rad[0]))] * delay

    def test_the_latency_is_drawn_within_its_range(self):
        mapping = ActionMap.from_robot(self.ROBOT, CONFIG.action.model_copy(update={"latency_steps": (1, 2)}))
        drawn = [int(mapping.latency(jnp.array([draw]))) for draw in (0.0, 0.49, 0.51, 0.999)]
        assert drawn == [1, 1, 2, 2]

    def test_a_missing_and_an_unknown_joint_are_named(self):
        with pytest.raises(UsageError, match=r"field .*: hip_twist, knee_pitch; the robot has: .*knee_pitch"):
            per_joint(["knee_pitch"], {"hip_twist": 1.0}, "field")


class TestCommand:
    COMMAND = CONFIG.command.model_copy(
        update={
            "vx_m_per_s": (-0.1, 0.3),
            "vy_m_per_s": (-0.1, 0.1),
            "yaw_rate_rad_per_s": (-0.4, 0.4),
            "standing_share": 0.2,
            "straight_share": 0.3,
            "sideways_share": 0.1,
            "turning_share": 0.15,
            "heading_hold": True,
            "heading_gain_per_s": 1.0,
        }
    )

    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            (0.19, [0, 0, 0]),
            (0.21, [0.2, 0, 0]),
            (0.49, [0.2, 0, 0]),
            (0.51, [0, 0.05, 0]),
            (0.61, [0, 0, -0.2]),
            (0.74, [0, 0, -0.2]),
            (0.76, [0.2, 0.05, -0.2]),
        ],
    )
    def test_shares(self, kind, expected):
        # 0.75 of the way from -0.1 to 0.3 is 0.2, and from -0.1 to 0.1 0.05; 0.25 from -0.4 to 0.4 is -0.2
        drawn = command.sample(jnp.array([kind, 0.75, 0.75, 0.25]), self.COMMAND)
        np.testing.assert_allclose(drawn, expected, atol=1e-6)

    def test_interval(self):
        # halfway between 4 and 8 s is 6 s: 300 steps of 20 ms
        assert int(command.steps_until(jnp.array(0.5), (4.0, 8.0), 0.02)) == 300
        assert int(command.steps_until(jnp.array(0.0), (0.001, 0.001), 0.02)) == 1

    def test_heading_hold_adds_the_gain_times_the_error(self):
        rate = command.held_yaw_rate(jnp.array([0.2, 0.0, 0.1]), jnp.array(0.15), self.COMMAND)
        assert float(rate) == pytest.approx(0.25)

    def test_heading_hold_is_bounded(self):
        rate = command.held_yaw_rate(jnp.array([0.2, 0.0, 0.0]), jnp.array(-1.0), self.COMMAND)
        assert float(rate) == pytest.approx(-0.4)

    def test_heading_hold_rests_while_standing_and_can_be_off(self):
        assert float(command.held_yaw_rate(jnp.zeros(3), jnp.array(0.5), self.COMMAND)) == 0.0
        off = self.COMMAND.model_copy(update={"heading_hold": False})
        assert float(command.held_yaw_rate(jnp.array([0.2, 0, 0.1]), jnp.array(0.5), off)) == pytest.approx(0.1)


class TestGait:
    GAIT = CONFIG.gait.model_copy(update={"frequency_hz": 2.0, "swing_share": 0.4, "swing_height_m": 0.05})

    def test_heights_over_a_cycle(self):
        def heights(phase):
            return gait.reference_heights_m(jnp.array(phase), WALKING, self.GAIT)

        np.testing.assert_allclose(heights(0.0), [0, 0], atol=1e-7)
        np.testing.assert_allclose(heights(0.2), [0.05, 0], atol=1e-7)  # mid-swing of the left foot
        np.testing.assert_allclose(heights(0.1), [0.025, 0], atol=1e-7)  # sin^2(45 deg) = 1/2
        np.testing.assert_allclose(heights(0.45), [0, 0], atol=1e-7)  # double support
        np.testing.assert_allclose(heights(0.7), [0, 0.05], atol=1e-7)  # mid-swing of the right foot

    def test_nobody_swings_while_standing(self):
        assert not gait.swinging(jnp.array(0.2), STANDING, self.GAIT).any()
        np.testing.assert_array_equal(gait.reference_heights_m(jnp.array(0.2), STANDING, self.GAIT), [0, 0])
        np.testing.assert_array_equal(gait.clock(jnp.array(0.2), STANDING), [0, 0])

    def test_phase_advances_wraps_and_waits(self):
        # 2 Hz x 0.02 s = 0.04 cycles
        assert float(gait.advanced(jnp.array(0.5), WALKING, self.GAIT, 0.02)) == pytest.approx(0.54)
        assert float(gait.advanced(jnp.array(0.98), WALKING, self.GAIT, 0.02)) == pytest.approx(0.02, abs=1e-6)
        assert float(gait.advanced(jnp.array(0.3), STANDING, self.GAIT, 0.02)) == 0.0
        assert float(gait.advanced(jnp.array(0.8), STANDING, self.GAIT, 0.02)) == 0.5


def test_a_kick_has_the_drawn_direction_and_size():
    push = CONFIG.push.model_copy(update={"velocity_m_per_s": 0.4, "start_share": 1.0})
    now = jnp.array(0.0)
    np.testing.assert_allclose(disturbance.kick_m_per_s(jnp.array([0.25, 0.5]), now, push), [0.0, 0.2], atol=1e-6)


@pytest.mark.parametrize(("episode_share", "expected"), [(0.0, 0.1), (0.5, 0.25), (1.0, 0.4)])
def test_kicks_grow_through_the_episode(episode_share, expected):
    push = CONFIG.push.model_copy(update={"velocity_m_per_s": 0.4, "start_share": 0.25})
    kick = disturbance.kick_m_per_s(jnp.array([0.0, 1.0]), jnp.array(episode_share), push)
    np.testing.assert_allclose(kick, [expected, 0.0], atol=1e-6)


@pytest.mark.parametrize(
    ("height_m", "tilt_rad", "fallen"), [(0.46, 0.0, False), (0.29, 0.0, True), (0.46, 0.79, False), (0.46, 0.81, True)]
)
def test_fallen(height_m, tilt_rad, fallen):
    limits = CONFIG.termination.model_copy(update={"min_base_height_m": 0.3, "max_tilt_rad": 0.8})
    gravity = jnp.array([math.sin(tilt_rad), 0.0, -math.cos(tilt_rad)])
    assert bool(termination.has_fallen(jnp.array(height_m), gravity, limits)) is fallen


def test_clearance_is_that_of_the_lowest_corner():
    flat = sole_clearance_m(jnp.array([0.0, 0.0, 0.03]), jnp.array([1.0, 0.0, 0.0, 0.0]), 0.09, 0.04)
    assert float(flat) == pytest.approx(0.03)
    # toes down by 0.1 rad: the front edge is 0.09 sin(0.1) lower than the centre
    toes_down = sole_clearance_m(jnp.array([0.0, 0.0, 0.03]), turned(0.1, (0, 1, 0)), 0.09, 0.04)
    assert float(toes_down) == pytest.approx(0.03 - 0.09 * math.sin(0.1), rel=1e-4)
