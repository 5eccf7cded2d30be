"""Configurations that older versions wrote, in the newest shape: plain trees in, plain trees out.

A file of `configs/` and the `config.yaml` of a run folder say `version`. To change the shape of a section: add one to
`VERSION`, and a function from the version before to `_STEPS`. What the older version did not know gets the
value that it behaved by, whatever the default is now. A file of version 2 or later may leave sections and fields out.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from wildrobot.errors import UsageError

VERSION = 2
"""The version of the configurations that this program writes."""

Tree = dict[str, Any]


def migrate(tree: Tree, source: str) -> Tree:
    """An experiment, as its file holds it, in the newest version.

    Args:
      tree: with its `version`; a file without one is of version 1, where every field of `env` had to be given.
      source: where it comes from.

    Raises:
      UsageError: for a newer version than this program's, and for a file that should say its version.
    """
    migrated = copy.deepcopy(tree)
    for version in range(_version(tree, source), VERSION):
        try:
            migrated = _STEPS[version](migrated)
        except (KeyError, AttributeError) as error:
            raise UsageError(f"{source}: is no configuration of version {version} ({error!r})") from None
    return migrated | {"version": VERSION}


def _version(tree: Tree, source: str) -> int:
    if "version" not in tree:
        if "delay_steps" not in _at(tree, "env", "task", "action"):
            raise UsageError(
                f"{source}: does not say its version; write `version: {VERSION}` at its top (a file without one is "
                "taken for one of version 1, which must give every field of env)"
            )
        return 1
    version = tree["version"]
    if type(version) is not int or version < 1:
        raise UsageError(f"{source}: version must be an integer from 1 to {VERSION}, not {version!r}")
    if version > VERSION:
        raise UsageError(
            f"{source}: is of version {version}, and this wildrobot reads versions up to {VERSION}; use a newer "
            "wildrobot, or write the file again with this one"
        )
    return version


def _at(tree: Any, *path: str) -> Tree:
    """The section at a path, empty if there is none."""
    for name in path:
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree if isinstance(tree, dict) else {}


_WIDTHS = (
    ("velocity", "width_m_per_s", "velocity_width_m_per_s"),
    ("yaw_rate", "width_rad_per_s", "yaw_rate_width_rad_per_s"),
    ("heading", "width_rad", "heading_width_rad"),
    ("foot_height", "width_m", "foot_height_width_m"),
    ("feet_close", "least_gap_m", "least_foot_gap_m"),
    ("pose", "joint_weights", "pose_weights"),
)
"""Reward term, its parameter, and the field of `reward` that held it in version 1."""
_NOISE = {
    "gyro": "gyro_noise_rad_per_s",
    "gravity": "gravity_noise",
    "joint_angle": "joint_angle_noise_rad",
    "joint_velocity": "joint_velocity_noise_rad_per_s",
}


def _from_1_to_2(tree: Tree) -> Tree:
    """A reward term becomes one row; latency is drawn from a range; sensing is a section of its own.

    Version 1 grew while files of it were written: `lean_rad`, `reference_starts` and `amp.reward` came later.
    """
    env = tree.get("env")
    if isinstance(env, dict):
        _at(env, "starts").setdefault("lean_rad", [0.0, 0.0])
        env.setdefault("reference_starts", {"share": 0.0, "clips": [], "seed": 0})
        env["robot"] = "wildrobot"  # the only one that there was
        _at(env, "physics")["torque_speed_line"] = False
        _at(env, "variants")["tilt_rad"] = 0.0
        if isinstance(env.get("task"), dict):
            _task_from_1_to_2(env["task"])
    _at(tree, "amp").setdefault("reward", "BOUNDED")
    _at(tree, "brax_ppo")["symmetric"] = False
    return tree


def _task_from_1_to_2(task: Tree) -> None:
    action, command, observation, reward = (_at(task, name) for name in ("action", "command", "observation", "reward"))
    delay_steps = action.pop("delay_steps")
    action["latency_steps"] = [delay_steps, delay_steps]
    command["sideways_share"] = 0.0
    task["sensing"] = {
        "joint_period_steps": {},
        "read_failure_share": 0.0,
        "imu_stale_share": 0.0,
        "play_rad": [0.0, 0.0],
        "joint_zero_error_rad": observation["joint_zero_error_rad"],
        "imu_tilt_rad": observation["tilt_error_rad"],
    }
    task["observation"] = {
        "noise": {entry: observation[name] for entry, name in _NOISE.items()},
        "history": {"steps": 0, "entries": ["gyro", "gravity", "last_action"]},
    }
    task["velocity_filter_s"] = reward["velocity_filter_s"]
    rows = {name: {"weight": weight} for name, weight in reward["weights"].items()}
    for term, parameter, name in _WIDTHS:
        if term in rows:
            rows[term][parameter] = reward[name]
    task["reward"] = rows


_STEPS: dict[int, Callable[[Tree], Tree]] = {1: _from_1_to_2}
"""By version: the step to the next one."""
