"""Footsteps, the pendulum and inverse dynamics, by numbers worked out by hand."""

import numpy as np
import pytest

from wildrobot.motion.authoring import lipm
from wildrobot.motion.authoring.acceptance import is_inside
from wildrobot.motion.authoring.dynamics import dynamics
from wildrobot.motion.authoring.footsteps import Rhythm, cycle, leant, risen, start_and_stop, travelled
from wildrobot.motion.planar import Pose, relative

RHYTHM = Rhythm(step_frames=20, double_frames=4, width_m=0.16, ahead_m=0.0, roll_share=0.0)


def test_the_pendulum_over_a_step():
    # p jumps from 0 to 0.1 m: by symmetry c is half way then, and before it c = 0.05 exp(w t), w^2 = g / h.
    height_m, period_s = 0.25, 0.001
    zmp = np.zeros((6001, 2))
    zmp[3000:, 0], zmp[3000, 0] = 0.1, 0.05
    com = lipm.centre_of_mass_m(zmp, height_m, period_s)
    rate = np.sqrt(9.81 / 0.25)
    assert com[3000, 0] == pytest.approx(0.05, abs=1e-6)
    assert com[2800, 0] == pytest.approx(0.05 * np.exp(-rate * 0.2), rel=1e-3)
    assert com[3200, 0] == pytest.approx(0.1 - 0.05 * np.exp(-rate * 0.2), rel=1e-3)
    assert np.abs(com[:, 1]).max() == 0.0


def test_the_pendulum_at_constant_speed_is_over_its_zero_moment_point():
    zmp = np.stack([0.2 * 0.02 * np.arange(400), np.zeros(400)], axis=1)
    np.testing.assert_allclose(lipm.centre_of_mass_m(zmp, 0.3, 0.02), zmp, atol=1e-9)


def test_travelling_on_a_circle():
    # 1 m/s at pi/2 rad/s for 1 s: a quarter of a circle of radius 2 / pi, to the left.
    assert travelled((1.0, 0.0, np.pi / 2), 1.0) == pytest.approx((2 / np.pi, 2 / np.pi, np.pi / 2))
    assert travelled((0.0, 1.0, np.pi / 2), 1.0) == pytest.approx((-2 / np.pi, 2 / np.pi, np.pi / 2))
    assert travelled((0.3, -0.1, 0.0), 2.0) == pytest.approx((0.6, -0.2, 0.0))


def test_footholds_of_a_straight_walk():
    # 0.2 m/s and 0.4 s a step: holds 0.16 m apart on each side, the feet 0.08 m apart along the way.
    plan = cycle((0.2, 0.0, 0.0), RHYTHM)
    left, right = plan.feet[:, 0], plan.feet[:, 1]
    assert left[-1, 0] - left[0, 0] == pytest.approx(0.16)
    assert right[0, 0] - left[0, 0] == pytest.approx(0.08)
    assert (left[0, 1], right[0, 1]) == pytest.approx((0.08, -0.08))
    # A foot stands where the body passes it in the middle of its stance: frames 4 to 20 of the step, so at frame 12.
    assert right[12, 0] == pytest.approx(plan.body[12, 0])
    # Left swings first, from frame 4 to 20, then right; it is highest half way.
    assert np.flatnonzero(~plan.contacts[:, 0]).tolist() == list(range(5, 20))
    assert np.flatnonzero(~plan.contacts[:, 1]).tolist() == list(range(25, 40))
    assert plan.foot_height_m[12, 0] == pytest.approx(RHYTHM.lift_m)
    assert plan.contacts[[0, -1]].all()


def test_the_zero_moment_point_is_under_the_foot_that_stands_alone():
    plan = cycle((0.2, 0.0, 0.0), RHYTHM)
    alone = ~plan.contacts[:, 0]
    np.testing.assert_allclose(plan.zmp_m[alone], plan.feet[alone, 1, :2], atol=1e-12)


