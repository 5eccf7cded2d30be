"""What a fit looks for: one row per parameter.

What is known before a log is read is that the servo is about the one of the MJCF. A fit takes that as a normal
distribution around the nominal value; a log tells a parameter if it leaves less than a third of that width.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from mujoco import sysid

from wildrobot.identification.joint import Servo


class Row(NamedTuple):
    """One parameter; all but `name` and `unit` are in units of `scale`.

    Attributes:
      name: a field of `Servo`.
      unit: of its value.
      scale: of the numbers here; None: the joint's nominal value.
      prior: what is expected before the log is read,
      width: and its standard deviation.
      low, high: what is possible at all.
    """

    name: str
    unit: str
    scale: float | None
    prior: float
    width: float
    low: float
    high: float


ROWS = (
    # Two control steps, give or take.
    Row("delay_s", "s", 0.02, 2.0, 2.5, 0.0, 12.0),
    Row("kp", "N m/rad", None, 1.0, 0.5, 0.1, 5.0),
    Row("kv", "N m s/rad", None, 1.0, 1.0, 0.0, 10.0),
    Row("damping", "N m s/rad", None, 1.0, 0.5, 0.0, 10.0),
    Row("frictionloss", "N m", None, 1.0, 3.0, 0.0, 40.0),
    Row("armature", "kg m²", None, 1.0, 0.5, 0.05, 5.0),
    Row("zero_rad", "rad", 0.02, 0.0, 2.5, -15.0, 15.0),
    # 0.02 to 0.10 rad is what is assumed of these gears.
    Row("play_rad", "rad", 0.05, 0.8, 1.0, 0.0, 6.0),
)
NAMES = tuple(row.name for row in ROWS)
PRIORS = np.array([row.prior for row in ROWS])
WIDTHS = np.array([row.width for row in ROWS])


def scales(nominal: Servo) -> Float[np.ndarray, " parameters"]:
    """The unit of each parameter in the optimiser, where all are about 1."""
    return np.array([row.scale if row.scale is not None else getattr(nominal, row.name) for row in ROWS])


def parameter_dict(start: Float[np.ndarray, " parameters"]) -> sysid.ParameterDict:
    """The parameters in units of their scales, for MuJoCo's optimiser."""
    parameters = sysid.ParameterDict()
    for row, value in zip(ROWS, start, strict=True):
        parameters.add(sysid.Parameter(row.name, float(value), row.low, row.high))
    # From a bound, the optimiser may not come away.
    parameters.move_off_bounds()
    return parameters
