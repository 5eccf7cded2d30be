"""What is drawn of a case."""

import json

import numpy as np
import pytest

from tests.evaluation.recordings import ROBOT, recording, times
from wildrobot.evaluation.measure import series

NAN = np.nan


def test_curves_have_five_points_a_second():
    drawn = series.series(recording(101, period_s=0.02))
    assert drawn.time_s == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0])
    assert len(drawn.speed_along.median) == 11


def test_the_speed_is_the_one_along_the_command():
    """Forward at 0.3, to the left at 0.4 m/s, as commanded: 0.5 m/s."""
    drawn = series.series(recording(21, command=(0.3, 0.4, 0.0), velocity_m_per_s=(0.3, 0.4)))
    assert drawn.speed_along.median == pytest.approx([0.5] * 11)
    sideways = series.series(recording(21, command=(0.0, -0.1, 0.0), velocity_m_per_s=(0.3, 0.05)))
    assert sideways.speed_along.median == pytest.approx([-0.05] * 11)


def test_the_band_is_over_the_episodes_that_stand():
    """Eleven episodes at 0, 0.1, ... 1 m/s: 80 % of them within 0.1 and 0.9. Then the faster ones fall."""
    speeds = np.zeros((31, 11, 2))
    speeds[..., 0] = np.arange(11) / 10
    falls = dict.fromkeys(range(6, 11), 15)
    band = series.series(recording(31, 11, command=(0.5, 0, 0), velocity_m_per_s=speeds, falls=falls)).speed_along
    assert [getattr(band, name)[0] for name in ("low", "median", "high")] == pytest.approx([0.1, 0.5, 0.9])
    assert [getattr(band, name)[-1] for name in ("low", "median", "high")] == pytest.approx([0.05, 0.25, 0.45])


def test_means_of_a_gait_cycle_look_back_and_end_with_the_fall():
    """0.7 s are 7 samples: a jump from 0 to 7 goes up by 1 with each."""
    values = np.zeros((20, 2))
    values[5:] = 7.0
    alive = np.ones((20, 2), bool)
    alive[8:, 1] = False
    found = series.smoothed(values, alive, 0.1)
    np.testing.assert_allclose(found[4:12, 0], [0, 7 / 6, 2, 3, 4, 5, 6, 7])
    np.testing.assert_allclose(found[:, 1], [*found[:8, 0], *[NAN] * 12])


def test_nobody_left_is_no_number():
    np.testing.assert_array_equal(
        series.percentiles(np.array([[1.0, 3.0], [NAN, 2.0], [NAN, NAN]]), (50.0,)), [[2.0, 2.0, NAN]]
    )


def test_paths_turn_with_the_command_and_end_with_the_fall():
    position = np.stack([0.1 * times(11), np.zeros((11, 1))], axis=-1)
    ((along, left),) = series.series(recording(11, command=(0, -0.1, 0), position_m=position, falls={0: 5})).paths
    assert left == pytest.approx([0.0, 0.02, 0.04, None, None, None])
    assert along == pytest.approx([0.0, 0.0, 0.0, None, None, None])


def test_no_more_than_sixteen_paths():
    assert len(series.series(recording(11, 20)).paths) == 16


def test_bars_of_foot_contact():
    load = np.array([20, 20, 0, 0, 20, 20, 20, 0.0])
    assert series.contact_bars(load, 0, 7, 0.5) == [(0.0, 1.0), (2.0, 3.5)]
    assert series.contact_bars(load, 1, 4, 0.5) == [(0.5, 1.0), (2.0, 2.5)]
    assert series.contact_bars(load, 2, 3, 0.5) == []


def test_contacts_are_those_of_the_middle_three_seconds():
    """Of an episode of 10 s: from 3.5 s to 6.5 s, and one foot after the other."""
    load = np.full((101, 1, 2), 20.0)
    load[50:, 0, 0], load[:50, 0, 1] = 0.0, 0.0
    contacts = series.series(recording(101, foot_load_N=load)).contacts
    assert contacts.left == ((3.5, pytest.approx(5.0)),)
    assert contacts.right == ((pytest.approx(5.0), pytest.approx(6.6)),)


def test_servos():
    torque = np.zeros((11, 1, 17))
    torque[..., 3], torque[..., 4] = -2.0, 4.0
    speed = np.zeros((11, 1, 17))
    speed[..., 5] = 6.0
    servos = series.series(recording(11, torque_Nm=torque, joint_velocity_rad_per_s=speed)).actuators
    assert servos.names == ROBOT.joint_names
    assert servos.torque_mean_Nm[2:6] == (0.0, 2.0, 4.0, 0.0)
    assert servos.saturated_fraction[3:5] == (0.0, 1.0)
    assert servos.overspeed_fraction[4:6] == (0.0, 1.0)
    assert (servos.torque_limit_Nm[0], servos.no_load_speed_rad_per_s) == (4.0, 5.8)


def test_all_of_it_is_json_also_where_everybody_falls_at_once():
    text = series.series(recording(11, 2, falls={0: 1, 1: 1})).model_dump_json()
    assert json.loads(text)["speed_along"]["median"][1:] == [None] * 5
