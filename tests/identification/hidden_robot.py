"""A robot that the identification does not know: plain NumPy, at another time step, with all that is wrong with it.

Its link is integrated at 0.25 ms by Heun's method, its dry friction is a smooth curve, its servo takes a command a
delay late, its bus reads it now and then, its encoder rounds.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import mujoco
import numpy as np

from wildrobot.robot import Robot

DT_S = 0.00025
CONTROL_S = 0.02


class Truth(NamedTuple):
    delay_s: float
    kp: float
    kv: float
    damping: float
    frictionloss: float
    armature: float
    zero_rad: float
    play_rad: float


class Reading(NamedTuple):
    """How the joint is read: noise [rad], unit of the encoder [rad], control steps between reads, share that fails."""

    noise_rad: float = 0.002
    unit_rad: float = 0.24 * np.pi / 180.0
    period_steps: int = 5
    failures: float = 0.007


def draw_truth(rng: np.random.Generator) -> Truth:
    """As far from the MJCF as servos are thought to be."""
    return Truth(
        delay_s=rng.uniform(0.015, 0.045),
        kp=21.1 * rng.uniform(0.8, 1.2),
        kv=0.5 * rng.uniform(0.6, 1.4),
        damping=0.08516 * rng.uniform(0.7, 1.3),
        frictionloss=0.022275 * rng.uniform(0.5, 3.0),
        armature=0.024992 * rng.uniform(0.8, 1.2),
        zero_rad=rng.uniform(-0.03, 0.03),
        play_rad=rng.uniform(0.02, 0.10),
    )


def chirp(duration_s: float, amplitude_rad: float, centre_rad: float, end_hz: float = 3.0) -> np.ndarray:
    t = np.arange(int(duration_s / CONTROL_S)) * CONTROL_S
    rest, moving = 0.5, t[t >= 0.5] - 0.5
    phase = 2 * np.pi * (0.2 * moving + 0.5 * (end_hz - 0.2) / (duration_s - rest) * moving**2)
    return np.concatenate([np.full(int(np.sum(t < rest)), centre_rad), centre_rad + amplitude_rad * np.sin(phase)])


def steps(duration_s: float, amplitude_rad: float, centre_rad: float, every_s: float = 1.5) -> np.ndarray:
    t = np.arange(int(duration_s / CONTROL_S)) * CONTROL_S
    return centre_rad + amplitude_rad * (np.floor((t + every_s - 0.7) / every_s) % 2)


def load(robot: Robot, joint_name: str) -> tuple[Any, float]:
    """Gravity's torque [N m] at an angle, as MuJoCo's inverse dynamics has it, and the limb's inertia [kg m^2]."""
    model, index = robot.model, robot.joint_names.index(joint_name)
    dof, data = robot.dof_index[index], mujoco.MjData(robot.model)
    angles, torques = np.linspace(-2.0, 2.0, 9), []
    for angle in angles:
        data.qpos[:] = robot.home_qpos
        data.qpos[robot.qpos_index[index]] = angle
        mujoco.mj_forward(model, data)
        torques.append(-data.qfrc_bias[dof])
    basis = np.stack([np.sin(angles), np.cos(angles)], axis=1)
    a, b = np.linalg.lstsq(basis, np.array(torques), rcond=None)[0]
    unit, product = np.zeros(model.nv), np.zeros(model.nv)
    unit[dof] = 1.0
    mujoco.mj_mulM(model, data, product, unit)
    return (lambda angle: a * np.sin(angle) + b * np.cos(angle)), float(product[dof] - model.dof_armature[dof])


def play_back(
    robot: Robot, joint_name: str, truth: Truth, command: np.ndarray, reading: Reading, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """The arrays of a log."""
    gravity, inertia = load(robot, joint_name)
    total, half = inertia + truth.armature, 0.5 * truth.play_rad

    def encoder(angle: float, target: float) -> float:
        return angle + truth.zero_rad + min(max(target - truth.zero_rad - angle, -half), half)

    def acceleration(angle: float, velocity: float, target: float) -> float:
        torque = truth.kp * (target - encoder(angle, target)) - truth.kv * velocity
        torque = min(max(torque, -4.0), 4.0)
        most, least = 4.41 * (1 - velocity / 5.8), 4.41 * (-1 - velocity / 5.8)
        torque = min(max(torque, least), most)
        friction = truth.frictionloss * np.tanh(velocity / 0.005) + truth.damping * velocity
        return (torque + gravity(angle) - friction) / total

    substeps, settle = round(CONTROL_S / DT_S), 3.0
    angle, velocity = float(command[0]) - truth.zero_rad, 0.0
    fine = []
    for step in range(round((len(command) * CONTROL_S + settle) / DT_S)):
        at = int(np.floor((step * DT_S - settle - truth.delay_s) / CONTROL_S + 1e-9))
        target = float(command[min(max(at, 0), len(command) - 1)])
        fine.append(encoder(angle, target))
        a1 = acceleration(angle, velocity, target)
        angle_2, velocity_2 = angle + DT_S * velocity, velocity + DT_S * a1
        a2 = acceleration(angle_2, velocity_2, target)
        angle, velocity = angle + 0.5 * DT_S * (velocity + velocity_2), velocity + 0.5 * DT_S * (a1 + a2)
    true = np.array(fine)[round(settle / DT_S) :: substeps][: len(command)]

    phase = rng.integers(reading.period_steps)
    positions, velocities, last = [], [], 0
    position, velocity_read = 0.0, 0.0
    for step, angle in enumerate(true):
        if step == 0 or ((step + phase) % reading.period_steps == 0 and rng.uniform() >= reading.failures):
            read = angle + rng.normal(0.0, reading.noise_rad)
            if reading.unit_rad:
                read = reading.unit_rad * np.round(read / reading.unit_rad)
            speed = (read - positions[-1]) / ((step - last) * CONTROL_S) if step else 0.0
            position, velocity_read, last = read, speed, step
        positions.append(position)
        velocities.append(velocity_read)
    return {
        "command_rad": command.astype(np.float32),
        "measured_position_rad": np.array(positions, np.float32),
        "measured_velocity_rad_s": np.array(velocities, np.float32),
        "timestamps_s": np.arange(len(command)) * CONTROL_S,
    }


def write(folder: Path, name: str, joint_name: str, mode: str, arrays: dict[str, np.ndarray]) -> Path:
    np.savez(folder / f"{name}.npz", allow_pickle=False, **arrays)
    described = {"joint_name": joint_name, "mode": mode, "sample_rate_hz": 1.0 / CONTROL_S}
    (folder / f"{name}.json").write_text(json.dumps(described), encoding="utf-8")
    return folder / f"{name}.npz"
