"""Examinations of the trainer: whether it is set to learn, and has learned."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wildrobot.evaluation.diagnose.evidence.draws import Draws
from wildrobot.evaluation.diagnose.evidence.envelope import METRICS, Envelope, windows
from wildrobot.evaluation.diagnose.evidence.plan import AXES, SWEEP
from wildrobot.evaluation.diagnose.evidence.played import Played
from wildrobot.evaluation.diagnose.evidence.run import Policies, RunLog, Settings
from wildrobot.evaluation.diagnose.evidence.trials import Trials
from wildrobot.evaluation.diagnose.registry import Measured, examination

_DEAD = 0.025
"""A unit that varies by less than this share of its layer's mean tells the next layer nothing."""
_ENOUGH_STEPS = 100_000
"""Of a log whose curves say anything: the first updates of any training look ill."""


@examination(
    "trainer", "exact", unit="s",
    why="what an action leads to shows when its step has been taken, half a stride later; a horizon 1 / (1 - discount) "
    "that is shorter does not see it",
    source="Sutton and Barto 2018, 3.3: discounted return",
    try_next="Raise the discount (brax_ppo.discounting, sb3_ppo.gamma, rsl_rl_ppo.gamma): 0.97 at 50 Hz sees 0.67 s.",
)  # fmt: skip
def horizon(s: Settings, d: Draws) -> Iterator[Measured]:
    """Does the trainer look as far ahead as a step lasts?"""
    for each in s.trainers:
        ahead = d.config.physics.control_period_s / max(1.0 - each.discount, 1e-9)
        yield Measured(each.trainer, ahead, at_least=0.5 / d.config.task.gait.frequency_hz)


@examination(
    "trainer", "exact",
    why="Adam moves each weight by about the learning rate per update, and the weights of a layer of 128 are about "
    "1 / sqrt(128) = 0.09: at 0.01 nine updates replace them",
    source="Kingma and Ba 2015, 2.1: the step size is bounded by the learning rate",
    try_next="Lower the trainer's learning_rate: 0.0003 is usual.",
)  # fmt: skip
def learning_rate(s: Settings) -> Iterator[Measured]:
    """Is the first learning rate small beside the weights?"""
    for each in s.trainers:
        yield Measured(each.trainer, each.learning_rate, at_most=0.01)


@examination(
    "task", "exact", unit="of the gain of walking",
    why="a unit of style, about one standard deviation of it, must not be worth more than all the difference between "
    "standing and walking forward at the command: the command would drown in it",
    source="amp.style_weight against the reward swept from rest to the command",
    try_next="Lower amp.style_weight, or raise the weights of the velocity terms.",
)  # fmt: skip
def style_share(s: Settings, t: Trials) -> Iterator[Measured]:
    """Does style leave the task its say?"""
    pay = t.reward[0, t.of("sweep")].reshape(len(AXES), len(SWEEP))[0] / t.env.control_period_s
    gain = pay[np.argmin(np.abs(SWEEP - 1.0))] - pay[np.argmin(np.abs(SWEEP))]
    for each in s.trainers:
        if each.style_weight > 0.0 and gain > 0.0:
            yield Measured(each.trainer, each.style_weight / gain, at_most=1.0)


@examination(
    "trainer", "exact", unit="layers",
    why="every layer's bias starts at zero and any update moves it, and no two checkpoints have the same "
    "weights: a layer "
    "that has not moved was not trained, or not saved",
    source="Brax's and Stable-Baselines3's initialisers; the checkpoints of the run",
    try_next="Look at what the optimiser is given and at what the checkpoint saves; compare it with the live "
    "parameters.",
)  # fmt: skip
def untouched_layers(p: Policies) -> Iterator[Measured]:
    """Were all layers of the policy trained and saved?"""
    layers = p.newest.layers
    yield Measured("biases that are all zero", sum(not np.any(layer.bias) for layer in layers), at_most=0)
    older = [each for each in p.checkpoints if each.info.environment_steps < p.newest.info.environment_steps]
    if older:
        same = [
            np.array_equal(new.kernel, old.kernel) for new, old in zip(layers, older[0].layers, strict=False)
        ]  # fmt: skip
        yield Measured("weights as in the oldest checkpoint", sum(same), at_most=0)


