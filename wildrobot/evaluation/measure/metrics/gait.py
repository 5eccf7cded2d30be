"""What a gait looks like, from when the feet bear load.

The events and the words are those of clinical gait analysis: Perry and Burnfield, Gait Analysis, 2nd ed. 2010,
chapters 1 and 2. A foot is on the ground above `steps.CONTACT_N`.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool

from wildrobot.evaluation.measure import steps
from wildrobot.evaluation.measure.metrics.per_episode import (
    mean_over_time,
    mean_per_episode,
    median_per_episode,
    settled,
)
from wildrobot.evaluation.measure.metrics.registry import PerEpisode, metric
from wildrobot.evaluation.play.episodes import Episodes


@metric("step length", unit="m")
def step_length_m(e: Episodes) -> PerEpisode:
    """Mean distance along the heading from foot to foot at landing.

    The step length of Perry and Burnfield.
    """
    taken = steps.steps(_swings(e))
    return mean_per_episode(steps.lengths_m(taken, e.foot_position_m, e.heading_rad), taken.episode, e.alive.shape[1])


@metric("step frequency", unit="Hz")
def step_frequency_hz(e: Episodes) -> PerEpisode:
    """Touch-downs of both feet after 2 s / time alive after 2 s; 0 for a robot that only stands."""
    swings, landed = _swings(e), np.zeros(e.alive.shape)
    np.add.at(landed, (swings.touch_down, swings.episode), 1.0)
    return mean_over_time(landed, settled(e)) / e.control_period_s


@metric("duty factor", kind="fraction")
def duty_factor(e: Episodes) -> PerEpisode:
    """Fraction of time after 2 s that a foot is on the ground; mean of both.

    1 for standing, above 0.5 for walking, below 0.5 for running (Alexander 1984, Int. J. Robot. Res. 3).
    """
    return mean_over_time(_on_ground(e).mean(axis=-1), settled(e))


@metric("double support", kind="fraction")
def double_support(e: Episodes) -> PerEpisode:
    """Fraction of time after 2 s that both feet are on the ground.

    The double support of Perry and Burnfield.
    """
    return mean_over_time(np.all(_on_ground(e), axis=-1).astype(np.float64), settled(e))


@metric("asymmetry", better="lower")
def asymmetry(e: Episodes) -> PerEpisode:
    """|left - right| step time / their mean; 0 is symmetric, 2 the most.

    The left step time is the mean time from a landing of the right foot to the next of the left one. The index is that
    of Robinson, Herzog and Nigg (1987), J. Manipulative Physiol. Ther. 10, 172-176, without its 100 %.
    """
    taken = steps.steps(_swings(e))
    time = (taken.landing - taken.before) * e.control_period_s
    left, right = (
        mean_per_episode(time[taken.foot == foot], taken.episode[taken.foot == foot], e.alive.shape[1])
        for foot in (0, 1)
    )
    return np.abs(left - right) / ((left + right) / 2.0)


@metric("foot clearance", unit="m", better="higher")
def foot_clearance_m(e: Episodes) -> PerEpisode:
    """Median over swings of the largest height of the sole's lowest corner."""
    swings = _swings(e)
    return median_per_episode(steps.clearances_m(swings, e.foot_clearance_m, e.alive), swings.episode, e.alive.shape[1])


@metric("stance slip", unit="m/s", better="lower")
def stance_slip_m_per_s(e: Episodes) -> PerEpisode:
    """Mean horizontal speed of the soles' centres on the ground after 2 s.

    A sole that rolls over its edge also moves a little at its centre.
    """
    stance = _on_ground(e) & settled(e)[..., None]
    return mean_over_time(np.hypot(e.foot_velocity_m_per_s[..., 0], e.foot_velocity_m_per_s[..., 1]), stance)


def _on_ground(e: Episodes) -> Bool[np.ndarray, "T E feet"]:
    return e.foot_load_N > steps.CONTACT_N


def _swings(e: Episodes) -> steps.Swings:
    return steps.all_swings(e.foot_load_N, e.alive, e.control_period_s)
