"""What needs no robot: the stick, the clock, the forces of a hand."""

import math

import numpy as np
import pytest

from tests.play.conftest import POLICIES
from wildrobot.play.bank import TILTS_DEG, variant_index
from wildrobot.play.controls import from_stick, within
from wildrobot.play.pace import Pace, RealTimeFactor
from wildrobot.play.pilot import Pilot
from wildrobot.play.push import Hand
from wildrobot.policy import load_policy

POLICY = load_policy(POLICIES / "brax-walk.safetensors")
RANGES = POLICY.interface.command  # vx -0.1 to 0.4, vy -0.08 to 0.08, yaw rate -0.3 to 0.3


def test_the_ends_of_the_stick_are_the_ends_of_the_ranges():
    assert from_stick(1.0, 1.0, 1.0, RANGES) == pytest.approx((0.4, 0.08, 0.3))
    assert from_stick(-1.0, -0.5, 0.0, RANGES) == pytest.approx((-0.1, -0.04, 0.0))
    assert from_stick(5.0, 0.0, 0.0, RANGES) == pytest.approx((0.4, 0.0, 0.0))


def test_a_command_out_of_range_becomes_the_nearest():
    assert within((-1.0, 0.05, 2.0), RANGES) == pytest.approx((-0.1, 0.05, 0.3))


def test_the_bank_has_the_floors_of_a_robot_in_a_row():
    count = len(TILTS_DEG)
    assert variant_index(0, (TILTS_DEG[0], TILTS_DEG[0])) == 0
    assert variant_index(0, (0.0, 0.0)) == (count * count) // 2
    assert variant_index(1, (TILTS_DEG[0], TILTS_DEG[1])) == count * count + 1
    assert variant_index(0, (0.4, -0.4)) == variant_index(0, (0.0, 0.0))  # the nearest


def test_a_late_tick_is_caught_up_but_not_a_long_pause():
    pace = Pace(now_s=0.0)
    pace.ticked(0.03, 0.02)  # due at 0, the next at 0.02: at once
    assert pace.wait_s(0.03) == 0.0
    pace.ticked(0.03, 0.02)
    assert pace.wait_s(0.03) == pytest.approx(0.01)
    pace.ticked(5.0, 0.02)  # asleep for five seconds: 0.1 s of it are made up for
    assert pace.wait_s(5.0) == 0.0
    assert pace.wait_s(4.9) == pytest.approx(0.0)
    assert pace.wait_s(4.89) == pytest.approx(0.01)


def test_the_real_time_factor_is_simulated_time_over_time():
    factor = RealTimeFactor()
    assert factor.value(0.0) == 0.0
    for tick in range(30):
        factor.ticked(0.04 * tick, 0.02)
    assert factor.value(0.04 * 29) == pytest.approx(0.5)
    assert factor.value(10.0) == 0.0


def test_a_push_is_towards_a_direction_from_the_heading_and_ends():
    hand = Hand()
    hand.push(10.0, math.pi / 2, 0.04, heading_rad=math.pi / 2)  # to its left, which is -x
    assert hand.force_N(0.02) == pytest.approx([-10.0, 0.0, 0.0], abs=1e-5)
    hand.pull(np.array([0.0, 0.0, 5.0]))
    assert hand.force_N(0.02) == pytest.approx([-10.0, 0.0, 5.0], abs=1e-5)
    assert hand.force_N(0.02) == pytest.approx([0.0, 0.0, 5.0])
    hand.let_go()
    assert not hand.force_N(0.02).any()


def test_a_pilot_names_what_is_unusable_and_holds():
    pilot = Pilot(POLICY)
    sound = np.zeros(POLICY.interface.observation_size, np.float32)
    first = pilot.act(sound)
    assert pilot.unusable == ()
    sizes = dict(POLICY.interface.observation_layout)
    bad = sound.copy()
    bad[sizes["gyro"] + sizes["gravity"]] = np.nan  # the first joint angle
    bad[0] = np.inf
    assert np.array_equal(pilot.act(bad), first)
    assert pilot.unusable == ("gyro", "joint_angle")
    sound[:] = 0.1
    assert not np.array_equal(pilot.act(sound), first)
    assert pilot.unusable == ()
