"""Dynamic time warping, by hand."""

import numpy as np
import pytest

from wildrobot.evaluation.style.warping import nearest, warped


def distance(first, second, window=1.0):
    cost = np.abs(np.subtract.outer(np.array(first, float), np.array(second, float)))
    return warped(cost[None], window)[0]


def test_the_same_series_are_not_apart():
    assert distance([0, 1, 2], [0, 1, 2]) == 0.0


def test_one_that_lingers_is_not_apart():
    assert distance([0, 1], [0, 1, 1]) == 0.0


def test_a_constant_difference_is_the_distance():
    assert distance([0, 0], [1, 1]) == pytest.approx(1.0)  # (2 x 1 + 2 x 1) / (2 + 2)
    assert distance([0, 0, 0], [1, 1]) == pytest.approx(1.0)  # (2 + 2 + 1) / (3 + 2)


def test_the_best_path_is_found():
    # (0, 0): 0; across to (0, 1): 1 x 1; diagonally to (1, 2): 2 x 0. In all 1, of 2 + 3 weights.
    assert distance([0, 2], [0, 1, 2]) == pytest.approx(1 / 5)


def test_the_window_keeps_a_pause_from_being_free():
    # Warped freely, the one that is 1 from its second sample on waits there: only the path from 0 costs nothing.
    first, second = [0, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 1]
    assert distance(first, second) == 0.0
    # With at most one sample apart (0.2 of 5): d = 1 at (1, 2), (2, 3), (3, 4) of the path that lags by one sample,
    # with two steps along the axes and the rest diagonally: 3 x 2 of 12 weights.
    assert distance(first, second, window=0.2) == pytest.approx(6 / 12)


def test_a_window_without_a_path_is_refused():
    with pytest.raises(ValueError, match="no path through 2 x 9 samples"):
        distance([0, 1], range(9), window=0.2)


def test_pairs_are_apart_each_for_itself():
    cost = np.stack([np.zeros((2, 2)), np.ones((2, 2))])
    np.testing.assert_allclose(warped(cost), [0.0, 1.0])


class TestNearest:
    cycle = np.stack([np.arange(10.0), np.zeros(10)], axis=1)

    def test_root_mean_square_over_points(self):
        # Every sample is off by 3 in one joint and by 4 in the other: sqrt((9 + 16) / 2).
        found = nearest([np.full((10, 2), [3.0, 4.0])], np.zeros((10, 2)), np.array([0]), points=2)
        assert found[0] == pytest.approx(np.sqrt(25 / 2))

    def test_a_foot_is_one_point(self):
        found = nearest([np.full((5, 6), [3.0, 4.0, 0.0, 0.0, 0.0, 0.0])], np.zeros((5, 6)), np.array([0]), points=2)
        assert found[0] == pytest.approx(np.sqrt((5**2 + 0) / 2))

    def test_the_reference_may_begin_elsewhere(self):
        late = np.roll(self.cycle, -3, axis=0)
        assert nearest([late], self.cycle, np.array([0]), points=2)[0] > 0.5
        assert nearest([late], self.cycle, np.arange(10), points=2)[0] == 0.0
        assert nearest([late], self.cycle, np.array([3]), points=2)[0] == 0.0

    def test_each_piece_has_its_own_length_and_place(self):
        pieces = [self.cycle + 1.0, self.cycle[::2], self.cycle, self.cycle[::2] + 1.0]
        found = nearest(pieces, self.cycle, np.array([0]), points=2)
        each = [nearest([piece], self.cycle, np.array([0]), points=2)[0] for piece in pieces]
        np.testing.assert_allclose(found, each)
        assert found[2] == 0.0

    def test_none(self):
        assert len(nearest([], self.cycle, np.array([0]), points=2)) == 0
