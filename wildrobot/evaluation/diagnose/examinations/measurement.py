"""Examinations of the measurement: whether what was saved and logged is what was trained."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wildrobot.evaluation.diagnose.evidence.played import Played
from wildrobot.evaluation.diagnose.evidence.run import RunLog
from wildrobot.evaluation.diagnose.registry import Measured, examination

_WINDOW = 0.05
"""Share of a training over which its log is averaged."""


@examination(
    "measurement", "measured", unit="of the log's",
    why="played with drawn actions in the same task, the saved policy earns per step what the log says of the steps "
    "around it; a quarter is left for chance, and for episodes that began 20 s before, under an older policy",
    source="64 episodes, against the mean of the log over the last twentieth of the training",
    try_next="Compare saved and live parameters: normaliser, squashing, layers; and what the log's reward is made of.",
)  # fmt: skip
def saved_policy_acts_as_trained(p: Played, log: RunLog) -> Iterator[Measured]:
    """Does the saved policy earn what its trainer logged?"""
    reward, length = log.curve("episode/sum_reward"), log.curve("episode/length")
    if reward is None or length is None or len(p.reward) == 0 or log.steps[-1] < 100_000:
        return
    window = np.abs(log.steps - log.policy_steps) <= max(_WINDOW * log.steps[-1], 1)
    logged = float(np.nansum(reward[window]) / np.nansum(length[window])) if window.any() else float("nan")
    own = float(p.reward.sum() / p.length.sum())
    if logged > 0.0 and np.isfinite(logged):
        yield Measured("reward per step, played / logged", own / logged, 0.75, 1.33)


@examination(
    "measurement", "exact", unit="of the best",
    why="a policy from a moment at which the run earned less than 0.8 of what it earned at its best is not its best",
    source="the log's return, averaged over a twentieth of the training",
    try_next="Take the policy of a later, or of the best, checkpoint; check what ranks and copies them.",
)  # fmt: skip
def best_kept(log: RunLog) -> Iterator[Measured]:
    """Is the policy that was kept from about the best moment of its training?"""
    reward = log.curve("episode/sum_reward")
    if reward is None or log.steps[-1] < 100_000:
        return
    width = max(1, round(_WINDOW * len(reward)))
    smooth = np.convolve(np.nan_to_num(reward), np.ones(width) / width, mode="valid")
    at = log.steps[width - 1 :]
    before = np.flatnonzero(at <= log.policy_steps)
    kept = smooth[before[-1]] if len(before) else smooth[0]
    if smooth.max() > 0.0:
        yield Measured("return when it was saved / best", kept / smooth.max(), at_least=0.8)


@examination(
    "measurement", "exact",
    why="steps only grow; lines that go back come from two processes that wrote one log, and rewards that are "
    "not finite "
    "are lost for every mean",
    source="metrics.jsonl",
    try_next="Look for a second process in this folder, and for NaN in the terms of the reward.",
    unit="lines",
)  # fmt: skip
def log_is_sound(log: RunLog) -> Iterator[Measured]:
    """Is the log of one piece?"""
    yield Measured("steps that do not grow", int((np.diff(log.steps) <= 0).sum()), at_most=0)
    diverged = log.curve("episode/diverged")
    if diverged is not None:
        yield Measured("share of steps that diverged", float(np.nanmax(diverged)), at_most=0.001)


@examination(
    "measurement", "indirect", unit="standard error, of the mean",
    why="a mean return whose standard error is above a tenth of itself ranks nothing",
    source="64 episodes of the policy in its own task",
    try_next="Play more episodes before two policies are compared (--episodes).",
)  # fmt: skip
def sample_size(p: Played) -> Iterator[Measured]:
    """Are so many episodes enough to tell policies apart?"""
    mean = abs(float(p.reward.mean()))
    if mean > 0.0:
        yield Measured("of the return", float(p.reward.std() / np.sqrt(len(p.reward)) / mean), at_most=0.1)
