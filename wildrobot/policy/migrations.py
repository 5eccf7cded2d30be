"""Policy files of older versions: from each version to the next, header tree and arrays in, header tree and arrays out.

The checksum of an older file is checked on the file as it was written, before any of this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Header = dict[str, Any]
Arrays = Mapping[str, np.ndarray]

_LEAST_LOG_STD = -10.0
"""Logarithm of the deviation of actions that hardly vary: exp(-10) = 0.00005."""


def migrated(version: int, header: Header, arrays: Arrays) -> tuple[Header, Arrays]:
    """Header and arrays of this program's version.

    Raises:
      KeyError, IndexError, TypeError, ValueError: for a header that is not of its version.
    """
    for migrate in _STEPS[version - 1 :]:
        header, arrays = migrate(header, arrays)
    return header, arrays


def _from_1_to_2(header: Header, arrays: Arrays) -> tuple[Header, Arrays]:
    """Version 1 held the mean action alone: the drawn one is the same, but for a deviation of 0.00005."""
    kernel = arrays[f"layer_{header['layer_count'] - 1}.kernel"]
    noise = {
        "noise.kernel": np.zeros_like(kernel),
        "noise.bias": np.full(kernel.shape[1], _LEAST_LOG_STD, np.float32),
    }
    return header | {"noise_transform": "exp"}, {**arrays, **noise}


def _from_2_to_3(header: Header, arrays: Arrays) -> tuple[Header, Arrays]:
    """Version 2 said what a policy needs to be played in parts of the training's configuration."""
    info = dict(header["info"])
    action, task = dict(info.pop("action")), info["env_config"]["task"]
    delay_steps = action.pop("delay_steps")
    command = {name: task["command"][name] for name in _COMMAND}
    interface = {
        "robot": "wildrobot",  # the only one that there was
        "robot_digest": info.pop("robot_digest"),
        "observation_layout": info.pop("observation_layout"),
        "history": {"steps": 0, "entries": []},
        "action": action | {"latency_steps": [delay_steps, delay_steps]},
        "command": command
        | {
            "standing_below": 0.02,  # as it was for every policy of that version
            "heading_limit_rad_per_s": max(abs(bound) for bound in command["yaw_rate_rad_per_s"]),
        },
        "gait_clock": {"frequency_hz": task["gait"]["frequency_hz"]},
        "sensing": {"joint_period_steps": [[1, 1]] * len(action["joint_names"])},
    }
    return header | {"interface": interface, "info": info}, arrays


def _from_3_to_4(header: Header, arrays: Arrays) -> tuple[Header, Arrays]:
    """Version 3 did not say how a policy was trained."""
    return header | {"info": header["info"] | {"training": None}}, arrays


_COMMAND = ("vx_m_per_s", "vy_m_per_s", "yaw_rate_rad_per_s", "heading_hold", "heading_gain_per_s")

_STEPS: tuple[Callable[[Header, Arrays], tuple[Header, Arrays]], ...] = (_from_1_to_2, _from_2_to_3, _from_3_to_4)

VERSION = 1 + len(_STEPS)
"""The version that this program writes."""
