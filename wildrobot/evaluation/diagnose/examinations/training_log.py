"""Examinations of the trainer by the log of its training."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wildrobot.evaluation.diagnose.evidence.envelope import METRICS, Envelope, windows
from wildrobot.evaluation.diagnose.evidence.run import RunLog
from wildrobot.evaluation.diagnose.registry import Measured, examination

_ENOUGH_STEPS = 100_000
"""Of a log whose curves say anything: the first updates of any training look ill."""


@examination(
    "trainer", "measured", unit="nat",
    why="an update that changes the policy by more than a nat throws away what it was measured for; one that "
    "changes it "
    "by less than a thousandth of the usual hundredth learns nothing",
    source="Schulman et al. 2017; the usual target is 0.01 to 0.02",
    try_next="Lower or raise the learning rate; check that advantages are normalised and gradients arrive.",
)  # fmt: skip
def update_size(log: RunLog) -> Iterator[Measured]:
    """Are updates neither too large nor nothing?"""
    curve = log.curve("training/kl_mean", "sb3/train/approx_kl", "rsl_rl/kl_mean")
    if curve is not None and np.isfinite(curve).any():
        yield Measured("median divergence per update", float(np.nanmedian(curve)), 1e-5, 1.0)


@examination(
    "trainer", "measured", unit="of the variance",
    why="a critic whose values are worse than the mean of the returns gives advantages that are noise",
    source="explained variance of GAE's targets over the last quarter of the training",
    try_next="Check the critic's learning rate and observations, the scale of the rewards, and time limits.",
)  # fmt: skip
def critic(log: RunLog) -> Iterator[Measured]:
    """Does the critic explain the returns better than a constant?"""
    curve = log.curve("training/explained_variance")
    if curve is not None and log.steps[-1] >= _ENOUGH_STEPS:
        yield Measured("explained variance", log.late(curve), at_least=0.0)


@examination(
    "trainer", "measured", unit="deviations of the targets",
    why="just before the time limit the targets are as far from the critic's values as anywhere else, if the value of "
    "the last observation stands for what would have come; where the limit is taken for a fall, they lack most of it",
    source="Pardo et al. 2018; targets by GAE less values, over the last quarter of the training",
    try_next="Bootstrap the value of the last observation (final_obs) where an episode was truncated; see that "
    "truncated is not lost, or made terminated, on its way to the trainer.",
)  # fmt: skip
def time_limit_bootstrapped(log: RunLog) -> Iterator[Measured]:
    """Is the critic's error before the time limit as small as elsewhere?"""
    overall, late, share = (
        log.curve(f"training/{name}") for name in ("value_error", "value_error_at_limit", "share_at_limit")
    )
    if overall is None or late is None or share is None or log.steps[-1] < _ENOUGH_STEPS:
        return
    # Robots that all fall before it say nothing of the limit.
    if log.late(share) > 1e-3:
        yield Measured("at the limit less overall", log.late(late) / log.late(share) - log.late(overall), -0.4, 0.4)


@examination(
    "trainer", "measured", unit="of the action's bound",
    why="deviations above the bound of the actions make most of them extreme, and below a hundredth nothing is "
    "explored",
    source="actions are in [-1, 1]",
    try_next="Lower the entropy cost if it is too large, raise it if it is too small.",
)  # fmt: skip
def exploration(log: RunLog) -> Iterator[Measured]:
    """Does the policy explore, within what actions can do?"""
    curve = log.curve("training/policy_dist_mean_std")
    if curve is not None:
        yield Measured("mean deviation at the end", float(curve[-1]), 0.01, 1.0)


@examination(
    "trainer", "measured",
    why="a discriminator that learns gives references higher logits than robots, soon and for good; sigmoid(-7) "
    "is 0.001, "
    "and beyond that on both sides its slope, and with it the reward's, is gone",
    source="Peng et al. 2021 (AMP); logits over the last quarter of the training",
    try_next="Check that its optimiser gets gradients and that windows of both kinds are normalised alike; or raise "
    "amp.gradient_penalty.",
    unit="logits",
)  # fmt: skip
def discriminator(log: RunLog) -> Iterator[Measured]:
    """Does the discriminator tell references from robots, and not too well?"""
    ours, theirs = log.curve("style/logit_policy"), log.curve("style/logit_reference")
    if ours is not None and theirs is not None and len(ours) >= 4:
        gap = theirs - ours
        yield Measured("reference less robot", log.late(gap), 0.05, 14.0)
        if log.late(gap) < 1.0:  # as networks that were never taught may have it by chance
            yield Measured("its rise over the training", log.late(gap) - float(gap[0]), at_least=0.05)


@examination(
    "trainer", "measured", unit="of the units",
    why="a critic most of whose units are constants cannot tell good states from bad ones",
    source="deviation of each unit's output over a batch of each update, below 0.025 of its layer's mean deviation; "
    "over the last quarter of the training",
    try_next="Lower the learning rate, scale the rewards down (reward_scaling), and normalise the observations.",
)  # fmt: skip
def dead_critic_units(log: RunLog) -> Iterator[Measured]:
    """Do the critic's units respond to what it sees?"""
    curve = log.curve("training/dead_critic_units")
    if curve is not None and log.steps[-1] >= _ENOUGH_STEPS:
        yield Measured("worst hidden layer", log.late(curve), at_most=0.5)


@examination(
    "trainer", "indirect", unit="of its first tenth",
    why="a training of some length that earns no more per step at its end than at its start has learned nothing",
    source="the log's reward per step",
    try_next="See what the exact and measured examinations found; if nothing, train the same task with another "
    "trainer.",
)  # fmt: skip
def learning(log: RunLog) -> Iterator[Measured]:
    """Does the reward per episode rise?"""
    reward = log.curve("episode/sum_reward")
    if reward is not None and log.steps[-1] >= _ENOUGH_STEPS:
        first = float(np.nanmean(reward[log.steps <= max(0.1 * log.steps[-1], log.steps[0])]))
        spread = max(abs(first), 1e-6)
        yield Measured("rise to the last quarter", (log.late(reward) - first) / spread, at_least=0.1)


@examination(
    "trainer", "indirect", unit="of the worst of the trainings that went well",
    why="at equal steps, trainings of nearly the default recipe lay within a tenth of each other; episodes a third "
    "shorter, or errors half as large again, are not chance",
    source="the logs of four trainings of brax-amp with weights of the reward that differ (evidence/envelope.json)",
    try_next="Compare the settings with configs/walk.yaml, and see at how many steps the curves part.",
)  # fmt: skip
def learning_curve(log: RunLog, e: Envelope) -> Iterator[Measured]:
    """Does it learn as fast as trainings that went well?"""
    for name in METRICS:
        ours = windows(log, name)[: len(e.steps)]
        if not len(ours) or not np.isfinite(ours[-1]):
            continue
        at, subject = len(ours) - 1, name.removeprefix("episode/").replace("_", " ")
        shown = f"{subject} at {e.steps[at] / 1e6:g} million steps"
        if name == "episode/length":
            yield Measured(shown, ours[at] / e.least[name][at], at_least=2 / 3)
        else:
            yield Measured(shown, ours[at] / e.most[name][at], at_most=1.5)
