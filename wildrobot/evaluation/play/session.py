"""Plays suites with policies and baselines; what is compiled for one policy serves all of the same interface."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from wildrobot.env import make_env
from wildrobot.evaluation.play.actions import ActionRule, BaselineName, baseline_rule, policy_rule
from wildrobot.evaluation.play.batch import judge_env_config, make_batch
from wildrobot.evaluation.play.candidates import Candidate
from wildrobot.evaluation.play.case import Case, Play, Setting
from wildrobot.evaluation.play.episodes import Episodes
from wildrobot.evaluation.play.rollout import Rollout
from wildrobot.evaluation.play.suite import Suite
from wildrobot.policy import Interface, check_fits

_NOMINAL = Setting("ideal", None, "native", "full", None)


class Session:
    """Plays all by the same rules: same starts, same random keys, same length, and one episode for each robot."""

    def __init__(self, *, stochastic: bool, threads: int, record_features: bool = False):
        """Says how actions are chosen, on how many threads, and whether `Episodes.features` are recorded."""
        self._stochastic, self._threads, self._record_features = stochastic, threads, record_features
        self._rollouts: dict[Any, Rollout] = {}

    def check(self, candidate: Candidate, suite: Suite) -> None:
        """Refuses a policy for another robot, observation or action mapping, before anything is played.

        Raises:
          UsageError: naming what differs.
        """
        small = dataclasses.replace(suite, episodes=1)
        config = judge_env_config(candidate.policy.interface, small, _NOMINAL, 1.0, threads=1)
        check_fits(candidate.policy, make_env(config))

    def play_policy(
        self, candidate: Candidate, suite: Suite, on_progress: Callable[[int], None]
    ) -> Iterator[tuple[Case, Episodes]]:
        """Every case of a suite, in the order of the suite."""
        rule = policy_rule(candidate.policy, stochastic=self._stochastic)
        return self._play(rule, candidate.policy.interface, suite, on_progress)

    def play_baseline(
        self, name: BaselineName, like: Candidate, suite: Suite, on_progress: Callable[[int], None]
    ) -> Iterator[tuple[Case, Episodes]]:
        """The same with a baseline, in the environment of a policy."""
        rule = baseline_rule(name, like.policy.interface.action_size)
        return self._play(rule, like.policy.interface, suite, on_progress)

    def steps(self, suite: Suite, *, baseline: bool = False) -> int:
        """Environment steps of one policy or baseline, to show progress by: at 50 Hz, and as many as will be played."""
        plays = {(case.setting, _played_as(case, sees_command=not baseline)) for case in suite.cases}
        seconds = {setting: _seconds(suite, setting) for setting, _ in plays}
        return round(sum(50.0 * seconds[setting] * suite.episodes for setting, _ in plays))

    def _play(
        self, rule: ActionRule, interface: Interface, suite: Suite, on_progress: Callable[[int], None]
    ) -> Iterator[tuple[Case, Episodes]]:
        played: dict[tuple[Setting, Play], Episodes] = {}
        for index, case in enumerate(suite.cases):
            play = _played_as(case, sees_command=rule.sees_command)
            if (case.setting, play) not in played:
                rollout = self._rollout(interface, suite, case.setting, rule.sees_command)
                recorded = rollout.play(rule, on_progress)
                played |= {(case.setting, each): episodes for each, episodes in recorded.items()}
            command = np.asarray(case.command, np.float32)
            yield case, dataclasses.replace(played[case.setting, play].until(case.seconds), command=command)
            # Recordings that no later case needs are let go.
            later = {
                (each.setting, _played_as(each, sees_command=rule.sees_command)) for each in suite.cases[index + 1 :]
            }
            played = {key: value for key, value in played.items() if key in later}

    def _rollout(self, interface: Interface, suite: Suite, setting: Setting, sees_command: bool) -> Rollout:
        config = judge_env_config(interface, suite, setting, 1.0)
        environment = json.dumps(config.model_dump(mode="json"), sort_keys=True)
        plays = tuple(
            dict.fromkeys(
                _played_as(case, sees_command=sees_command) for case in suite.cases if case.setting == setting
            )
        )
        key = (suite.name, setting, plays, environment)
        if key not in self._rollouts:
            batch = make_batch(interface, suite, setting, plays, threads=self._threads)
            self._rollouts[key] = Rollout(batch, record_features=self._record_features)
        return self._rollouts[key]


def _played_as(case: Case, *, sees_command: bool) -> Play:
    """What is played for a case; all commands are one for a rule that does not see the command."""
    return case.play if sees_command else case.play._replace(command=(0.0, 0.0, 0.0))


def _seconds(suite: Suite, setting: Setting) -> float:
    return max(case.seconds for case in suite.cases if case.setting == setting)
