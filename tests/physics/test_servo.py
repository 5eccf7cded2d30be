"""Torque of a servo at a speed: numbers worked out by hand, on one joint, for both ways of getting them.

4.41 N m at standstill and none at 5.8 rad/s, 21.1 N m/rad and 0.5 N m s/rad, clamped at 4.0 N m.
"""

import jax.numpy as jnp
import mujoco
import numpy as np
import pytest

from wildrobot.physics.servo import TorqueSpeedLine, limited_targets_rad, with_line

LINE = TorqueSpeedLine(stall_torque_Nm=4.41, no_load_speed_rad_per_s=5.8)
XML = """
<mujoco>
  <option timestep="0.005" integrator="implicitfast"/>
  <worldbody>
    <body><joint name="hinge" damping="0.08" armature="0.025"/><geom size="0.05" mass="0.1"/></body>
  </worldbody>
  <actuator>
    <position name="servo" joint="hinge" kp="21.1" kv="0.5" forcerange="-{limit} {limit}" ctrlrange="-1 1"/>
  </actuator>
</mujoco>
"""


def model(limit_Nm: float = 4.0) -> mujoco.MjModel:
    return mujoco.MjModel.from_xml_string(XML.format(limit=limit_Nm))


def torque(model: mujoco.MjModel, target_rad: float, angle_rad: float, velocity_rad_per_s: float) -> float:
    """What MuJoCo's actuator gives [N m]."""
    data = mujoco.MjData(model)
    data.qpos[0], data.qvel[0], data.ctrl[0] = angle_rad, velocity_rad_per_s, target_rad
    mujoco.mj_forward(model, data)
    return float(data.actuator_force[0])


def limited_target_rad(servo: mujoco.MjModel, target_rad: float, angle_rad: float, velocity_rad_per_s: float) -> float:
    target, angle, velocity = (jnp.array([x], jnp.float32) for x in (target_rad, angle_rad, velocity_rad_per_s))
    gains = jnp.asarray(servo.actuator_gainprm[:, 0]), jnp.asarray(-servo.actuator_biasprm[:, 2])
    return float(limited_targets_rad(target, angle, velocity, gains, LINE)[0])


def torques(servo: mujoco.MjModel, *state: float) -> tuple[float, float]:
    """Of the motor actuator (native), and of the position servo under limited targets (MJX)."""
    return torque(with_line(servo, LINE), *state), torque(servo, limited_target_rad(servo, *state), *state[1:])


@pytest.mark.parametrize("direction", [1.0, -1.0])
@pytest.mark.parametrize(
    ("error_rad", "velocity_rad_per_s", "torque_Nm"),
    [
        (0.1, 0.0, 2.11),  # below every limit: 21.1 x 0.1
        (0.1, 2.9, 0.66),  # and in motion: 2.11 - 0.5 x 2.9
        (0.5, 0.0, 4.0),  # at rest the clamp comes before the stall torque
        (0.5, 2.9, 2.205),  # half the no-load speed: half the stall torque, where the servo wants 9.1
        (0.5, 0.58, 3.969),  # a tenth: 0.9 x 4.41, just below the clamp
        (0.9, 5.8, 0.0),  # nothing left
        (0.9, 8.7, -2.205),  # driven beyond the no-load speed, the motor brakes
        (-0.5, 5.8, -4.0),  # braking knows the clamp alone
        (-0.5, 2.9, -4.0),
        (-0.05, 2.9, -2.505),  # braking below the clamp: -1.055 - 1.45
    ],
)
def test_torque_at_an_error_and_a_speed(direction, error_rad, velocity_rad_per_s, torque_Nm):
    motor, limited = torques(model(), direction * error_rad, 0.0, direction * velocity_rad_per_s)
    assert motor == pytest.approx(direction * torque_Nm, abs=1e-9)
    assert limited == pytest.approx(direction * torque_Nm, abs=1e-5)


def test_a_servo_without_a_clamp_stalls_at_the_stall_torque():
    assert torques(model(limit_Nm=100.0), 0.5, 0.0, 0.0) == pytest.approx((4.41, 4.41), abs=1e-5)


