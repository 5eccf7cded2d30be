"""Examinations of the trainer: whether it is set to learn, and what it has made of the policy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wildrobot.evaluation.diagnose.evidence.draws import Draws
from wildrobot.evaluation.diagnose.evidence.plan import AXES, SWEEP
from wildrobot.evaluation.diagnose.evidence.played import Played
from wildrobot.evaluation.diagnose.evidence.run import Policies, Settings
from wildrobot.evaluation.diagnose.evidence.trials import Trials
from wildrobot.evaluation.diagnose.registry import Measured, examination

_DEAD = 0.025
"""A unit that varies by less than this share of its layer's mean tells the next layer nothing."""


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
