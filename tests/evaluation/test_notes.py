"""What a reader must know before trusting the metrics."""

import dataclasses

import pytest

from tests.evaluation.suites import loaded, results
from wildrobot.evaluation.judge.notes import notes as notes_on
from wildrobot.evaluation.play.candidates import Candidate


@pytest.fixture
def notes(policy, tmp_path):
    """The notes on a policy that was trained within -0.1 to 0.4, +-0.1 m/s and +-0.3 rad/s."""
    command = policy.interface.command.model_copy(
        update={"vx_m_per_s": (-0.1, 0.4), "vy_m_per_s": (-0.1, 0.1), "yaw_rate_rad_per_s": (-0.3, 0.3)}
    )
    interface = policy.interface.model_copy(update={"command": command})
    candidate = Candidate("mine", dataclasses.replace(policy, interface=interface), None)

    def of(cases=({"start": "rest"},), **metrics):
        suite = loaded(tmp_path, cases=list(cases))
        return notes_on(candidate, [suite], {suite.name: results(suite, **metrics)})

    return of


def test_commands_outside_of_training(notes):
    assert notes([{"start": "rest", "vx_m_per_s": [-0.1, 0.4], "yaw_rate_rad_per_s": [-0.3, 0.3]}]) == []
    assert notes([{"start": "rest", "vx_m_per_s": [-0.2, 0.3, 0.5], "vy_m_per_s": 0.2}]) == [
        "-0.2, 0.5 m/s forward is outside the commands it was trained on, -0.1 to 0.4",
        "0.2 m/s to the left is outside the commands it was trained on, -0.1 to 0.1",
    ]


def test_feet_that_do_not_bear_the_weight(notes):
    (note,) = notes(load_over_weight=[0.8, 0.9, 0.85, 0.85])
    assert note.startswith("tiny, nominal: its feet bear 0.85 of its weight on average; ")


def test_feet_that_do_or_of_which_nothing_is_known(notes):
    nan = float("nan")
    assert notes(load_over_weight=[0.9, 1.1, 1.04, nan]) == []
    assert notes(load_over_weight=nan) == [], "episodes that are too short"
    assert notes(survival=[1, 0, 0, 0], load_over_weight=[1.0, 0.1, 0.1, 0.1]) == [], "who falls does not stand"