def test_gains_scale_below_the_line_and_the_line_stays():
    """A variant with 0.9 of the gains: 0.9 x 0.66 below the line, and the same 2.205 on it."""
    weak = model()
    weak.actuator_gainprm[:, 0] *= 0.9
    weak.actuator_biasprm[:, 1:3] *= 0.9
    assert torques(weak, 0.1, 0.0, 2.9) == pytest.approx((0.594, 0.594), abs=1e-5)
    assert torques(weak, 0.5, 0.0, 2.9) == pytest.approx((2.205, 2.205), abs=1e-5)


def test_the_motor_is_the_one_that_mujoco_compiles():
    """Field for field what `set_to_dcmotor` gives for K = V / 5.8 rad/s and R = K V / 4.41 N m."""
    spec = mujoco.MjSpec.from_string(XML.format(limit=4.0))
    constant = 11.1 / 5.8
    spec.actuators[0].set_to_dcmotor(
        motorconst=[constant, constant],
        resistance=constant * 11.1 / 4.41,
        controller=[21.1, 0.0, 0.5, 0.0, 0.0, 11.1],
        ctrlspec=int(mujoco.mjtCtrlInput.mjINPUT_POS),
    )
    compiled, made = spec.compile(), with_line(model(), LINE)
    for field in (
        "gaintype", "biastype", "dyntype", "ctrlspec", "gainprm", "biasprm", "dynprm", "forcerange", "forcelimited",
        "ctrlrange", "ctrllimited", "actnum",
    ):  # fmt: skip
        expected = getattr(compiled, f"actuator_{field}")
        np.testing.assert_allclose(getattr(made, f"actuator_{field}"), expected, rtol=1e-12, err_msg=field)


def test_the_model_that_was_given_keeps_its_servos():
    servo = model()
    with_line(servo, LINE)
    assert servo.actuator_gaintype[0] == mujoco.mjtGain.mjGAIN_FIXED
    assert torque(servo, 0.9, 0.0, 5.8) == pytest.approx(4.0)


@pytest.mark.parametrize("angle_rad", [-1.1, -1.0, 1.0, 1.1])
def test_the_range_of_targets_does_not_get_in_the_way(angle_rad):
    """Of a joint at the end of its range, and 0.1 rad beyond: MuJoCo clips targets, the limited ones too.

    The limited target lies at least min(4.41, 0.5 x 5.8) / 21.1 = 0.137 rad from the joint, on the inner side.
    """
    inwards = -np.sign(angle_rad)
    for speed, expected in ((2.9, 2.205), (5.8, 0.0)):
        motor, limited = torques(model(), 0.0, angle_rad, inwards * speed)
        assert motor == pytest.approx(inwards * expected, abs=1e-9)
        assert limited == pytest.approx(inwards * expected, abs=1e-5)


@pytest.mark.parametrize("velocity_rad_per_s", [0.0, 2.0, 4.0, 5.8, 7.0])
@pytest.mark.parametrize("target_rad", [0.9, 0.15, -0.9])
def test_both_move_the_joint_alike(target_rad, velocity_rad_per_s):
    """Through the four physics steps of a control step, implicit integration included."""
    servo = model()
    motor, limited = mujoco.MjData(with_line(servo, LINE)), mujoco.MjData(servo)
    motor.qvel[0] = limited.qvel[0] = velocity_rad_per_s
    motor.ctrl[0] = target_rad
    for _ in range(4):
        mujoco.mj_step(motor.model, motor)
        limited.ctrl[0] = limited_target_rad(servo, target_rad, limited.qpos[0], limited.qvel[0])
        mujoco.mj_step(servo, limited)
    assert motor.qvel[0] == pytest.approx(limited.qvel[0], abs=1e-4)
    assert motor.qpos[0] == pytest.approx(limited.qpos[0], abs=1e-6)


def test_driven_at_full_torque_the_joint_settles_at_the_no_load_speed():
    """A target out of reach and a joint without damping: nothing but the line limits the speed."""
    servo = model()
    servo.dof_damping[:] = 0.0
    motor = with_line(servo, LINE)
    motor.actuator_ctrllimited[:] = 0
    data = mujoco.MjData(motor)
    data.ctrl[0] = 100.0
    for _ in range(200):
        mujoco.mj_step(motor, data)
    assert data.qvel[0] == pytest.approx(5.8, abs=0.01)
