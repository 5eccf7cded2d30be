"""A run beside another trainer's: who is to blame."""

import dataclasses

import numpy as np
import pytest

from tests.policy.networks import network
from wildrobot.evaluation.diagnose.evidence.draws import Draws
from wildrobot.evaluation.diagnose.evidence.played import Other, Played
from wildrobot.evaluation.diagnose.evidence.trials import Trials
from wildrobot.evaluation.diagnose.examinations.others import _standing


@pytest.fixture
def found(healthy, failed):
    """Which examinations blame somebody, for returns in units of what a robot earns that stands."""
    standing = _standing(healthy[Trials], healthy[Draws])

    def found(ours, theirs):
        this, other = (_played(each * standing) for each in (ours, theirs))
        evidence = healthy | {Played: this, Other: Other("runs/other", other)}
        return [name for name in ("other_trainer", "any_trainer_learns") if failed(name, evidence)]

    return found


def _played(reward):
    return Played(network(), np.full(64, reward), np.full(64, 1000), 0.0, np.zeros((1, 5)))


def test_if_one_learns_it_is_the_trainer(found):
    assert found(ours=0.5, theirs=1.8) == ["other_trainer"]


def test_if_both_fail_it_is_the_robot_or_the_task(found):
    assert found(ours=0.5, theirs=0.6) == ["any_trainer_learns"]


@pytest.mark.parametrize("ours", [1.5, 2.5])
def test_if_both_learn_nobody_is_to_blame(found, ours):
    assert found(ours, theirs=1.8) == []


def test_what_a_standing_robot_earns_is_of_a_whole_episode(healthy):
    # Of 1000 steps, where the trials have 200.
    t, d = healthy[Trials], healthy[Draws]
    paid = dataclasses.replace(t, reward=np.full_like(t.reward, 0.25))
    assert _standing(paid, d) == pytest.approx(250.0)
