"""A clip played by the simulated servos, without any feedback from the body: how long the robot stays up."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from jaxtyping import Float

from wildrobot.motion import planar, playing
from wildrobot.motion.authoring.dynamics import Dynamics
from wildrobot.motion.clip import Clip
from wildrobot.motion.derivatives import PERIOD_S
from wildrobot.robot import Robot

LONGEST_S = 10.0


@dataclass(frozen=True)
class Tracked:
    """What became of the robot.

    Attributes:
      upright_s: until it fell; the whole time played if it did not.
      played_s: how long it was tried: `LONGEST_S`, or the length of a clip that does not repeat.
      qpos: what it did, one row per control step, the start first.
      qvel, sensordata: the same, for each of these rows.
      error_rad: root mean square of the joints' deviation from the clip while it was up.
    """

    upright_s: float
    played_s: float
    qpos: Float[np.ndarray, "T nq"]
    qvel: Float[np.ndarray, "T nv"]
    sensordata: Float[np.ndarray, "T nsensor"]
    error_rad: float


def track(robot: Robot, clip: Clip, needed: Dynamics) -> Tracked:
    """Starts the robot on the clip's first frame and commands what the servos need.

    A servo gives kp (target - q) - kv q', so the target that gives the torque tau of inverse dynamics at the clip's q
    and q' is q + (tau + kv q') / kp. It depends on the clip alone.

    Args:
      robot: the model to play on; the one that collides everywhere shows also what arms and legs hit.
      clip: the motion.
      needed: its inverse dynamics.
    """
    model, data = robot.model, mujoco.MjData(robot.model)
    targets = servo_targets_rad(robot, clip, needed)
    frames = len(clip.qpos) - 1
    steps = round(LONGEST_S / PERIOD_S) if clip.loop else frames
    substeps = round(PERIOD_S / model.opt.timestep)
    data.qpos[:], data.qvel[:] = clip.qpos[0], clip.qvel[0]
    sensors = np.asarray(playing.views(robot, clip.qpos[:1], clip.qvel[:1]).sensordata[0], np.float64)
    played, errors = [(data.qpos.copy(), data.qvel.copy(), sensors)], []
    for step in range(steps):
        frame = step % frames
        # Held for one control step, so the middle of it is what the target should be right for.
        data.ctrl[:] = 0.5 * (targets[frame] + targets[frame + 1])
        mujoco.mj_step(model, data, substeps)
        played.append((data.qpos.copy(), data.qvel.copy(), data.sensordata.copy()))
        if _fallen(robot, data):
            break
        errors.append(data.qpos[robot.qpos_index] - clip.qpos[frame + 1, robot.qpos_index])
    upright = len(errors) * PERIOD_S
    error = float(np.sqrt(np.mean(np.square(errors)))) if errors else float("inf")
    qpos, qvel, sensordata = (np.array(rows) for rows in zip(*played, strict=True))
    return Tracked(upright, steps * PERIOD_S, qpos, qvel, sensordata, error)


def servo_targets_rad(robot: Robot, clip: Clip, needed: Dynamics) -> Float[np.ndarray, "T joints"]:
    """The joint targets that make the servos give the torques of inverse dynamics, within the joints' ranges."""
    gain, damping = robot.model.actuator_gainprm[:, 0], -robot.model.actuator_biasprm[:, 2]
    speed = clip.qvel[:, robot.dof_index]
    targets = clip.qpos[:, robot.qpos_index] + (needed.torque_Nm + damping * speed) / gain
    return np.clip(targets, *robot.joint_range_rad.T)


def _fallen(robot: Robot, data: mujoco.MjData) -> bool:
    upright = 1.0 - 2.0 * (data.qpos[4] ** 2 + data.qpos[5] ** 2)
    return bool(data.qpos[2] < robot.fall_height_m or upright < np.cos(robot.fall_tilt_rad))


def mean_velocity(clip_qpos: Float[np.ndarray, "T nq"]) -> Float[np.ndarray, " 3"]:
    """Mean velocity of the base in its heading frame (vx, vy [m/s]) and mean yaw rate [rad/s]."""
    heading = np.unwrap(planar.heading_rad(clip_qpos[:, 3:7]))
    step = np.diff(clip_qpos[:, :2], axis=0)
    middle = 0.5 * (heading[1:] + heading[:-1])
    c, s = np.cos(middle), np.sin(middle)
    forward, left = c * step[:, 0] + s * step[:, 1], c * step[:, 1] - s * step[:, 0]
    return np.array([forward.mean(), left.mean(), np.diff(heading).mean()]) / PERIOD_S
