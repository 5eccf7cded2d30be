"""Who plays what: each setting at once, each play once, and every case gets its own result."""

import dataclasses

import numpy as np
import pytest

from tests.evaluation import recordings
from tests.evaluation.suites import loaded
from wildrobot.evaluation.play import session as sessions
from wildrobot.evaluation.play.rollout import Player
from wildrobot.evaluation.play.session import Judged, Session


@pytest.fixture
def stages(monkeypatch):
    """The stages that are made; what is played in them is made up: robots that go as fast as they are told."""
    made, make = [], sessions.make_stage

    def play(player, actor, on_progress):
        steps, episodes = player.stage.env.config.episode_steps, player.stage.episodes
        on_progress(steps * episodes * len(player.stage.plays))
        return {
            play: recordings.recording(
                steps + 1, episodes, command=play.command, period_s=0.02, velocity_m_per_s=(play.command[0], 0.0)
            )
            for play in player.stage.plays
        }

    monkeypatch.setattr(sessions, "make_stage", lambda *given, **named: made.append(make(*given, **named)) or made[-1])
    monkeypatch.setattr(Player, "play", play)
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
def judged(policy):
    return Judged("mine", policy, None)


@pytest.fixture
def session():
    return Session(stochastic=False, threads=1)


def test_every_case_gets_its_result_in_the_order_of_the_suite(session, judged, suite, stages):
    told = []
    played = list(session.play_policy(judged, suite, told.append))
    assert [result.case.id for result, _ in played] == [case.id for case in suite.cases]
    np.testing.assert_allclose([episodes.command[0] for _, episodes in played], [0.0, 0.1, 0.2, 0.3])
    assert [episodes.velocity_m_per_s[0, 0, 0] for _, episodes in played] == pytest.approx([0.0, 0.1, 0.2, 0.3])
    assert [len(episodes.alive) for _, episodes in played] == [26, 26, 26, 41]
    assert [result.values["time_to_fall_s"][0] for result, _ in played] == pytest.approx([0.5, 0.5, 0.5, 0.8])
    assert [len(stage.plays) for stage in stages] == [3, 1]
    assert sum(told) == session.steps(suite) == 3 * 3 * 40 + 3 * 25


def test_a_baseline_does_not_see_the_command_and_plays_once(session, judged, suite, stages):
    told = []
    played = list(session.play_baseline("hold-home", judged, suite, told.append))
    assert [stage.plays for stage in stages] == [(suite.cases[0].play,), (suite.cases[0].play,)]
    assert [episodes.velocity_m_per_s.max() for _, episodes in played] == [0.0] * 4
    # It is judged by what was asked for.
    np.testing.assert_allclose([episodes.command[0] for _, episodes in played], [0.0, 0.1, 0.2, 0.3])
    assert sum(told) == session.steps(suite, baseline=True) == 3 * 40 + 3 * 25


def test_what_is_compiled_serves_all_policies_of_one_interface(session, judged, suite, stages):
    list(session.play_policy(judged, suite, lambda steps: None))
    list(session.play_policy(dataclasses.replace(judged, name="other"), suite, lambda steps: None))
    assert len(stages) == 2


def test_a_policy_with_another_latency_gets_its_own_environment(session, judged, suite, stages):
    list(session.play_policy(judged, suite, lambda steps: None))
    tree = judged.policy.info.env_config
    task = tree["task"] | {"action": tree["task"]["action"] | {"delay_steps": 3}}
    info = judged.policy.info.model_copy(update={"env_config": tree | {"task": task}})
    slower = dataclasses.replace(judged, policy=dataclasses.replace(judged.policy, info=info))
    list(session.play_policy(slower, suite, lambda steps: None))
    # The second setting says the latency itself.
    assert [stage.env.config.task.action.delay_steps for stage in stages] == [
        tree["task"]["action"]["delay_steps"], 2, 3,
    ]  # fmt: skip
