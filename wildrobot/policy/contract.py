"""What a runtime on the robot must know of a policy: all of `policy_spec.json`.

It is complete: a runtime forms the observation and the joint targets from this document, the sensors and a velocity
command alone. Arrays per joint are in actuator order.
"""

from __future__ import annotations

from typing import Any

from wildrobot import __version__
from wildrobot.errors import UsageError
from wildrobot.policy import onnx_file
from wildrobot.policy.policy import Policy
from wildrobot.robot import NO_LOAD_SPEED_RAD_PER_S
from wildrobot.task.command import STANDING_BELOW
from wildrobot.task.config import CommandConfig

CONTRACT, CONTRACT_VERSION = "wildrobot-policy-bundle", 1

_IMU_SITE = "chest_imu"

# Frame, units, and how the entries are formed.
_OBSERVED = {
    "gyro": ("imu", "rad/s", "angular velocity that the gyro measures (x, y, z)"),
    "gravity": (
        "imu",
        "1",
        "direction of gravity: with the IMU's orientation (w, x, y, z), "
        "(2 (w y - x z), -2 (y z + w x), 2 (x x + y y) - 1); upright (0, 0, -1)",
    ),
    "joint_angle": ("joint", "rad", "measured angle minus action.base_pose_rad"),
    "joint_velocity": ("joint", "rad/s", "measured velocity"),
    "last_action": ("joint", "1", "the model's output of the tick before; zeros at the first tick"),
    "command": ("heading", "m/s, m/s, rad/s", "(vx, vy, yaw rate asked for now): see command"),
    "gait_clock": ("none", "1", "(cos 2 pi phase, sin 2 pi phase), and zeros while standing: see gait_clock"),
}


def specification(policy: Policy, *, model_file: str, mjcf_file: str) -> dict[str, Any]:
    """The document, as a JSON tree.

    Args:
      policy: must fit this version of wildrobot (`check_fits`).
      model_file, mjcf_file: names of the files beside it.

    Raises:
      UsageError: for an observation that it has no words for.
    """
    action, task = policy.info.action, policy.env_config().task
    return {
        "contract": CONTRACT,
        "contract_version": CONTRACT_VERSION,
        "model": {
            "format": "onnx",
            "file": model_file,
            "opset": onnx_file.OPSET,
            "input": _tensor(onnx_file.INPUT, policy.info.observation_size),
            "output": _tensor(onnx_file.OUTPUT, policy.info.action_size),
        },
        "robot": {
            "mjcf": mjcf_file,
            "frames": "x forward, y left, z up; quaternions are (w, x, y, z) and rotate from the body into the world",
            "imu_site": _IMU_SITE,
            "joints": "names, zeros and signs of angles are those of the MJCF's joints",
            "actuator_names": list(action.joint_names),
            "min_rad": list(action.lower_rad),
            "max_rad": list(action.upper_rad),
            "max_velocity_rad_per_s": [NO_LOAD_SPEED_RAD_PER_S] * len(action.joint_names),
            "home_targets_rad": list(action.home_rad),
        },
        "observation": _observation(policy),
        "action": {
            "size": policy.info.action_size,
            "bounds": [-1.0, 1.0],
            "base_pose_rad": list(action.home_rad),
            "scale_rad": list(action.scale_rad),
            "targets": "joint targets [rad] = clip(base_pose_rad + scale_rad * action, robot.min_rad, robot.max_rad)",
            "filter": "none",
            "delay_steps": action.delay_steps,
        },
        "command": _command(task.command),
        "gait_clock": {
            "frequency_hz": task.gait.frequency_hz,
            "start_phase": 0.0,
            "rule": "first tick: phase = start_phase; each later tick, before the observation is formed: while "
            "standing, phase = 0 if phase < 0.5 else 0.5; otherwise phase = (phase + frequency_hz * control_period_s) "
            "mod 1; the left foot swings at the start of the cycle, the right one half a cycle later",
        },
        "rates": {"control_period_s": action.control_period_s},
        "latency": {
            "trained_sensor_delay_steps": 0,
            "rule": "send the targets at once and add no delay: in training they took effect action.delay_steps "
            "control periods after the tick, as they do on the robot",
        },
        "provenance": {
            "framework": policy.info.framework,
            "environment_steps": policy.info.environment_steps,
            "seed": policy.info.seed,
            "trained_with_wildrobot": policy.info.code_version,
            "exported_with_wildrobot": __version__,
            "robot_digest": policy.info.robot_digest,
            "policy_sha256": policy.sha256,
        },
    }


def _tensor(name: str, size: int) -> dict[str, Any]:
    return {"name": name, "type": "float32", "shape": [1, size]}


def _observation(policy: Policy) -> list[dict[str, Any]]:
    entries = []
    for name, size in policy.info.observation_layout:
        if name not in _OBSERVED:
            raise UsageError(
                f"the exporter has no words for the observation {name!r}, only for {', '.join(_OBSERVED)}; "
                "describe it in wildrobot/policy/contract.py"
            )
        frame, units, formed = _OBSERVED[name]
        entries.append({"name": name, "size": size, "frame": frame, "units": units, "formed": formed})
    return entries


def _command(config: CommandConfig) -> dict[str, Any]:
    hold = {
        "enabled": config.heading_hold,
        "gain_per_s": config.heading_gain_per_s,
        "limit_rad_per_s": max(abs(bound) for bound in config.yaw_rate_rad_per_s),
        "heading": "of the IMU's orientation (w, x, y, z): atan2(2 (w z + x y), 1 - 2 (y y + z z))",
        "rule": "first tick: goal = heading; each later tick, before the observation is formed: while standing, "
        "goal = heading; otherwise goal = goal + yaw rate * control_period_s; then, if enabled and not standing, "
        "yaw rate asked for now = yaw rate + clip(gain_per_s * wrap(goal - heading), -limit_rad_per_s, "
        "limit_rad_per_s), wrap to [-pi, pi); while standing, with hold enabled, 0; not enabled, the yaw rate itself",
    }
    return {
        "entries": ["vx_m_per_s", "vy_m_per_s", "yaw_rate_rad_per_s"],
        "trained_min": [low for low, _ in (config.vx_m_per_s, config.vy_m_per_s, config.yaw_rate_rad_per_s)],
        "trained_max": [high for _, high in (config.vx_m_per_s, config.vy_m_per_s, config.yaw_rate_rad_per_s)],
        "standing_below": STANDING_BELOW,
        "standing": "the robot is standing while each component's absolute value is below standing_below",
        "heading_hold": hold,
    }
