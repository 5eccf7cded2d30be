"""Plays suites with policies and baselines; what is compiled for one policy serves all of the same interface."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wildrobot.env import make_env
from wildrobot.evaluation.actors import Actor, BaselineName, baseline_actor, policy_actor
from wildrobot.evaluation.case import Case, Play, Setting
from wildrobot.evaluation.episodes import Episodes
from wildrobot.evaluation.results import CaseResult, judge
from wildrobot.evaluation.rollout import Player
from wildrobot.evaluation.stage import judged, make_stage
from wildrobot.evaluation.suite import Suite
from wildrobot.policy import Interface, Policy, check_fits

_NOMINAL = Setting("ideal", None, "native", "full", None, None)


@dataclass(frozen=True)
class Judged:
    """A policy that is to be judged.

    Attributes:
      name: unique among those that are judged together.
      policy: what acts.
      run: the run folder that it lies in; None if it lies elsewhere.
    """

    name: str
    policy: Policy
    run: Path | None


class Session:
    """Plays by the same rules whoever acts: same starts, same chance, same length, each robot one episode."""

    def __init__(self, *, stochastic: bool, threads: int, record_features: bool = False):
        """Says how actions are chosen, on how many threads, and whether `Episodes.features` are recorded."""
        self._stochastic, self._threads, self._record_features = stochastic, threads, record_features
        self._players: dict[Any, Player] = {}

    def check(self, judged_policy: Judged, suite: Suite) -> None:
        """Refuses a policy for another robot, observation or action mapping, before anything is played.

        Raises:
          UsageError: naming what differs.
        """
        config = judged(
            judged_policy.policy.interface, dataclasses.replace(suite, episodes=1), _NOMINAL, 1.0, threads=1
        )
        check_fits(judged_policy.policy, make_env(config))

    def play_policy(
        self, judged_policy: Judged, suite: Suite, on_progress: Callable[[int], None]
    ) -> Iterator[tuple[CaseResult, Episodes]]:
        """Every case of a suite, in the order of the suite."""
        actor = policy_actor(judged_policy.policy, stochastic=self._stochastic)
        return self._play(actor, judged_policy.policy.interface, suite, on_progress)

    def play_baseline(
        self, name: BaselineName, like: Judged, suite: Suite, on_progress: Callable[[int], None]
    ) -> Iterator[tuple[CaseResult, Episodes]]:
        """The same with a baseline, in the environment of a policy."""
        return self._play(baseline_actor(name), like.policy.interface, suite, on_progress)

    def steps(self, suite: Suite, *, baseline: bool = False) -> int:
        """Environment steps of one actor, to show progress by: at 50 Hz, and as many as will be played."""
        plays = {(case.setting, _played_as(case, sees_command=not baseline)) for case in suite.cases}
        seconds = {setting: _seconds(suite, setting) for setting, _ in plays}
        return round(sum(50.0 * seconds[setting] * suite.episodes for setting, _ in plays))

    def _play(
        self, actor: Actor, interface: Interface, suite: Suite, on_progress: Callable[[int], None]
    ) -> Iterator[tuple[CaseResult, Episodes]]:
        played: dict[tuple[Setting, Play], Episodes] = {}
        for index, case in enumerate(suite.cases):
            play = _played_as(case, sees_command=actor.sees_command)
            if (case.setting, play) not in played:
                player = self._player(interface, suite, case.setting, actor.sees_command)
                found = player.play(actor, on_progress)
                played |= {(case.setting, each): episodes for each, episodes in found.items()}
            command = np.asarray(case.play.command, np.float32)
            episodes = dataclasses.replace(played[case.setting, play].until(case.seconds), command=command)
            yield judge(case, episodes), episodes
            # What no later case needs is let go.
            later = {
                (each.setting, _played_as(each, sees_command=actor.sees_command)) for each in suite.cases[index + 1 :]
            }
            played = {key: value for key, value in played.items() if key in later}

    def _player(self, interface: Interface, suite: Suite, setting: Setting, sees_command: bool) -> Player:
        config = json.dumps(judged(interface, suite, setting, 1.0).model_dump(mode="json"), sort_keys=True)
        plays = tuple(
            dict.fromkeys(
                _played_as(case, sees_command=sees_command) for case in suite.cases if case.setting == setting
            )
        )
        key = (suite.name, setting, plays, config)
        if key not in self._players:
            stage = make_stage(interface, suite, setting, plays, threads=self._threads)
            self._players[key] = Player(stage, record_features=self._record_features)
        return self._players[key]


def _played_as(case: Case, *, sees_command: bool) -> Play:
    """What is played for a case: who does not see the command plays but one."""
    return case.play if sees_command else case.play._replace(command=(0.0, 0.0, 0.0))


def _seconds(suite: Suite, setting: Setting) -> float:
    return max(case.seconds for case in suite.cases if case.setting == setting)
