"""Log dimensionless jerk, by hand."""

import numpy as np
import pytest

from wildrobot.evaluation.style.smoothness import log_dimensionless_jerk


def sine(period_s, amplitude=1.0, samples=2000):
    """Velocity over one period, with a sample before and one after."""
    times = np.arange(-1, samples + 1) / samples * period_s
    return amplitude * np.sin(2 * np.pi * times / period_s)[:, None], period_s / samples


def test_a_sine():
    # w^4 T / 2 of squared jerk, times T^3 / 1: (2 pi)^4 / 2.
    assert log_dimensionless_jerk(*sine(1.0)) == pytest.approx(-np.log((2 * np.pi) ** 4 / 2), abs=1e-5)


def test_speed_and_size_do_not_matter():
    assert log_dimensionless_jerk(*sine(0.5, amplitude=3.0)) == pytest.approx(log_dimensionless_jerk(*sine(1.0)))


def test_joints_count_together():
    velocity, period_s = sine(1.0)
    both = np.concatenate([velocity, velocity], axis=1)
    assert log_dimensionless_jerk(both, period_s) == pytest.approx(log_dimensionless_jerk(velocity, period_s))


def test_three_samples():
    # Second differences of 0, 1, 0, 1, 0: -2, 2, -2, each over 0.1^2; integral 3 x 200^2 x 0.1; T = 0.3, peak 1.
    velocity = np.array([0.0, 1.0, 0.0, 1.0, 0.0])[:, None]
    assert log_dimensionless_jerk(velocity, 0.1) == pytest.approx(-np.log(0.3**3 * 3 * 200**2 * 0.1))


def test_who_does_not_move_has_none():
    assert np.isnan(log_dimensionless_jerk(np.zeros((5, 2)), 0.1))
