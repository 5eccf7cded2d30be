"""Examinations of a run beside another trainer's run of the same task."""

from __future__ import annotations

from collections.abc import Iterator

from wildrobot.evaluation.diagnose.evidence.draws import Draws
from wildrobot.evaluation.diagnose.evidence.played import Other, Played
from wildrobot.evaluation.diagnose.evidence.trials import Trials
from wildrobot.evaluation.diagnose.registry import Measured, examination

_SOURCE = (
    "64 whole episodes of each policy in this run's task, actions drawn as in training; against robots that hold home"
)


@examination(
    "trainer", "measured", unit="of the other's return",
    why="where another trainer learns the same task on the same robot, robot and task are sound, and a trainer that "
    "earns less than three quarters of it is to blame; a quarter is left for chance and for one's being the better",
    source=_SOURCE,
    try_next="Compare both trainers' settings and curves at equal steps; the robot and the task are not what fails.",
)  # fmt: skip
def other_trainer(p: Played, o: Other, t: Trials, d: Draws) -> Iterator[Measured]:
    """Does it earn what another trainer earns on the same task?"""
    standing, theirs = _standing(t, d), float(o.played.reward.mean())
    # If the other one has not learned either, this says nothing about the trainer.
    if standing > 0.0 and theirs >= standing:
        yield Measured(f"return, beside {o.name}", float(p.reward.mean()) / theirs, at_least=0.75)


@examination(
    "task", "indirect", unit="of holding home throughout",
    why="two trainers that both earn less than a robot which only stands have the robot and the task in common",
    source=_SOURCE,
    try_next="See what the examinations of robot and task found; if nothing, make the task easier (configs/ideal.yaml, "
    "slower commands) until one of the two learns it, then harden it step by step.",
)  # fmt: skip
def any_trainer_learns(p: Played, o: Other, t: Trials, d: Draws) -> Iterator[Measured]:
    """Does any of two trainers learn this task?"""
    if (standing := _standing(t, d)) > 0.0:
        best = max(float(p.reward.mean()), float(o.played.reward.mean()))
        yield Measured(f"better return of this and {o.name}", best / standing, at_least=1.0)


def _standing(t: Trials, d: Draws) -> float:
    """What a robot earns that holds home for a whole episode of the experiment, under commands to walk."""
    hold = t.of("hold")
    per_step = (t.reward * t.alive)[:, hold].sum() / t.alive[:, hold].sum()
    return float(per_step) * d.config.episode_steps
