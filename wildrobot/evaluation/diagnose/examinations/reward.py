"""Examinations of the reward: whether it pays for what the command asks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from wildrobot.evaluation.diagnose.evidence.plan import AXES, SWEEP, axis_commands
from wildrobot.evaluation.diagnose.evidence.trials import Trials
from wildrobot.evaluation.diagnose.registry import Measured, examination

_QUARTER, _REST, _FULL = (int(np.argmin(np.abs(SWEEP - share))) for share in (0.25, 0.0, 1.0))


@examination(
    "task", "exact", unit="of the command",
    why="of robots that differ in nothing but their speed, the one at the commanded speed must be paid most",
    source="wildrobot/task/reward.py on a robot at home, its tracked velocity swept from -1 to 1.5 of the command",
    try_next="Print the velocity terms for both signs of this axis; look for a sign, an axis or a frame.",
)  # fmt: skip
def reward_peak(t: Trials) -> Iterator[Measured]:
    """At which speed along each axis does the reward pay most?"""
    for axis, pay in _swept(t):
        yield Measured(axis, SWEEP[int(np.argmax(pay))], 0.75, 1.25)


@examination(
    "task", "exact", unit="of the gain at the command",
    why="exploration finds small movements first: a first quarter of the commanded speed must earn some of the reward "
    "there is for it. A Gaussian of sigma^2 0.25 at 1 m/s, which is known to learn, earns 9 %; a quarter of that is "
    "taken as the least",
    source="Rudin et al. 2022, legged_gym: tracking_sigma",
    try_next="Widen the velocity terms (width_m_per_s), or take tails heavier than a Gaussian's.",
)  # fmt: skip
def reward_slope_at_rest(t: Trials) -> Iterator[Measured]:
    """Does the reward rise where the robot is at first, at rest?"""
    for axis, pay in _swept(t):
        gain = pay[_FULL] - pay[_REST]
        if gain > 0.0:
            yield Measured(axis, (pay[_QUARTER] - pay[_REST]) / gain, at_least=0.0225)


@examination(
    "task", "measured", unit="of the walk's return",
    why="a policy that stands finds nothing better by walking if the clips, played open loop, earn less than standing "
    "under the same command; below 1 over most commands, walking pays",
    source="returns of the same four seconds, from the environment itself",
    try_next="Compare the terms of both rows of returns: pay standing less (alive, pose), or walking more "
    "(velocity, gait).",
)  # fmt: skip
def standing_pays(t: Trials) -> Iterator[Measured]:
    """Does standing pay as much as walking under a command to walk?"""
    clips = t.of("clip")
    if clips.stop > clips.start:
        ratio = _returns(t, "still") / np.maximum(_returns(t, "clip"), 1e-6)
        yield Measured("median over clips", float(np.median(ratio)), at_most=1.0)


@examination(
    "task", "measured", unit="of the walk's return",
    why="one fixed pose, without any feedback, must not earn more than walking does",
    source="the best of 48 constant actions under a command to walk forward",
    try_next="Look at what this pose is paid for, term by term.",
)  # fmt: skip
def constant_action_pays(t: Trials) -> Iterator[Measured]:
    """Does the best constant action earn more than walking?"""
    clips = t.of("clip")
    forward = t.plan.command[clips][:, 0] > 0.05
    if forward.any():
        best = _returns(t, "constant").max() / np.median(_returns(t, "clip")[forward])
        yield Measured("best constant action / forward walk", best, at_most=1.0)


@examination(
    "task", "measured", unit="1/s",
    why="where a second costs more than it pays, the best that a policy can do is to end the episode",
    source="reward per second of robots that hold home",
    try_next="Raise what is paid for staying up, or lower the costs that a still robot has.",
)  # fmt: skip
def living_pays(t: Trials) -> Iterator[Measured]:
    """Does a second of standing earn anything at all?"""
    for group, subject in (("stand", "told to stand"), ("hold", "told to walk")):
        pay = t.reward[:, t.of(group)] * t.alive[:, t.of(group)]
        yield Measured(subject, pay.sum() / (t.alive[:, t.of(group)].sum() * t.env.control_period_s), at_least=1e-6)


@examination(
    "task", "measured", unit="of holding home",
    why="robots that do anything at all and soon fall must not earn more than ones that stand",
    source="returns of random actions and of holding home under the same commands",
    try_next="Check the sign of the terms that pay at a fall (termination), and the costs per second before it.",
)  # fmt: skip
def falling_pays(t: Trials) -> Iterator[Measured]:
    """Do random actions, which fall, earn more than standing?"""
    standing = _returns(t, "hold").mean()
    if standing > 0.0:
        yield Measured("mean return of random actions", _returns(t, "random").mean() / standing, at_most=1.0)


@examination(
    "task", "exact", unit="1/s",
    why="a term that follows command and gait clock but is the same whatever the robot does teaches nothing; it "
    "pays for "
    "the command alone",
    source="terms of robots with other poses under the same command at the same moment",
    try_next="Let this term look at the robot: multiply it by what was really done, such as feet really in the air.",
)  # fmt: skip
def blind_terms(t: Trials) -> Iterator[Measured]:
    """Which terms change with the command but not with the robot?"""
    hold, constant = t.of("hold"), t.of("constant")
    alive = (t.alive & t.upright)[:, constant]
    joints = t.env.robot.qpos_index
    apart_rad = np.abs(t.qpos[:, constant] - t.qpos[:, hold.start][:, None])[..., joints].max(axis=2)
    if not (apart_rad[alive] > 0.1).any():
        return  # robots that are all about home cannot tell
    # The first robot that holds home has the command and the phase of those with constant actions.
    for name, paid in t.terms.items():
        follows_command = np.ptp(paid[:, hold]) > 1e-7 or np.abs(paid[0, hold] - paid[0, t.of("stand")][0]).max() > 1e-7
        differs = np.abs(paid[:, constant] - paid[:, hold.start][:, None])[alive].max()
        if follows_command and paid[:, hold].max() > 0.0:
            yield Measured(
                f"{name}: largest difference between robots", differs / t.env.control_period_s, at_least=1e-6
            )


@examination(
    "task", "exact", unit="of all that is paid at the command",
    why="what speed earns must not drown in what is paid anyway: at least a twentieth of it, where the velocity is the "
    "command; heading and gait are paid besides",
    source="difference of the reward at rest and at the command, all else equal",
    try_next="Raise the weights of the velocity terms, or lower those of terms that any robot earns.",
)  # fmt: skip
def speed_share(t: Trials) -> Iterator[Measured]:
    """How much of the reward depends on the commanded speed?"""
    for axis, pay in _swept(t):
        if not axis.startswith("turn"):  # steered by the heading, which has terms of its own
            yield Measured(axis, (pay[_FULL] - pay[_REST]) / max(abs(pay[_FULL]), 1e-9), at_least=0.05)


def _swept(t: Trials) -> Iterator[tuple[str, Float[np.ndarray, " points"]]]:
    """What the first step pays at each speed of the sweep, for each direction that is asked for."""
    pay = t.reward[0, t.of("sweep")].reshape(len(AXES), len(SWEEP))
    for axis, command, row in zip(AXES, axis_commands(t.env), pay, strict=True):
        if np.abs(command).max() >= 0.02:  # below, the command asks to stand
            yield axis, row


def _returns(t: Trials, group: str) -> Float[np.ndarray, " robots"]:
    return (t.reward * t.alive)[:, t.of(group)].sum(axis=0)
