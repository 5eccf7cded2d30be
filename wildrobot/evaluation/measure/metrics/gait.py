"""What a gait looks like, from when the feet bear load.

The events and the words are those of clinical gait analysis: Perry and Burnfield, Gait Analysis, 2nd ed. 2010,
chapters 1 and 2. A foot is on the ground above `steps.CONTACT_N`.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from wildrobot.evaluation.measure import steps
from wildrobot.evaluation.measure.metrics.per_episode import (
    mean_over_time,
    mean_per_episode,
    median_per_episode,
    settled,
)


def step_length_m(
    load_N: Float[np.ndarray, "T E 2"],
    foot_position_m: Float[np.ndarray, "T E 2 2"],
    heading_rad: Float[np.ndarray, "T E"],
    alive: Bool[np.ndarray, "T E"],
    period_s: float,
) -> Float[np.ndarray, " E"]:
    """Mean step length [m]: along the heading, from foot to foot at landing (Perry and Burnfield)."""
    found = steps.steps(steps.all_swings(load_N, alive, period_s))
    return mean_per_episode(steps.lengths_m(found, foot_position_m, heading_rad), found.episode, alive.shape[1])


def step_frequency_hz(
    load_N: Float[np.ndarray, "T E 2"], alive: Bool[np.ndarray, "T E"], period_s: float
) -> Float[np.ndarray, " E"]:
    """Cadence [Hz]: touch-downs of both feet after 2 s / time alive after 2 s. 0 for a robot that only stands."""
    found, counted = steps.all_swings(load_N, alive, period_s), settled(alive, period_s)
    landed = np.zeros(alive.shape)
    np.add.at(landed, (found.touch_down, found.episode), 1.0)
    return mean_over_time(landed, counted) / period_s


def duty_factor(
    load_N: Float[np.ndarray, "T E 2"], alive: Bool[np.ndarray, "T E"], period_s: float
) -> Float[np.ndarray, " E"]:
    """Share of time, after 2 s, that a foot is on the ground; mean of both (Alexander 1984, Int. J. Robot. Res. 3).

    1 for standing, above 0.5 for walking, below 0.5 for running.
    """
    return mean_over_time(_on_ground(load_N).mean(axis=-1), settled(alive, period_s))


def double_support(
    load_N: Float[np.ndarray, "T E 2"], alive: Bool[np.ndarray, "T E"], period_s: float
) -> Float[np.ndarray, " E"]:
    """Share of time, after 2 s, that both feet are on the ground (Perry and Burnfield)."""
    ground = _on_ground(load_N)
    both = ground[..., 0] & ground[..., 1]
    return mean_over_time(both.astype(np.float64), settled(alive, period_s))


def asymmetry(
    load_N: Float[np.ndarray, "T E 2"], alive: Bool[np.ndarray, "T E"], period_s: float
) -> Float[np.ndarray, " E"]:
    """Symmetry index of the step time: |L - R| / ((L + R) / 2), 0 to 2; 0 is symmetric.

    L is the mean time from a landing of the right foot to the next of the left one, R the other way round. The index
    is that of Robinson, Herzog and Nigg (1987), J. Manipulative Physiol. Ther. 10, 172-176, without its 100 %.
    """
    found = steps.steps(steps.all_swings(load_N, alive, period_s))
    time = (found.landing - found.before) * period_s
    left, right = (
        mean_per_episode(time[found.foot == foot], found.episode[found.foot == foot], alive.shape[1]) for foot in (0, 1)
    )
    return np.abs(left - right) / ((left + right) / 2.0)


def foot_clearance_m(
    load_N: Float[np.ndarray, "T E 2"],
    clearance_m: Float[np.ndarray, "T E 2"],
    alive: Bool[np.ndarray, "T E"],
    period_s: float,
) -> Float[np.ndarray, " E"]:
    """Median over an episode's swings of the largest height [m] of the sole's lowest corner."""
    found = steps.all_swings(load_N, alive, period_s)
    return median_per_episode(steps.clearances_m(found, clearance_m, alive), found.episode, alive.shape[1])


def stance_slip_m_per_s(
    load_N: Float[np.ndarray, "T E 2"],
    foot_velocity_m_per_s: Float[np.ndarray, "T E 2 2"],
    alive: Bool[np.ndarray, "T E"],
    period_s: float,
) -> Float[np.ndarray, " E"]:
    """Mean horizontal speed [m/s] of the soles' centres while they are on the ground, after 2 s.

    A sole that rolls over its edge also moves a little at its centre.
    """
    stance = _on_ground(load_N) & settled(alive, period_s)[..., None]
    return mean_over_time(np.hypot(foot_velocity_m_per_s[..., 0], foot_velocity_m_per_s[..., 1]), stance)


def _on_ground(load_N: Float[np.ndarray, "T E 2"]) -> Bool[np.ndarray, "T E 2"]:
    return load_N > steps.CONTACT_N
