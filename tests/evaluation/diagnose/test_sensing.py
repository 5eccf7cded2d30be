"""How old readings are, measured on series whose periods are known."""

import dataclasses

import numpy as np
import pytest

from wildrobot.evaluation.diagnose.evidence.trials import Trials
from wildrobot.evaluation.diagnose.examinations.observations import entries
from wildrobot.evaluation.diagnose.examinations.sensing import read_periods_steps


def held(true, period, phase=0, rng=None):
    """What is seen of joints that are read every so many steps, with noise."""
    moments = np.arange(len(true))
    noise = 0.0 if rng is None else rng.uniform(-0.01, 0.01, true.shape)
    return true[np.maximum(moments - (moments + phase) % period, 0)] + noise


@pytest.mark.parametrize(("period", "phase"), [(1, 0), (2, 1), (5, 3), (7, 0)])
def test_periods_are_found(period, phase):
    rng = np.random.default_rng(0)
    true = np.cumsum(rng.normal(0.0, 0.02, (200, 3, 2)), axis=0)
    seen = held(true, period, phase, rng)
    seen[50:60] = seen[50]  # a read that failed
    assert (read_periods_steps(seen, true, 13) == period).all()


def test_a_joint_that_does_not_move_tells_nothing():
    rng = np.random.default_rng(0)
    true = np.full((200, 1, 1), 0.3)
    assert (read_periods_steps(held(true, 4, rng=rng), true, 8) == 0).all()


def test_readings_that_are_older_than_configured(healthy, failed):
    t = healthy[Trials]
    assert failed("joint_ages", healthy) == []
    obs = t.obs.copy()
    columns = entries(t)["joint_angle"]
    obs[..., columns] = held(t.obs[..., columns], 4)
    assert failed("joint_ages", healthy | {Trials: dataclasses.replace(t, obs=obs)}) == [
        "joints configured for 1 to 1 control steps: shortest period",
        "joints configured for 1 to 1 control steps: longest period",
    ]
