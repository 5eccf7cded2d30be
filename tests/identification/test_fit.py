"""Logs of a hidden robot: its true parameters lie within the 95 % intervals, and what a log cannot tell is refused."""

from pathlib import Path

import mujoco
import numpy as np
import pytest

from tests.identification import hidden_robot as hidden
from wildrobot.identification import joint, parameters
from wildrobot.identification.fit import fit
from wildrobot.identification.log import read_log
from wildrobot.robot import Robot, load_robot

JOINTS = ("left_hip_pitch", "left_knee_pitch", "right_ankle_pitch", "left_hip_roll", "right_knee_pitch")


@pytest.fixture(scope="module")
def robot() -> Robot:
    return load_robot()


def log_of(folder: Path, robot: Robot, joint_name: str, mode: str, command: np.ndarray, seed: int):
    """A log of a robot that the seed draws, and the truth about it."""
    rng = np.random.default_rng(seed)
    truth = hidden.draw_truth(rng)
    reading = hidden.Reading(period_steps=int(rng.integers(4, 8)))
    arrays = hidden.play_back(robot, joint_name, truth, command, reading, rng)
    path = hidden.write(folder, f"{joint_name}-{mode}-{seed}", joint_name, mode, arrays)
    return read_log(path, robot.joint_names), truth


@pytest.mark.parametrize("joint_name", ["left_hip_pitch", "left_shoulder_pitch"])
def test_the_bench_moves_as_mujoco_does(robot: Robot, joint_name: str) -> None:
    """Without play, the bench is one joint of the robot with its base and its other joints held."""
    model, index = robot.model.__copy__(), robot.joint_names.index(joint_name)
    model.opt.timestep = joint.TIMESTEP_S
    model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONTACT
    dof, qpos = robot.dof_index[index], robot.qpos_index[index]
    held = np.arange(model.nv) != dof
    # What is held moves by nothing: it is infinitely heavy.
    model.dof_armature[held] = 1e9
    data = mujoco.MjData(model)
    data.qpos[:] = robot.home_qpos
    data.qpos[qpos] = 0.0
    data.ctrl[:] = robot.home_targets_rad
    # Slow enough for the torque-speed line, which the MJCF's servos have not, to have no part in it.
    targets = 0.08 * np.sin(2.0 * np.pi * 1.5 * np.arange(1000) * joint.TIMESTEP_S)
    theirs = []
    for target in targets:
        theirs.append(float(data.qpos[qpos]))
        data.ctrl[index] = target
        mujoco.mj_step(model, data)
    servo = joint.nominal_servo(robot, joint_name)
    ours = joint.simulate(servo, joint.limb(robot, joint_name), targets)[:, 0]
    assert np.abs(np.array(theirs)).max() > 0.06
    np.testing.assert_allclose(ours, theirs, atol=1e-3)


@pytest.mark.parametrize(("joint_name", "seed"), [("left_hip_pitch", 3), ("left_knee_pitch", 1)])
def test_a_chirp_tells_the_servo(tmp_path: Path, robot: Robot, joint_name: str, seed: int) -> None:
    log, truth = log_of(tmp_path, robot, joint_name, "chirp", hidden.chirp(12.0, 0.3, 0.1), seed)
    found = fit(robot, [log])
    assert found.told >= {"delay_s", "kp", "kv", "armature", "zero_rad", "play_rad"}
    inside = [low <= true <= high for low, true, high in zip(found.low, truth, found.high, strict=True)]
    # 95 % each: of 8, one may be outside.
    assert sum(inside) >= 7, dict(zip(parameters.NAMES, inside, strict=True))
    # And they are of use: the gain to 5 %, the play to 10 mrad.
    assert found.high.kp - found.low.kp < 0.1 * truth.kp
    assert found.high.play_rad - found.low.play_rad < 0.01


def test_a_hold_tells_neither_friction_nor_armature(tmp_path: Path, robot: Robot) -> None:
    log, _ = log_of(tmp_path, robot, "left_hip_pitch", "hold", np.full(300, 0.3), 2)
    found = fit(robot, [log])
    assert not found.told & {"delay_s", "kv", "damping", "frictionloss", "armature"}


@pytest.mark.slow
def test_the_truth_is_inside_in_45_of_50(tmp_path: Path, robot: Robot) -> None:
    inside, told = np.zeros(len(parameters.NAMES), int), np.zeros(len(parameters.NAMES), int)
    for seed in range(50):
        log, truth = log_of(
            tmp_path, robot, JOINTS[seed % len(JOINTS)], "chirp", hidden.chirp(12.0, 0.3, 0.1), 1000 + seed
        )
        found = fit(robot, [log])
        inside += [low <= true <= high for low, true, high in zip(found.low, truth, found.high, strict=True)]
        told += [name in found.told for name in parameters.NAMES]
    for name, count, of in zip(parameters.NAMES, inside, told, strict=True):
        print(f"{name:13} inside {count}/50, told {of}/50")
    assert min(inside) >= 45
