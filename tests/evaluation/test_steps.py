"""Swings and steps in foot loads that one can read."""

import numpy as np
import pytest

from wildrobot.evaluation.measure import steps

PERIOD_S = 0.02
GROUND, AIR = 20.0, 0.0


def load(*runs):
    """Foot load from (samples, load) runs."""
    return np.concatenate([np.full(samples, value, np.float32) for samples, value in runs])


def test_a_swing_is_from_lift_off_to_touch_down():
    found = steps.swings(load((5, GROUND), (10, AIR), (5, GROUND)), PERIOD_S)
    assert found == [(5, 15)]


def test_swings_cut_by_the_start_or_the_end_do_not_count():
    assert steps.swings(load((5, AIR), (5, GROUND), (5, AIR)), PERIOD_S) == []


def test_a_rattling_contact_is_no_swing():
    # 2 samples are 0.04 s, 3 are the least that counts, 0.06 s.
    assert steps.swings(load((5, GROUND), (2, AIR), (5, GROUND)), PERIOD_S) == []
    assert steps.swings(load((5, GROUND), (3, AIR), (5, GROUND)), PERIOD_S) == [(5, 8)]


def test_a_foot_that_only_brushes_the_ground_is_in_the_air():
    brushing = steps.CONTACT_N  # a switch closes above this
    assert steps.swings(load((5, GROUND), (10, brushing), (5, GROUND)), PERIOD_S) == [(5, 15)]


@pytest.fixture
def walk():
    """One episode of 40 samples: left swings at 5 to 15, right at 15 to 25, left at 25 to 35."""
    left = load((5, GROUND), (10, AIR), (10, GROUND), (10, AIR), (5, GROUND))
    right = load((15, GROUND), (10, AIR), (15, GROUND))
    return np.stack([left, right], axis=-1)[:, None]


def found_in(load, alive=None):
    return steps.all_swings(load, np.ones(load.shape[:2], bool) if alive is None else alive, PERIOD_S)


def test_the_swings_of_all_feet_and_episodes(walk):
    # The second episode is the walk with its feet exchanged, and falls at 35, just when one would touch down.
    alive = np.ones((40, 2), bool)
    alive[35:, 1] = False
    found = found_in(np.concatenate([walk, walk[..., ::-1]], axis=1), alive)
    rows = list(zip(*(field.tolist() for field in found), strict=True))
    assert rows == [(0, 0, 5, 15), (0, 0, 25, 35), (0, 1, 15, 25), (1, 0, 15, 25), (1, 1, 5, 15)]


def test_a_step_is_from_the_landing_of_one_foot_to_that_of_the_other(walk):
    found = steps.steps(found_in(np.concatenate([walk, walk[..., ::-1]], axis=1)))
    rows = list(zip(*(field.tolist() for field in found), strict=True))
    assert rows == [(0, 1, 15, 25), (0, 0, 25, 35), (1, 0, 15, 25), (1, 1, 25, 35)]


def test_clearance_is_the_largest_height_of_each_swing(walk):
    clearance = np.zeros_like(walk)
    clearance[10, 0, 0], clearance[20, 0, 1], clearance[30, 0, 0] = 0.03, 0.02, 0.04
    clearance[[2, 17], 0, 0] = 0.09  # on the ground: of no account
    found = steps.clearances_m(found_in(walk), clearance, np.ones((40, 1), bool))
    np.testing.assert_allclose(found, [0.03, 0.04, 0.02], atol=1e-7)


def feet(landings, heading):
    """Foot positions: each foot stays where it last landed, along the heading."""
    position = np.zeros((40, 1, 2, 2), np.float32)
    for sample, foot, distance in landings:
        position[sample:, 0, foot] = distance * np.array([np.cos(heading), np.sin(heading)])
    return position, np.full((40, 1), heading, np.float32)


@pytest.mark.parametrize("heading", [0.0, 2.0])
def test_a_step_length_is_from_foot_to_foot_along_the_heading(walk, heading):
    # Left lands at 0.05 m, right at 0.15, left at 0.23: steps of 0.10 and 0.08 m.
    position, headings = feet([(15, 0, 0.05), (25, 1, 0.15), (35, 0, 0.23)], heading)
    found = steps.lengths_m(steps.steps(found_in(walk)), position, headings)
    np.testing.assert_allclose(found, [0.10, 0.08], atol=1e-6)


def test_a_step_backwards_has_a_negative_length(walk):
    position, headings = feet([(15, 0, 0.0), (25, 1, -0.1), (35, 0, -0.15)], 0.0)
    found = steps.lengths_m(steps.steps(found_in(walk)), position, headings)
    np.testing.assert_allclose(found, [-0.10, -0.05], atol=1e-6)


def test_hopping_on_one_foot_makes_no_steps(walk):
    standing = walk.copy()
    standing[..., 1] = GROUND
    assert len(found_in(standing).lift) == 2
    assert len(steps.steps(found_in(standing)).landing) == 0
