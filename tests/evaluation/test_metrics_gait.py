"""Gaits made of square-wave loads: the feet bear 20 N or nothing, and 2 s are 20 samples."""

import numpy as np
import pytest

from tests.evaluation.recordings import recording
from wildrobot.evaluation.measure.metrics import gait

PERIOD_S = 0.1


def loads(left, right, settle=20):
    """Foot loads from a line of letters each, `#` on the ground and `.` in the air, after 2 s of standing."""
    marks = np.array([list("#" * settle + line) for line in (left, right)]) == "#"
    return np.where(marks, 20.0, 0.0).astype(np.float32).T[:, None]


def walked(load, **arrays):
    """A recording of these loads."""
    return recording(len(load), load.shape[1], period_s=PERIOD_S, foot_load_N=load, **arrays)


WALK = loads("#...######...######.", "######...######...##")
"""Duty factors of 13 / 20 and 14 / 20; left touches down at 4 and 13, right at 9 and 18."""
RUN = loads("##....##....##....", "....##....##....##")


def test_duty_factor_and_double_support():
    assert gait.duty_factor(walked(WALK)) == pytest.approx([27 / 40])
    assert gait.double_support(walked(WALK)) == pytest.approx([7 / 20])


def test_a_run_has_no_double_support():
    assert gait.duty_factor(walked(RUN)) == pytest.approx([1 / 3])
    assert gait.double_support(walked(RUN)) == pytest.approx([0.0])


def test_step_frequency_counts_the_landings_of_both_feet():
    # 4 landings in 20 samples, 2 s.
    assert gait.step_frequency_hz(walked(WALK)) == pytest.approx([2.0])


def test_a_gait_is_measured_after_the_start():
    # The same walk, but within the first 2 s: what is left is standing.
    early = np.concatenate([WALK[20:39], WALK[:20]])
    assert gait.step_frequency_hz(walked(early)) == pytest.approx([0.0])
    assert gait.duty_factor(walked(early)) == pytest.approx([1.0])
    assert gait.double_support(walked(early)) == pytest.approx([1.0])


def test_landings_in_one_sample_count_both():
    assert gait.step_frequency_hz(walked(loads("#....#####", "#....#####"))) == pytest.approx([2.0])


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        # Landings 4 (left), 9 (right), 14 (left), 19 (right): every step takes 0.5 s.
        ("#...#######...######", "######...#######...#", 0.0),
        # Landings 4 (left), 7 (right), 14 (left), 17 (right): steps of 0.3 s to the right foot, of 0.7 s to the left.
        ("#...#######...######", "####...#######...###", 0.4 / 0.5),
        # The other way round: |0.3 - 0.7| has no sign.
        ("####...#######...###", "#...#######...######", 0.4 / 0.5),
    ],
)
def test_asymmetry_of_the_step_time(left, right, expected):
    assert gait.asymmetry(walked(loads(left, right))) == pytest.approx([expected])


def test_steps_of_one_foot_alone_have_no_symmetry():
    assert np.isnan(gait.asymmetry(walked(loads("#...######", "##########")))).all()


def test_clearance_is_the_median_of_the_swings():
    # Swings as high as 1, 2 and 9 cm; the fourth one, of 3 cm, makes the median 2.5 cm.
    load = np.concatenate([WALK, WALK[:, :, ::-1]], axis=1)
    clearance = np.zeros_like(load)
    for sample, foot, height in ((22, 0, 0.01), (27, 1, 0.02), (31, 0, 0.09), (36, 1, 0.03)):
        clearance[sample, :, foot] = height
    clearance[5] = 0.5  # on the ground: of no account
    heights = np.stack([clearance[:, 0], clearance[:, 0, ::-1]], 1)
    found = gait.foot_clearance_m(walked(load, foot_clearance_m=heights, falls={1: 37}))
    np.testing.assert_allclose(found, [0.025, 0.02], atol=1e-7)


def test_step_length_is_the_mean_of_an_episode():
    # Landings: left at 0.1 m, right at 0.3, left at 0.4, right at 0.7: steps of 0.2, 0.1 and 0.3 m.
    position = np.zeros((40, 1, 2, 2), np.float32)
    for sample, foot, x in ((24, 0, 0.1), (29, 1, 0.3), (33, 0, 0.4), (38, 1, 0.7)):
        position[sample:, 0, foot, 0] = x
    assert gait.step_length_m(walked(WALK, foot_position_m=position)) == pytest.approx([0.2])


def test_slip_is_the_speed_of_the_soles_on_the_ground():
    # Left on the ground for 1 sample at 3-4-5, 0.5 m/s, then up at 9 m/s; right stands for 2 samples at 0.1 m/s.
    load = loads("#.", "##")
    speed = np.full((22, 1, 2, 2), 9.0, np.float32)
    speed[20, 0, 0], speed[20:, 0, 1] = (0.3, -0.4), (-0.1, 0.0)
    assert gait.stance_slip_m_per_s(walked(load, foot_velocity_m_per_s=speed)) == pytest.approx([0.7 / 3])
