"""The robots and floors that can be chosen while the robot walks, computed once: a choice is an index into the bank."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wildrobot.experiment import EnvConfig
from wildrobot.physics.config import VariantsConfig
from wildrobot.physics.variants import VariantBank, chosen_variants, tilted
from wildrobot.robot import Robot

ROBOTS = ("nominal", "slippery floor", "heavy", "light", "weak servos", "leans forward", "leans back")
"""Each but the first is at one end of a range that robots are drawn from in training."""

TILTS_DEG = (-3.0, -1.5, 0.0, 1.5, 3.0)
"""Tilts of the floor to choose from, about each of its two axes."""


def make_bank(robot: Robot, config: EnvConfig) -> VariantBank:
    """Every robot of `ROBOTS` on every floor, the floors of a robot in a row."""
    choices = _choices(config.variants)
    tilts = [(ahead, left) for ahead in TILTS_DEG for left in TILTS_DEG]
    return tilted(robot, chosen_variants(robot, choices), np.deg2rad(tilts))


def variant_index(robot: int, tilt_deg: tuple[float, float]) -> int:
    """The place of a robot on a floor in the bank."""
    ahead, left = (int(np.argmin(np.abs(np.array(TILTS_DEG) - tilt))) for tilt in tilt_deg)
    return (robot * len(TILTS_DEG) + ahead) * len(TILTS_DEG) + left


def _choices(ranges: VariantsConfig) -> Sequence[dict[str, float]]:
    named: dict[str, dict[str, float]] = {
        "nominal": {},
        "slippery floor": {"friction": ranges.friction[0]},
        "heavy": {"mass_scale": ranges.mass_scale[1]},
        "light": {"mass_scale": ranges.mass_scale[0]},
        "weak servos": {"gain_scale": ranges.gain_scale[0]},
        "leans forward": {"com_x_m": ranges.com_offset_m[1]},
        "leans back": {"com_x_m": ranges.com_offset_m[0]},
    }
    return [named[name] for name in ROBOTS]
