"""Each reward term against a number worked out by hand."""

import math

import jax.numpy as jnp
import pytest

from wildrobot.config import validated
from wildrobot.errors import UsageError
from wildrobot.experiment import load_experiment
from wildrobot.task import reward
from wildrobot.task.view import Readings

TWO_FEET_STILL = jnp.zeros((2, 3))
JOINTS, FALSE = jnp.zeros(2), jnp.array(False)
AT_REST = reward.Step(
    robot=Readings(
        base_position_m=jnp.zeros(3),
        base_velocity_heading_m_per_s=jnp.zeros(3),
        heading_rad=jnp.zeros(()),
        gyro_rad_per_s=jnp.zeros(3),
        gravity=jnp.array([0.0, 0.0, -1.0]),
        yaw_rate_rad_per_s=jnp.zeros(()),
        joint_angle_rad=JOINTS,
        joint_velocity_rad_per_s=JOINTS,
        torque_Nm=JOINTS,
        foot_position_m=TWO_FEET_STILL,
        foot_velocity_m_per_s=TWO_FEET_STILL,
        foot_load_N=jnp.zeros(2),
        foot_clearance_m=jnp.zeros(2),
    ),
    command=jnp.zeros(3),
    standing=FALSE,
    velocity=jnp.zeros(3),
    heading_error_rad=jnp.zeros(()),
    foot_reference_m=jnp.zeros(2),
    swinging=jnp.array([False, False]),
    action=JOINTS,
    last_action=JOINTS,
    previous_action=JOINTS,
    home_rad=JOINTS,
    torque_limit_Nm=jnp.full(2, 4.0),
    fallen=FALSE,
)


def step(**changes) -> reward.Step:
    """A robot of two joints at rest, but for what is changed."""
    changes = {name: jnp.asarray(value) for name, value in changes.items()}
    robot = {name: value for name, value in changes.items() if name in Readings._fields}
    task = {name: value for name, value in changes.items() if name not in robot}
    return AT_REST._replace(robot=AT_REST.robot._replace(**robot), **task)


def test_gaussian_is_one_without_error_and_1_over_e_at_one_width():
    assert float(reward.gaussian(jnp.zeros(2), 0.1)) == 1.0
    # |(0.06, 0.08)| = 0.1, one width
    assert float(reward.gaussian(jnp.array([0.06, 0.08]), 0.1)) == pytest.approx(math.exp(-1), rel=1e-5)


def test_tilt_is_the_squared_sine():
    angle = math.radians(30)
    gravity = jnp.array([math.sin(angle), 0.0, -math.cos(angle)])
    assert float(reward.tilt(step(gravity=gravity))) == pytest.approx(0.25, rel=1e-5)


def test_bounce_takes_the_vertical_velocity_alone():
    assert float(reward.bounce(step(base_velocity_heading_m_per_s=[5.0, 5.0, 0.2]))) == pytest.approx(0.04)


def test_wobble_leaves_yaw_out():
    assert float(reward.wobble(step(gyro_rad_per_s=[1.0, 2.0, 9.0]))) == pytest.approx(5.0)


def test_foot_height_takes_both_feet():
    now = step(foot_clearance_m=[0.03, 0.01], foot_reference_m=[0.04, 0.0])
    # errors -0.01 and 0.01: exp(-(1e-4 + 1e-4) / 4e-4) = exp(-0.5)
    assert float(reward.foot_height(now, width_m=0.02)) == pytest.approx(math.exp(-0.5), rel=1e-5)


@pytest.mark.parametrize(
    ("load_N", "swinging", "expected"),
    [
        ([20.0, 20.0], [False, False], 1.0),  # both stand, as wanted
        ([0.0, 40.0], [True, False], 1.0),  # left swings, as wanted
        ([20.0, 20.0], [True, False], 0.0),  # left should swing and stands
        ([0.0, 0.0], [True, False], 0.0),  # flying
        ([40.0, 0.0], [True, False], 0.0),  # the wrong foot
        ([1.9, 40.0], [True, False], 1.0),  # below the foot switch's 2 N
    ],
)
def test_foot_contact(load_N, swinging, expected):
    assert float(reward.foot_contact(step(foot_load_N=load_N, swinging=swinging))) == expected