def test_holds_of_a_turn_are_the_same_from_cycle_to_cycle():
    plan = cycle((0.1, 0.0, 0.5), RHYTHM)
    first, last = (Pose(*plan.body[k]) for k in (0, -1))
    for foot in (0, 1):
        before, after = (relative(frame, Pose(*plan.feet[k, foot])) for frame, k in ((first, 0), (last, -1)))
        assert before == pytest.approx(after, abs=1e-9)
    assert last.heading - first.heading == pytest.approx(0.5 * 0.8)


def test_starting_and_stopping_begins_and_ends_at_rest_with_the_feet_side_by_side():
    plan = start_and_stop((0.2, 0.0, 0.0), RHYTHM)
    for k in (0, -1):
        np.testing.assert_allclose(plan.feet[k, 0, 0], plan.feet[k, 1, 0], atol=1e-9)
        np.testing.assert_allclose(plan.zmp_m[k], plan.feet[k, :, :2].mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(plan.body[:30], plan.body[0] * np.ones((30, 1)), atol=1e-12)
    start, end = plan.steady
    speed = np.diff(plan.body[start : end + 1, 0]) / 0.02
    np.testing.assert_allclose(speed, 0.2, atol=1e-9)


@pytest.mark.parametrize("skew", [0.0, 0.3])
def test_the_lean_goes_over_from_foot_to_foot_without_a_jerk(skew):
    share = np.linspace(0.0, 1.0, 2001)
    one = np.array([leant(s, 0.2, skew) for s in share])
    both = np.concatenate([one[:-1], -one])  # the next step leans to the other side
    assert one[1000] == pytest.approx(1.0)
    slope = np.diff(both)
    assert np.abs(np.diff(slope)).max() < 2e-5, "no jump of the slope, which is up to 4e-3"
    # Over one foot, where the servo of the hip is short of torque, it falls back all the time.
    assert np.diff(one[220:1780], n=2).max() < 0.0
    assert risen(0.5, 0.2) == pytest.approx(1.0)
    assert risen(0.0, 0.2) == risen(1.0, 0.2) == 0.0


def test_dynamics_of_standing_still(robot, standing):
    found = dynamics(robot, standing.qpos, standing.contacts, loop=True)
    # At rest the zero moment point is under the centre of mass, and the feet carry m g = 4.127652 kg * 9.81 m/s2.
    np.testing.assert_allclose(found.zmp_m, found.com_m[:, :2], atol=1e-9)
    np.testing.assert_allclose(found.load_N.sum(axis=1), 40.492, atol=1e-2)
    assert found.missing_N.max() < 1e-3
    assert found.com_m[0, 2] == pytest.approx(0.328, abs=1e-3)  # of the robot's facts


def test_the_zero_moment_point_of_an_accelerated_body(robot, standing):
    # The whole robot slides forward at 1 m/s2: p = c - a h / g = c - 0.328 / 9.81 m.
    time_s = 0.02 * np.arange(40)
    qpos = np.tile(robot.home_qpos, (40, 1))
    qpos[:, 0] += 0.5 * time_s**2
    found = dynamics(robot, qpos, np.ones((40, 2), bool), loop=False)
    lag = found.com_m[2:-2, 0] - found.zmp_m[2:-2, 0]
    np.testing.assert_allclose(lag, found.com_m[0, 2] / 9.81, rtol=1e-3)


def test_one_foot_carries_what_it_can(robot, standing):
    # Between the feet there is nothing to stand on with one foot: a moment is missing, which soles cannot give.
    left = np.tile([True, False], (5, 1))
    found = dynamics(robot, standing.qpos, left, loop=True)
    assert np.abs(found.load_N[:, 1]).max() == 0.0
    assert not is_inside(np.array([[0.1, 0.13], [-0.1, 0.13], [-0.1, 0.05], [0.1, 0.05]]), found.zmp_m[0])


def test_inside_a_polygon():
    square = np.array([(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)])
    assert is_inside(square, np.array([0.9, -0.9]))
    assert not is_inside(square, np.array([1.1, 0.0]))
    assert not is_inside(square[:2], np.array([0.0, 1.0]))
