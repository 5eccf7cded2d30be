"""What is played for whom: each setting at once, each play once, and every case gets its own recording."""

import dataclasses

import numpy as np
import pytest

from tests.evaluation import recordings
from tests.evaluation.suites import loaded
from wildrobot.evaluation.play import session as sessions
from wildrobot.evaluation.play.candidates import Candidate
from wildrobot.evaluation.play.rollout import Rollout
from wildrobot.evaluation.play.session import Session


@pytest.fixture
def batches(monkeypatch):
    """The batches that are made; what is played in them is made up: robots that go as fast as they are told."""
    made, make = [], sessions.make_batch

    def play(rollout, rule, on_progress):
        steps, episodes = rollout.batch.env.config.episode_steps, rollout.batch.episodes
        on_progress(steps * episodes * len(rollout.batch.plays))
        return {
            play: recordings.recording(
                steps + 1, episodes, command=play.command, period_s=0.02, velocity_m_per_s=(play.command[0], 0.0)
            )
            for play in rollout.batch.plays
        }

    monkeypatch.setattr(sessions, "make_batch", lambda *given, **named: made.append(make(*given, **named)) or made[-1])
    monkeypatch.setattr(Rollout, "play", play)
    return made


@pytest.fixture
def suite(tmp_path):
    """Two settings; in the first, three commands and two lengths."""
    cases = [
        {"start": "rest", "vx_m_per_s": [0.0, 0.1]},
        {"start": "rest", "vx_m_per_s": 0.2, "latency_steps": 2},
        {"start": "rest", "vx_m_per_s": 0.3, "seconds": 0.8},
    ]
    return loaded(tmp_path, cases=cases)


@pytest.fixture
def candidate(policy):
    return Candidate("mine", policy, None)


@pytest.fixture
def session():
    return Session(stochastic=False, threads=1)


def test_every_case_gets_its_recording_in_the_order_of_the_suite(session, candidate, suite, batches):
    told = []
    played = list(session.play_policy(candidate, suite, told.append))
    assert [case.id for case, _ in played] == [case.id for case in suite.cases]
    np.testing.assert_allclose([episodes.command[0] for _, episodes in played], [0.0, 0.1, 0.2, 0.3])
    assert [episodes.velocity_m_per_s[0, 0, 0] for _, episodes in played] == pytest.approx([0.0, 0.1, 0.2, 0.3])
    assert [len(episodes.alive) for _, episodes in played] == [26, 26, 26, 41]
    assert [len(batch.plays) for batch in batches] == [3, 1]
    assert sum(told) == session.steps(suite) == 3 * 3 * 40 + 3 * 25


def test_a_baseline_does_not_see_the_command_and_plays_once(session, candidate, suite, batches):
    told = []
    played = list(session.play_baseline("hold-home", candidate, suite, told.append))
    assert [batch.plays for batch in batches] == [(suite.cases[0].play,), (suite.cases[0].play,)]
    assert [episodes.velocity_m_per_s.max() for _, episodes in played] == [0.0] * 4
    # It is judged by what was asked for.
    np.testing.assert_allclose([episodes.command[0] for _, episodes in played], [0.0, 0.1, 0.2, 0.3])
    assert sum(told) == session.steps(suite, baseline=True) == 3 * 40 + 3 * 25


def test_what_is_compiled_serves_all_policies_of_one_interface(session, candidate, suite, batches):
    list(session.play_policy(candidate, suite, lambda steps: None))
    list(session.play_policy(dataclasses.replace(candidate, name="other"), suite, lambda steps: None))
    assert len(batches) == 2


def test_a_policy_with_another_latency_gets_its_own_environment(session, candidate, suite, batches):
    list(session.play_policy(candidate, suite, lambda steps: None))
    interface = candidate.policy.interface
    own = interface.model_copy(update={"action": interface.action.model_copy(update={"latency_steps": (3, 3)})})
    slower = dataclasses.replace(candidate, policy=dataclasses.replace(candidate.policy, interface=own))
    list(session.play_policy(slower, suite, lambda steps: None))
    # The second setting says the latency itself.
    assert [batch.env.config.task.action.latency_steps for batch in batches] == [
        interface.action.latency_steps, (2, 2), (3, 3),
    ]  # fmt: skip
