"""An open-loop test of the physics, 5 s of standing and 5 s of stepping in place, without any policy.

It compares one compiled model with another: the same servo targets, held for 20 ms each, from the same starts. The
stepping pattern is one that forgets its start (perturbed robots fall into the same step), so small differences
between two models do not grow, and what is left is what the models do differently.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import mujoco
import numpy as np
from mujoco import rollout

from wildrobot.robot import Robot

CONTROL_PERIOD_S = 0.02
DURATION_S = 5.0
ROBOTS = 8
FREQUENCY_HZ = 1.4
RAMP_S = 1.0
FIRST_CYCLE, LAST_CYCLE = 2, 7  # the gait cycles whose apexes count: after the ramp, up to the end
STATE = mujoco.mjtState.mjSTATE_FULLPHYSICS


@dataclass(frozen=True)
class Motion:
    """What `ROBOTS` robots did in 5 s. Shapes are (robots, control steps, components).

    Attributes:
        base_height_m: height of the pelvis, 1 component.
        tilt: forward and lateral component of the gravity direction in the base frame, 2 components.
        joints_rad: joint angles in actuator order, 17 components.
        foot_height_m: height of the left and right sole's centre, 2 components.
        foot_load_N: normal load of the left and right foot, averaged over each control step, 2 components.
        torque_Nm: servo torques at every physics step; (robots, physics steps, 17).
        apex_m: highest point of the soles above the floor, mean over robots, feet and gait cycles.
        travel_m: final base position, forward and left; (robots, 2).
    """

    base_height_m: np.ndarray
    tilt: np.ndarray
    joints_rad: np.ndarray
    foot_height_m: np.ndarray
    foot_load_N: np.ndarray
    torque_Nm: np.ndarray
    apex_m: float
    travel_m: np.ndarray


@dataclass(frozen=True)
class Test:
    """The two motions of one model."""

    __test__ = False  # pytest would take it for a test class

    standing: Motion
    stepping: Motion


def run_test(model: mujoco.MjModel, robot: Robot) -> Test:
    """Play both motions on `model`, which must have the joints and sensors of `robot`."""
    return Test(
        standing=_play(model, robot, np.tile(robot.home_targets_rad, (_control_steps(), 1)), push=1.0),
        stepping=_play(model, robot, stepping_targets(robot), push=0.3),
    )


def stepping_targets(robot: Robot) -> np.ndarray:
    """Servo targets that lift the feet in turn by 15 mm on average, shape (control steps, 17), in rad.

    The hips and ankles roll the robot over the standing foot; hip, knee and ankle pitch shorten the other leg.
    """
    lift_rad, sway_rad, sway_lead_rad = 0.2, 0.08, 0.3
    column = {name: i for i, name in enumerate(robot.joint_names)}
    time_s = np.arange(_control_steps()) * CONTROL_PERIOD_S
    amplitude = np.clip(time_s / RAMP_S, 0.0, 1.0)
    phase_rad = 2 * np.pi * FREQUENCY_HZ * time_s
    roll = -amplitude * sway_rad * np.sin(phase_rad + sway_lead_rad)
    targets = np.tile(robot.home_targets_rad, (len(time_s), 1))
    # The axes of the two hip pitch joints point in opposite directions; those of knees and ankles do not.
    for side, turn, hip_sign in (("left", 1.0, 1.0), ("right", -1.0, -1.0)):
        lift = amplitude * lift_rad * np.maximum(0.0, turn * np.sin(phase_rad))
        targets[:, column[f"{side}_hip_pitch"]] += hip_sign * lift
        targets[:, column[f"{side}_knee_pitch"]] += 2 * lift
        targets[:, column[f"{side}_ankle_pitch"]] -= lift
        targets[:, column[f"{side}_hip_roll"]] += roll
        targets[:, column[f"{side}_ankle_roll"]] -= roll
    return targets


def initial_states(robot: Robot, count: int, push: float) -> np.ndarray:
    """Home pose with base velocities up to `push` times 0.1 m/s (horizontal) and 0.2 rad/s; (count, state size)."""
    data = mujoco.MjData(robot.model)
    mujoco.mj_resetDataKeyframe(robot.model, data, robot.model.key("home").id)
    state = np.empty(mujoco.mj_stateSize(robot.model, STATE))
    mujoco.mj_getState(robot.model, data, state, STATE)
    states = np.tile(state, (count, 1))
    first_velocity = 1 + robot.model.nq  # a state is time, qpos, qvel
    largest = np.array([0.1, 0.1, 0.0, 0.2, 0.2, 0.2])
    draws = np.random.default_rng(0).uniform(-1.0, 1.0, (count, 6))
    states[:, first_velocity : first_velocity + 6] = push * largest * draws
    return states


def substeps(model: mujoco.MjModel) -> int:
    """Physics steps in one control period."""
    return round(CONTROL_PERIOD_S / model.opt.timestep)


def deviations(test: Test, reference: Test) -> dict[str, float]:
    """Relative deviation of a test from the reference, by quantity; the larger of standing and stepping.

    A trajectory's deviation is the RMS difference over time, robots and components, as a fraction of the range that
    the quantity covers in the reference. A number's deviation is a fraction of the reference's number.
    """
    result = {
        "base height": _trajectory_deviation("base_height_m", test, reference),
        "tilt": _trajectory_deviation("tilt", test, reference),
        "joints": _trajectory_deviation("joints_rad", test, reference),
        "foot height": _trajectory_deviation("foot_height_m", test, reference),
        "mean load": _number_deviation(lambda motion: float(np.mean(_settled(motion.foot_load_N))), test, reference),
        "RMS torque": _number_deviation(lambda motion: float(np.sqrt(np.mean(motion.torque_Nm**2))), test, reference),
        "step apex": _relative(test.stepping.apex_m, reference.stepping.apex_m),
    }
    for name, quantity in (("height", "base_height_m"), ("tilt", "tilt"), ("load", "foot_load_N")):
        amplitudes = [_amplitude(getattr(each.stepping, quantity)) for each in (test, reference)]
        result[f"{name} amplitude"] = _relative(*amplitudes)
    return result


def sensitive_deviations(test: Test, reference: Test) -> dict[str, float]:
    """What an open-loop test cannot pin down, for information: instants of touch-down, small rocking, slipping."""
    pitch = [_amplitude(each.stepping.tilt[..., :1]) for each in (test, reference)]
    forward_m = [float(each.stepping.travel_m[:, 0].mean()) for each in (test, reference)]
    return {
        "load at each instant": _trajectory_deviation("foot_load_N", test, reference),
        "pitch amplitude": _relative(*pitch),
        "forward drift": _relative(*forward_m),
    }


def _control_steps() -> int:
    return round(DURATION_S / CONTROL_PERIOD_S)


def _play(model: mujoco.MjModel, robot: Robot, targets_rad: np.ndarray, push: float) -> Motion:
    steps = substeps(model)
    control = np.tile(np.repeat(targets_rad, steps, axis=0), (ROBOTS, 1, 1))
    states, sensors = rollout.rollout(model, mujoco.MjData(model), initial_states(robot, ROBOTS, push), control)
    qpos = states[:, steps - 1 :: steps, 1 : 1 + model.nq]
    w, x, y, z = np.moveaxis(qpos[..., 3:7], -1, 0)
    sides = ("left", "right")
    height_m = np.stack([sensors[..., robot.sensors[f"{side}_foot_position"]][..., 2] for side in sides], axis=-1)
    load_N = np.stack([sensors[..., robot.sensors[f"{side}_foot_load"]][..., 0] for side in sides], axis=-1)
    return Motion(
        base_height_m=qpos[..., 2:3],
        tilt=np.stack([2 * (w * y - x * z), -2 * (w * x + y * z)], axis=-1),
        joints_rad=qpos[..., robot.qpos_index],
        foot_height_m=height_m[:, steps - 1 :: steps],
        foot_load_N=load_N.reshape(ROBOTS, -1, steps, 2).mean(axis=2),
        torque_Nm=sensors[..., robot.torques],
        apex_m=_mean_apex(height_m, model.opt.timestep),
        travel_m=qpos[:, -1, :2],
    )


def _mean_apex(height_m: np.ndarray, timestep_s: float) -> float:
    ends = np.round(np.arange(FIRST_CYCLE, LAST_CYCLE + 1) / FREQUENCY_HZ / timestep_s).astype(int)
    return float(np.mean([height_m[:, start:end].max(axis=1) for start, end in pairwise(ends)]))


def _settled(trajectory: np.ndarray) -> np.ndarray:
    return trajectory[:, round(RAMP_S / CONTROL_PERIOD_S) :]


def _amplitude(trajectory: np.ndarray) -> float:
    """Standard deviation over time and robots, all components together."""
    return float(np.sqrt(np.var(_settled(trajectory), axis=(0, 1)).sum()))


def _trajectory_deviation(quantity: str, test: Test, reference: Test) -> float:
    pairs = [
        (getattr(test.standing, quantity), getattr(reference.standing, quantity)),
        (getattr(test.stepping, quantity), getattr(reference.stepping, quantity)),
    ]
    covered = np.ptp(np.concatenate([expected for _, expected in pairs], axis=1), axis=(0, 1))
    largest = max(np.sqrt(np.mean((actual - expected) ** 2)) for actual, expected in pairs)
    return float(largest / np.sqrt(np.mean(covered**2)))


def _number_deviation(number: Callable[[Motion], float], test: Test, reference: Test) -> float:
    return max(
        _relative(number(test.standing), number(reference.standing)),
        _relative(number(test.stepping), number(reference.stepping)),
    )


def _relative(value: float, expected: float) -> float:
    return float(abs(value / expected - 1.0))
