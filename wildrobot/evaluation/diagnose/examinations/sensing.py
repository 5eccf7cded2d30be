"""Examinations of how old the actor's joint readings are, measured on what it sees and on the robots themselves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, Int

from wildrobot.evaluation.diagnose.evidence.trials import Trials
from wildrobot.evaluation.diagnose.examinations.observations import entries
from wildrobot.evaluation.diagnose.registry import Measured, examination

_Z = 5.0
_BEYOND = 6
"""Control steps by which periods are tried that are longer than configured."""
_KEPT = 0.9
"""Share of the moments that a fit looks at: a read fails now and then, and an older value stays."""
_CLEAR = 1.15
"""How much worse every other period must fit, for a joint to tell its own."""


@examination(
    "task", "measured",
    why="a joint that is read every n control steps shows where it was up to n - 1 steps ago; a policy that was "
    "trained on fresher readings than the robot has falls on the robot, and one trained on older ones learns less than "
    "it could",
    source="robots that move at random: the period and phase with which old true angles fit what is seen best",
    try_next="Look at what draws the periods (Sensing.errors) and at what holds the readings (Sensing.step), in "
    "wildrobot/task/sensing.py.",
)  # fmt: skip
def joint_ages(t: Trials) -> Iterator[Measured]:
    """Are joints read as seldom as configured?"""
    columns, random = entries(t).get("joint_angle"), t.of("random")
    if columns is None:
        return
    configured = t.env.sensing.periods_steps
    seen = t.obs[:, random, columns] + t.env.action_map.home_rad
    true = t.qpos[:, random][..., t.env.robot.qpos_index]
    found = np.zeros(seen.shape[1:], int)
    groups = [(low, high, (configured == [[low], [high]]).all(axis=0)) for low, high in np.unique(configured, axis=1).T]
    for _, high, joints in groups:
        found[:, joints] = read_periods_steps(seen[..., joints], true[..., joints], int(high) + _BEYOND)
    fresh = np.zeros(len(found), bool)
    slow = found[:, configured[0] > 1]
    told = (slow > 0).any(axis=1)
    if told.any():
        # In some episodes every joint is fresh; they are counted here, and left out below.
        fresh = told & (slow <= 1).all(axis=1)
        share, count = t.env.config.task.sensing.fresh_share, int(told.sum())
        off = _Z * np.sqrt(share * (1.0 - share) / count) + 1.0 / count
        yield Measured(
            "share of robots whose joints are all fresh", fresh.sum() / count, max(share - off, 0.0), share + off
        )
    for low, high, joints in groups:
        of_these = found[~fresh][:, joints]
        of_these = of_these[of_these > 0]
        if len(of_these):
            subject = f"joints configured for {low} to {high} control steps"
            yield Measured(f"{subject}: shortest period", np.quantile(of_these, 0.05), low, high)
            yield Measured(f"{subject}: longest period", np.quantile(of_these, 0.95), low, high)


def read_periods_steps(
    seen_rad: Float[np.ndarray, "T robots joints"], true_rad: Float[np.ndarray, "T robots joints"], longest: int
) -> Int[np.ndarray, "robots joints"]:
    """How many control steps lie between two reads of each joint.

    Args:
      seen_rad: what the actor sees, with noise.
      true_rad: of the joints at the same moments.
      longest: period that is tried.

    Returns:
      The period that fits best; 0 where the joint moves too little to tell it from others.
    """
    # What was read at the reset, before the first moment, is left out.
    moments = np.arange(longest, len(seen_rad))
    kept = round(_KEPT * len(moments))
    misfit = np.full((longest + 1, *seen_rad.shape[1:]), np.inf)
    for period in range(1, longest + 1):
        for phase in range(period):
            away = np.abs(seen_rad[moments] - true_rad[moments - (moments + phase) % period])
            fit = np.partition(away, kept - 1, axis=0)[:kept].mean(axis=0)
            misfit[period] = np.minimum(misfit[period], fit)
    best = misfit.argmin(axis=0)
    first, second = np.partition(misfit, 1, axis=0)[:2]
    return np.where(second > _CLEAR * first + 1e-6, best, 0)