def test_foot_slip_counts_loaded_feet_and_horizontal_velocity_only():
    velocity = jnp.array([[0.3, 0.4, 2.0], [1.0, 0.0, 0.0]])
    # left: 0.09 + 0.16 = 0.25; right is in the air
    assert float(reward.foot_slip(step(foot_velocity_m_per_s=velocity, foot_load_N=[20.0, 0.0]))) == pytest.approx(0.25)
    assert float(reward.foot_slip(step(foot_load_N=[20.0, 20.0]))) == 0.0


def test_feet_close_is_sideways_in_the_heading_frame():
    """Heading along y: left is -x. The left foot is 0.07 m left of the right one, 0.3 m ahead: 0.03 m short of 0.1."""
    feet = jnp.array([[-0.07, 0.3, 0.0], [0.0, 0.0, 0.0]])
    now = step(foot_position_m=feet, heading_rad=math.pi / 2)
    assert float(reward.feet_close(now, least_gap_m=0.1)) == pytest.approx(0.03, abs=1e-6)
    assert float(reward.feet_close(now, least_gap_m=0.06)) == 0.0
    # Crossed legs: 0.07 m on the wrong side.
    crossed = step(foot_position_m=feet[::-1], heading_rad=math.pi / 2)
    assert float(reward.feet_close(crossed, least_gap_m=0.1)) == pytest.approx(0.17, abs=1e-6)


def test_action_rate_and_jerk():
    now = step(action=[0.5, 0.0], last_action=[0.2, 0.0], previous_action=[0.0, 0.1])
    assert float(reward.action_rate(now)) == pytest.approx(0.09)
    # 0.5 - 0.4 + 0 = 0.1 and 0 - 0 + 0.1 = 0.1
    assert float(reward.action_jerk(now)) == pytest.approx(0.02)


def test_torque_power_and_saturation():
    now = step(torque_Nm=[3.6, -2.0], joint_velocity_rad_per_s=[1.0, 3.0])
    assert float(reward.torque(now)) == pytest.approx(3.6**2 + 4.0)
    assert float(reward.power(now)) == pytest.approx(9.6)
    # 3.6 / 4 - 0.8 = 0.1; 2 / 4 is below
    assert float(reward.saturation(now)) == pytest.approx(0.1, rel=1e-5)


def test_pose_is_weighted():
    now = step(joint_angle_rad=[0.1, 0.5], home_rad=[0.0, 0.2])
    assert float(reward.pose(now, joint_weights=jnp.array([2.0, 1.0]))) == pytest.approx(2 * 0.01 + 0.09, rel=1e-5)


def test_standing_terms_are_silent_while_walking():
    walking = step(joint_angle_rad=[0.1, -0.2], joint_velocity_rad_per_s=[1.0, 2.0])
    standing = walking._replace(standing=jnp.array(True))
    assert float(reward.standing_pose(standing)) == pytest.approx(0.3)
    assert float(reward.standing_motion(standing)) == pytest.approx(5.0)
    assert float(reward.standing_pose(walking)) == 0.0
    assert float(reward.standing_turn(standing._replace(velocity=jnp.array([0.1, 0.1, -0.3])))) == pytest.approx(0.3)
    assert float(reward.standing_turn(walking._replace(velocity=jnp.array([0.1, 0.1, -0.3])))) == 0.0
    assert float(reward.standing_motion(walking)) == 0.0


def test_velocity_pays_for_the_sum_of_absolute_errors():
    now = step(command=[0.2, 0.0, 0.0], velocity=[0.14, 0.03, 0.5])
    assert float(reward.velocity(now, width_m_per_s=0.12)) == pytest.approx(math.exp(-0.75), rel=1e-5)
    assert float(reward.velocity(step(), width_m_per_s=0.12)) == 1.0
    # forward alone: 0.06 of 0.12; sideways alone: 0.03 of 0.06
    assert float(reward.forward_velocity(now, width_m_per_s=0.12)) == pytest.approx(math.exp(-0.5), rel=1e-5)
    assert float(reward.sideways_velocity(now, width_m_per_s=0.06)) == pytest.approx(math.exp(-0.5), rel=1e-5)