@examination(
    "trainer", "exact", unit="of the entries",
    why="gyro, angles and velocities differ in size by a hundred; a normaliser that still has mean 0 and "
    "deviation 1 has "
    "seen nothing",
    source="running statistics of the policy file",
    try_next="Check that the normaliser is updated in training and saved with the policy (normalize_observations).",
)  # fmt: skip
def normaliser_learned(p: Policies) -> Iterator[Measured]:
    """Has the normaliser of the observations learned anything?"""
    as_made = (p.newest.observation_mean == 0.0) & (p.newest.observation_std == 1.0)
    yield Measured("mean 0 and deviation 1", float(as_made.mean()), at_most=0.5)


@examination(
    "trainer", "measured", unit="of what was seen",
    why="normalised observations have a deviation of about 1 where the policy was trained; half or twice as much "
    "for most "
    "of them means that the normaliser and the policy do not belong together",
    source="observations of the policy in its own task",
    try_next="Save the normaliser of the same moment as the weights; check that it is updated throughout.",
)  # fmt: skip
def normaliser_fits(p: Played) -> Iterator[Measured]:
    """Does the normaliser fit what the policy sees?"""
    moving = p.obs.std(axis=0) > 1e-6
    ratio = p.policy.observation_std[moving] / p.obs.std(axis=0)[moving]
    yield Measured("median ratio of deviations", float(np.median(ratio)), 0.5, 2.0)


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
    "trainer", "measured", unit="of the actions",
    why="an action beyond 0.95 of its bound controls little, and with tanh its gradient is a tenth",
    source="actions drawn as in training, in the run's own task",
    try_next="Raise the action's scale, or penalise large actions; check the output's squashing.",
)  # fmt: skip
def action_saturation(p: Played) -> Iterator[Measured]:
    """Are actions at their bounds?"""
    yield Measured("beyond 0.95", p.saturation, at_most=0.3)


@examination(
    "trainer", "measured", unit="of the units",
    why="a unit whose output hardly varies, whatever the robot sees, is a constant: with relu it is zero for good; a "
    "layer of which more than half is constant has lost most of what it could tell apart",
    source="deviation of each unit's output over what the policy saw, below 0.025 of its layer's mean deviation; "
    "Sokar et al. 2023 take the mean output, which a saturated tanh or a swish far above zero would pass",
    try_next="Lower the learning rate, look for a jump in the log's divergence, normalise the observations, or take "
    "another activation than relu.",
)  # fmt: skip
def dead_units(p: Played) -> Iterator[Measured]:
    """Do the actor's units respond to what it sees?"""
    for index, given in enumerate(p.policy.activity(p.obs)[1:], start=1):
        deviation = given.std(axis=0)
        yield Measured(f"hidden layer {index}", float(np.mean(deviation <= _DEAD * deviation.mean())), at_most=0.5)


@examination(
    "trainer", "measured", unit="of the units",
    why="a critic most of whose units are constants cannot tell good states from bad ones",
    source="as of the actor, over a batch of each update; mean over the last quarter of the training",
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


@examination(
    "trainer", "indirect", unit="of holding home",
    why="who moves and earns less than who holds still has learned to do harm",
    source="reward per second of the policy in its own task, and of robots that hold home under commands to walk",
    try_next="See what the exact and measured examinations found; look at the learning curve's terms.",
)  # fmt: skip
def better_than_standing(p: Played, t: Trials) -> Iterator[Measured]:
    """Does the policy earn more per second than a robot that stands?"""
    hold = t.of("hold")
    standing = (t.reward * t.alive)[:, hold].sum() / t.alive[:, hold].sum()
    if standing > 0.0:
        yield Measured("reward per second", p.reward.sum() / p.length.sum() / standing, at_least=1.0)
