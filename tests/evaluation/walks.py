"""A made-up walk that can be drawn and filmed."""

import dataclasses

import numpy as np

from tests.evaluation import recordings
from wildrobot.evaluation.play.episodes import Episodes

PERIOD_S = 0.02


def walk(robot, cycle_s: float | None = 0.8, seconds=4.0, fall=None, command=0.2) -> Episodes:
    """Home, carried forward at 0.2 m/s, with feet that lift in turn; none lifts where `cycle_s` is None.

    Of two episodes the first, which is drawn, falls at the sample `fall`.
    """
    samples = round(seconds / PERIOD_S) + 1
    times = np.arange(samples) * PERIOD_S
    qpos = np.tile(robot.home_qpos.astype(np.float32), (samples, 1))
    qpos[:, 0] += 0.2 * times
    load = np.full((samples, 1, 2), 20.0)
    if cycle_s:
        load[times % cycle_s < 0.3 * cycle_s, :, 0] = 0.0
        load[(times + cycle_s / 2) % cycle_s < 0.3 * cycle_s, :, 1] = 0.0
    played = recordings.recording(
        samples, 2, command=(command, 0.0, 0.0), period_s=PERIOD_S, position_m=qpos[:, None, :2],
        velocity_m_per_s=(0.2, 0.0), foot_load_N=load, falls=None if fall is None else {0: fall},
    )  # fmt: skip
    return dataclasses.replace(played, film_qpos=qpos)