def test_yaw_rate_and_heading_are_gaussians():
    now = step(command=[0.0, 0.0, 0.3], velocity=[0.0, 0.0, 0.1], heading_error_rad=0.5)
    assert float(reward.yaw_rate(now, width_rad_per_s=0.2)) == pytest.approx(math.exp(-1), rel=1e-5)
    assert float(reward.heading(now, width_rad=0.25)) == pytest.approx(math.exp(-4), rel=1e-5)


def test_headings_and_sides_pay_as_far_as_the_robot_goes_forward_as_told():
    """0.24 m/s short of the command, at a width of 0.12 m/s: exp(-2) of what they pay without that width."""
    now = step(command=[0.3, 0.1, 0.3], velocity=[0.06, 0.0, 0.1], heading_error_rad=0.5)
    rows = {reward.sideways_velocity: "width_m_per_s", reward.yaw_rate: "width_rad_per_s", reward.heading: "width_rad"}
    for function, width in rows.items():
        alone, with_forward = (
            float(function(now, **{width: 0.3}, **more)) for more in ({}, {"forward_width_m_per_s": 0.12})
        )
        assert with_forward == pytest.approx(math.exp(-2) * alone, rel=1e-5)


def test_a_parameter_with_a_default_may_be_left_out_of_its_row():
    rows = reward.config_class().model_validate({"heading": {"weight": 1.0, "width_rad": 0.5}}).model_dump()
    assert rows["heading"] == {"weight": 1.0, "width_rad": 0.5, "forward_width_m_per_s": None}


def test_being_alive_and_falling():
    assert float(reward.alive(step())) == 1.0
    assert [float(reward.termination(step(fallen=fallen))) for fallen in (False, True)] == [0.0, 1.0]


def test_velocity_still_draws_a_standing_robot():
    """At three widths from the command, a Gaussian would pay less than 2 % of this for a step in its direction."""
    far, nearer = (float(reward.velocity(step(velocity=[e, 0.0, 0.0]), width_m_per_s=0.1)) for e in (0.30, 0.29))
    assert nearer - far == pytest.approx(math.exp(-2.9) - math.exp(-3.0), rel=1e-4)


class TestRows:
    """A term is one function and one row: the schema, the sum and the metrics follow from the function."""

    @pytest.fixture
    def spin(self, monkeypatch):
        def spin(s: reward.Step, *, width_rad_per_s: float, joint_weights: reward.PerJoint) -> reward.Scalar:
            """How fast it spins [rad/s]."""
            return jnp.abs(s.velocity[2]) / width_rad_per_s + jnp.sum(joint_weights)

        monkeypatch.setitem(reward.TERMS, "spin", spin)
        return reward.config_class()

    def rows(self, schema, tree):
        return validated(schema, tree, "file")

    def test_a_new_function_is_a_row_and_is_paid(self, spin):
        row = {"weight": -2.0, "width_rad_per_s": 0.5, "joint_weights": {"knee": 0.25}}
        config = self.rows(spin, {"spin": row, "alive": {"weight": 1.0}})
        paid = reward.Reward(config, lambda kinds, field: jnp.full(2, kinds["knee"]))(step(velocity=[0, 0, 3.0]), 0.02)
        # (3 / 0.5 + 2 x 0.25) x -2 x 0.02
        assert {name: round(float(value), 6) for name, value in paid.items()} == {"alive": 0.02, "spin": -0.26}

    @pytest.mark.parametrize(
        ("row", "message"),
        [
            ({"velocity": {"weight": 1.0, "width": 0.1}}, "velocity.width: .*valid here: weight, width_m_per_s"),
            ({"velocity": {"width_m_per_s": 0.1}}, "velocity.weight is missing"),
            (
                {"velocity": {"weight": 1.0, "width_m_per_s": -0.1}},
                "velocity.width_m_per_s: must be greater than or equal to",
            ),
            ({"velocty": {"weight": 1.0}}, "unknown field velocty: did you mean velocity"),
        ],
    )
    def test_a_wrong_row_is_named(self, row, message):
        with pytest.raises(UsageError, match=message):
            self.rows(reward.config_class(), row)

    def test_the_metrics_are_those_of_the_rows(self):
        rows = load_experiment("walk").env.task.reward
        asked = {name for name in type(rows).model_fields if getattr(rows, name) is not None}
        paid = reward.Reward(rows, lambda kinds, field: jnp.zeros(2))(step(), 0.02)
        assert set(paid) == asked
