"""What a runtime on the robot must know of a policy: all of `policy_spec.json`.

It is complete: a runtime forms the observation and the joint targets from this document, the sensors and a velocity
command alone. Arrays per joint are in actuator order.
"""

from __future__ import annotations

from typing import Any

from wildrobot import __version__
from wildrobot.errors import UsageError
from wildrobot.policy import onnx_file
from wildrobot.policy.interface import CommandInterface
from wildrobot.policy.policy import Policy
from wildrobot.robot import Robot
from wildrobot.task.entries import ACTOR
from wildrobot.task.observation import HISTORY

CONTRACT, CONTRACT_VERSION = "wildrobot-policy-bundle", 2


def specification(policy: Policy, robot: Robot, *, model_file: str, mjcf_file: str) -> dict[str, Any]:
    """The document, as a JSON tree.

    Args:
      policy: must fit the robot (`check_fits`).
      robot: what it plays.
      model_file, mjcf_file: names of the files beside it.

    Raises:
      UsageError: for an observation that this program does not know.
    """
    interface = policy.interface
    action = interface.action
    return {
        "contract": CONTRACT,
        "contract_version": CONTRACT_VERSION,
        "model": {
            "format": "onnx",
            "file": model_file,
            "opset": onnx_file.OPSET,
            "input": _tensor(onnx_file.INPUT, interface.observation_size),
            "output": _tensor(onnx_file.OUTPUT, interface.action_size),
        },
        "robot": {
            "mjcf": mjcf_file,
            "frames": "x forward, y left, z up; quaternions are (w, x, y, z) and rotate from the body into the world",
            "imu_site": robot.description.imu.site,
            "joints": "names, zeros and signs of angles are those of the MJCF's joints",
            "actuator_names": list(action.joint_names),
            "min_rad": list(action.lower_rad),
            "max_rad": list(action.upper_rad),
            "max_velocity_rad_per_s": [float(robot.no_load_speed_rad_per_s)] * interface.action_size,
            "home_targets_rad": list(action.home_rad),
        },
        "observation": [_observed(name, size) for name, size in interface.observation_layout],
        "history": {
            "steps": interface.history.steps,
            "entries": list(interface.history.entries),
            "order": "newest first: the entries as they were observed one tick ago, then two ticks ago, and so on",
            "first_tick": "before the first tick, the values observed at the first tick, at every step",
        },
        "action": {
            "size": interface.action_size,
            "bounds": [-1.0, 1.0],
            "base_pose_rad": list(action.home_rad),
            "scale_rad": list(action.scale_rad),
            "targets": "joint targets [rad] = clip(base_pose_rad + scale_rad * action, robot.min_rad, robot.max_rad)",
            "filter": "none",
            "delay": "none: see latency",
        },
        "command": _command(interface.command),
        "gait_clock": {
            "frequency_hz": interface.gait_clock.frequency_hz,
            "start_phase": 0.0,
            "rule": "first tick: phase = start_phase; each later tick, before the observation is formed: while "
            "standing, phase = 0 if phase < 0.5 else 0.5; otherwise phase = (phase + frequency_hz * control_period_s) "
            "mod 1; the left foot swings at the start of the cycle, the right one half a cycle later",
        },
        "rates": {"control_period_s": action.control_period_s},
        "latency": {
            "latency_steps": list(action.latency_steps),
            "joint_period_steps": [list(period) for period in interface.sensing.joint_period_steps],
            "rule": "send the targets at once and add no delay: in training they took effect latency_steps control "
            "periods after the tick; give the newest reading of each joint, however old: in training each joint was "
            "read every joint_period_steps control periods, and held in between; ranges are [least, greatest]",
        },
        "provenance": {
            "framework": policy.info.framework,
            "environment_steps": policy.info.environment_steps,
            "seed": policy.info.seed,
            "trained_with_wildrobot": policy.info.code_version,
            "exported_with_wildrobot": __version__,
            "robot_digest": interface.robot_digest,
            "policy_sha256": policy.sha256,
        },
    }


def _tensor(name: str, size: int) -> dict[str, Any]:
    return {"name": name, "type": "float32", "shape": [1, size]}


def _observed(name: str, size: int) -> dict[str, Any]:
    if name == HISTORY:
        return {
            "name": name,
            "size": size,
            "frame": "of the entries",
            "units": "of the entries",
            "formed": "see history",
        }
    if name not in ACTOR:
        raise UsageError(
            f"no robot can form the observation {name!r}, only {', '.join(ACTOR)}; play the policy with the wildrobot "
            "that made it, or train it again"
        )
    entry = ACTOR[name]
    return {"name": name, "size": size, "frame": entry.frame, "units": entry.units, "formed": entry.formula}


def _command(command: CommandInterface) -> dict[str, Any]:
    ranges = (command.vx_m_per_s, command.vy_m_per_s, command.yaw_rate_rad_per_s)
    hold = {
        "enabled": command.heading_hold,
        "gain_per_s": command.heading_gain_per_s,
        "limit_rad_per_s": command.heading_limit_rad_per_s,
        "heading": "of the IMU's orientation (w, x, y, z): atan2(2 (w z + x y), 1 - 2 (y y + z z))",
        "rule": "first tick: goal = heading; each later tick, before the observation is formed: while standing, "
        "goal = heading; otherwise goal = goal + yaw rate * control_period_s; then, if enabled and not standing, "
        "yaw rate asked for now = yaw rate + clip(gain_per_s * wrap(goal - heading), -limit_rad_per_s, "
        "limit_rad_per_s), wrap to [-pi, pi); while standing, with hold enabled, 0; not enabled, the yaw rate itself",
    }
    return {
        "entries": ["vx_m_per_s", "vy_m_per_s", "yaw_rate_rad_per_s"],
        "trained_min": [low for low, _ in ranges],
        "trained_max": [high for _, high in ranges],
        "standing_below": command.standing_below,
        "standing": "the robot is standing while each component's absolute value is below standing_below",
        "heading_hold": hold,
    }
