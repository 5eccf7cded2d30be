"""Fits the parameters of one joint to logs of it.

What is minimised is the sum of ((predicted - read) / noise)^2 over the new readings, and of
((parameter - prior) / width)^2: the most probable parameters, where noise is normal and its size is estimated, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from wildrobot.identification import joint, parameters
from wildrobot.identification.bench import ENCODER_NOISE_RAD, Bench
from wildrobot.identification.intervals import intervals
from wildrobot.identification.joint import Servo
from wildrobot.identification.log import JointLog
from wildrobot.robot import Robot

_CLOCK_S = 0.001
"""How well time stamps say when commands went out and readings came in; the delay's interval holds it."""


class Fit(NamedTuple):
    """Parameters of one joint.

    Attributes:
      servo: the parameters.
      low, high: bounds of their 95 % intervals.
      told: names of those that the logs tell; the intervals of the others are mostly what was expected before.
      nominal: those of the MJCF.
      noise_rad: standard deviation of what was read from what the model reads.
      logs: that were fitted,
      curves: and for each, times [s] and what the model reads [rad].
    """

    servo: Servo
    low: Servo
    high: Servo
    told: frozenset[str]
    nominal: Servo
    noise_rad: float
    logs: tuple[JointLog, ...]
    curves: tuple[tuple[Float[np.ndarray, " times"], Float[np.ndarray, " times"]], ...]

    @property
    def joint_name(self) -> str:
        return self.logs[0].joint_name


def fit(robot: Robot, logs: Sequence[JointLog]) -> Fit:
    """Fits all logs of one joint together.

    Raises:
      UsageError: for a log with too few new readings.
    """
    name = logs[0].joint_name
    nominal = joint.nominal_servo(robot, name)
    bench = Bench(joint.limb(robot, name), nominal, logs)
    x = min((bench.optimized(start) for start in _starts(bench, logs[0].period_s)), key=bench.cost)
    # The noise is estimated from what is left, and weighs the readings against what is expected.
    for _ in range(2):
        left = bench.residuals(x[:, None])[: bench.starts[-1], 0] * bench.noise_rad
        free = max(len(left) - len(x), 1)
        bench.noise_rad = max(float(np.sqrt(np.sum(np.square(left)) / free)), ENCODER_NOISE_RAD)
        x = bench.optimized(x)
    found = intervals(bench.residuals, x, bench.starts)
    low, high = Servo(*(found.low * bench.scales)), Servo(*(found.high * bench.scales))
    return Fit(
        servo=Servo(*(found.middle * bench.scales)),
        low=low._replace(delay_s=max(low.delay_s - _CLOCK_S, 0.0)),
        high=high._replace(delay_s=high.delay_s + _CLOCK_S),
        told=frozenset(name for name, told in zip(parameters.NAMES, found.told, strict=True) if told),
        nominal=nominal,
        noise_rad=bench.noise_rad,
        logs=tuple(logs),
        curves=tuple(bench.curve(found.middle, log) for log in logs),
    )


def _starts(bench: Bench, command_period_s: float) -> list[Float[np.ndarray, " parameters"]]:
    """The best of a grid, in each of the two best ranges of delay.

    A reading follows its command at once while the servo takes up the play, so the residuals jump where a delay moves a
    command from after a reading to before it: each range between two jumps has a valley of its own.
    """
    delays_s, gains, plays = np.arange(0.0025, 0.15, 0.005), (0.5, 0.75, 1.0, 1.4, 2.0), (0.2, 0.8, 1.6, 2.4)
    grid = np.meshgrid(delays_s / bench.scales[0], gains, plays, indexing="ij")
    x = np.repeat(parameters.PRIORS[:, None], grid[0].size, axis=1)
    for name, values in zip(("delay_s", "kp", "play_rad"), grid, strict=True):
        x[parameters.NAMES.index(name)] = values.ravel()
    best: dict[int, int] = {}
    for column in np.argsort(np.sum(np.square(bench.residuals(x)), axis=0)):
        best.setdefault(int(x[0, column] * bench.scales[0] / command_period_s), int(column))
    return [x[:, column] for column in list(best.values())[:2]]
