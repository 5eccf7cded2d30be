"""The classifier that tells robots from the reference, and the noise that hides the difference."""

import sys

import numpy as np
import pytest

from tests.evaluation.style.conftest import repeating
from wildrobot.errors import UsageError
from wildrobot.evaluation.style import discriminator
from wildrobot.evaluation.style.discriminator import LEVELS, classify, noise_to_hide, require

SAMPLES = 256


@pytest.fixture(autouse=True)
def two_levels(monkeypatch):
    """Each is a training of its own."""
    monkeypatch.setattr(discriminator, "LEVELS", (0.0, 1.0, 100.0))


def test_the_reference_is_not_told_from_itself(as_the_clip, walking):
    found = classify(as_the_clip, [walking.cycle], samples=SAMPLES)
    np.testing.assert_allclose(found.auc, 0.5, atol=0.1)
    assert found.noise_to_hide.tolist() == [1.0, 1.0]


def test_another_motion_is_told_until_the_noise_hides_it(as_the_clip, walking):
    still = as_the_clip._replace(features=np.broadcast_to(walking.cycle.mean(axis=0), as_the_clip.features.shape))
    found = classify(still, [walking.cycle], samples=SAMPLES)
    assert (found.auc[0] > 0.99).all()
    np.testing.assert_allclose(found.auc[2], 0.5, atol=0.1)
    assert (found.noise_to_hide > 1.0).all()
    assert (found.noise_to_hide < 100.0).all()


def test_the_same_twice(as_the_clip, walking):
    first, second = (classify(as_the_clip, [walking.cycle], samples=64) for _ in range(2))
    np.testing.assert_array_equal(first.auc, second.auc)


def test_a_lone_robot_is_cut_into_halves(walking):
    found = classify(repeating(walking.cycle, 200), [walking.cycle], samples=64)
    assert np.isfinite(found.auc).all()


def test_who_falls_at_once_is_not_asked_about(as_the_clip, walking):
    alive = as_the_clip.alive.copy()
    alive[30:, 1] = False
    found = classify(as_the_clip._replace(alive=alive), [walking.cycle], samples=64)
    assert np.isfinite(found.auc).all(axis=0).tolist() == [True, False]
    alive[:] = False
    found = classify(as_the_clip._replace(alive=alive), [walking.cycle], samples=64)
    assert np.isnan(found.noise_to_hide).all()


def test_the_noise_at_which_the_area_is_three_quarters(monkeypatch):
    monkeypatch.setattr(discriminator, "LEVELS", (0.0, 0.1, 1.0, 10.0))
    auc = np.array(
        [
            # halfway, on a logarithmic scale, between 1 and 10; at a level; never above; always; undone by chance
            [1.0, 1.0, 0.7, 1.0, 1.0, np.nan],
            [1.0, 0.9, 0.6, 1.0, 0.7, np.nan],
            [1.0, 0.75, 0.5, 0.9, 0.8, np.nan],
            [0.5, 0.5, 0.5, 0.8, 0.7, np.nan],
        ]
    )
    np.testing.assert_allclose(noise_to_hide(auc), [10**0.5, 1.0, 0.1, 10.0, 10**0.5, np.nan])


def test_levels_go_up_from_none():
    assert LEVELS[0] == 0.0
    assert list(LEVELS) == sorted(LEVELS)


def test_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(UsageError, match=r'needs scikit-learn; run `pip install "wildrobot\[style\]"`'):
        require()
