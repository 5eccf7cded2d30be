"""The walk task as one would write it for Gymnasium: one robot, NumPy, `mujoco.mj_step`.

What the batched environment is measured against, on the task that `usual_way.yaml` pins. `tests/test_usual_way.py`
holds the two to the same observations and rewards.
"""

from __future__ import annotations

import functools
import math
from pathlib import Path
from typing import Any

import gymnasium
import mujoco
import numpy as np
from gymnasium import spaces
from jaxtyping import Float

from wildrobot.config import Section, load
from wildrobot.experiment import EnvConfig
from wildrobot.physics.variants import make_variants
from wildrobot.resets.home import make_home_starts
from wildrobot.robot import Robot, load_robot
from wildrobot.task.command import STANDING_BELOW
from wildrobot.task.joints import per_joint
from wildrobot.task.reward import CONTACT_ABOVE_N
from wildrobot.task.termination import SOUND_ANGLE_RAD, SOUND_LIMIT

Vector = Float[np.ndarray, "n"]


def pinned_config(*overrides: str) -> EnvConfig:
    """The task that this file has written out."""
    return load(_Pinned, Path(__file__).with_name("usual_way.yaml"), overrides).env


class _Pinned(Section):
    version: int
    env: EnvConfig


@functools.cache
def _banks(config_json: str) -> tuple[Robot, tuple[Any, ...], np.ndarray, np.ndarray]:
    """The robot, its variants' models, and the start states, shared by the environments of one process."""
    config = EnvConfig.model_validate_json(config_json)
    robot = load_robot(config.robot, collision=config.physics.collision, timestep_s=config.physics.timestep_s)
    starts = make_home_starts(robot, config.starts)
    qpos, qvel = np.asarray(starts.qpos, np.float64), np.asarray(starts.qvel, np.float64)
    return robot, make_variants(robot, config.variants).models, qpos, qvel


class UsualWalkEnv(gymnasium.Env[np.ndarray, np.ndarray]):
    """Walk on command: the task of `usual_way.yaml`, with the actor's observation of 62 entries.

    `reset` takes in `options` what is not to be drawn: `command` (then kept for the whole episode), `start` and
    `variant` (indices), `phase` [cycles].

    Attributes:
      data: the simulation.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 (Gymnasium's own way)

    def __init__(self, config: EnvConfig | None = None):
        """Compiles the robots; `config` is the pinned one if not given."""
        self._config = config or pinned_config()
        task = self._config.task
        self._robot, self._models, self._start_qpos, self._start_qvel = _banks(self._config.model_dump_json())
        robot, names = self._robot, self._robot.joint_names
        self._model = self._models[0]
        self.data = mujoco.MjData(self._model)
        self._substeps = self._config.physics.substeps
        self._period_s = self._config.physics.control_period_s
        self._joint_qpos, self._joint_qvel = robot.qpos_index, robot.dof_index
        self._home, (self._lower, self._upper) = robot.home_targets_rad, robot.joint_range_rad.T
        self._scale = per_joint(robot.joint_kinds, task.action.scale_rad, "scale_rad").astype(np.float64)
        self._pose_weights = per_joint(robot.joint_kinds, _row(task.reward, "pose").joint_weights, "pose").astype(
            np.float64
        )
        # Views, so that nothing is looked up by name in a step.
        self._imu = self.data.site(robot.imu.site).xmat.reshape(3, 3)
        feet = [self.data.site(foot.site) for foot in robot.feet]
        self._foot_positions, self._foot_matrices = [f.xpos for f in feet], [f.xmat.reshape(3, 3) for f in feet]
        sensors = self.data.sensordata
        self._gyro, self._torque = sensors[robot.imu.gyro], sensors[robot.torques]
        self._foot_velocities = [sensors[foot.velocity] for foot in robot.feet]
        self._foot_loads = [sensors[foot.load] for foot in robot.feet]
        noise: Any = task.observation.noise
        widths = [noise.gyro, noise.gravity, noise.joint_angle, noise.joint_velocity]
        self._noise = np.repeat(widths, [3, 3, len(names), len(names)])
        self.action_space = spaces.Box(-1.0, 1.0, (len(names),), np.float32)
        self.observation_space = spaces.Box(-np.inf, np.inf, (len(self._noise) + len(names) + 5,), np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Starts an episode with a robot and a start state from the banks."""
        super().reset(seed=seed)
        task, options, rng = self._config.task, options or {}, self.np_random
        start = options.get("start", rng.integers(len(self._start_qpos)))
        self._model = self._models[options.get("variant", rng.integers(len(self._models)))]
        mujoco.mj_resetData(self._model, self.data)
        self.data.qpos[:], self.data.qvel[:] = self._start_qpos[start], self._start_qvel[start]
        self.data.ctrl[:] = self._home
        mujoco.mj_forward(self._model, self.data)

        self._joint_zero = rng.uniform(-1.0, 1.0, len(self._home)) * task.sensing.joint_zero_error_rad
        tilt = np.array([1.0, *(0.5 * rng.uniform(-1.0, 1.0, 2) * task.sensing.imu_tilt_rad), 0.0])
        mounting = np.empty(9)
        mujoco.mju_quat2Mat(mounting, tilt / np.linalg.norm(tilt))
        self._mounting = mounting.reshape(3, 3)

        self._step = 0
        self._pinned = "command" in options
        self._ask(np.asarray(options["command"], np.float64) if self._pinned else self._sampled_command())
        self._resample_at = self._steps_until(task.command.resample_s)
        self._push_at = self._steps_until(task.push.interval_s)
        self._phase = options.get("phase", rng.choice((0.0, 0.5)))
        self._queue = [self._home] * task.action.latency_steps[1]
        self._last_action = self._previous_action = np.zeros(len(self._home))
        self._read()
        self._heading_goal = self._heading
        self._velocity_filtered = np.append(self._velocity[:2], self._yaw_rate)
        return self._observe(), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Simulates one control period of 20 ms."""
        config, data, period = self._config.task, self.data, self._period_s
        action = np.clip(action, -1.0, 1.0).astype(np.float64)
        self._queue.append(np.clip(self._home + self._scale * action, self._lower, self._upper))
        data.ctrl[:] = self._queue.pop(0) - self._joint_zero
        if self._step >= self._push_at:
            grown = config.push.start_share + (1.0 - config.push.start_share) * self._step / self._config.episode_steps
            angle, size = self.np_random.uniform(0.0, (2.0 * math.pi, config.push.velocity_m_per_s * grown))
            data.qvel[:2] += size * math.cos(angle), size * math.sin(angle)
            self._push_at = self._step + self._steps_until(config.push.interval_s)
        mujoco.mj_step(self._model, data, nstep=self._substeps)
        self._step += 1
        truncated = self._step >= self._config.episode_steps
        if not self._is_sound(action):
            return self._observation.copy(), 0.0, True, truncated, {}

        self._read()
        share = period / (period + config.velocity_filter_s)
        self._velocity_filtered += share * (np.append(self._velocity[:2], self._yaw_rate) - self._velocity_filtered)
        too_low = data.qpos[2] < config.termination.min_base_height_m
        fallen = bool(too_low or -self._gravity[2] < math.cos(config.termination.max_tilt_rad))
        reward = self._reward(action, fallen)

        # From here on, what the next action is for.
        if not self._pinned and self._step >= self._resample_at:
            self._ask(self._sampled_command())
            self._resample_at = self._step + self._steps_until(config.command.resample_s)
        if self._standing:
            self._phase = 0.0 if self._phase < 0.5 else 0.5
            self._heading_goal = self._heading
        else:
            self._phase = (self._phase + config.gait.frequency_hz * period) % 1.0
            self._heading_goal = _wrapped(self._heading_goal + self._command[2] * period)
        self._previous_action, self._last_action = self._last_action, action
        return self._observe(), reward, fallen, truncated, {}

    def _is_sound(self, action: Vector) -> bool:
        """Whether the action is finite and the simulation has not diverged; NaN is within no limit."""
        data = self.data
        measured = np.concatenate([data.qpos[2:3], data.qvel, data.sensordata])
        within = (np.abs(measured) <= SOUND_LIMIT).all() and (
            np.abs(data.qpos[self._joint_qpos]) <= SOUND_ANGLE_RAD
        ).all()
        return bool(within and np.isfinite(action).all())

    def _read(self) -> None:
        """What observation and reward both need. The heading is the chest IMU's, as the real robot senses it."""
        imu, data = self._imu, self.data
        self._gravity = -imu[2]
        self._heading = math.atan2(imu[1, 0], imu[0, 0])
        self._yaw_rate = imu[2] @ self._gyro
        vx, vy, vz = data.qvel[:3]
        c, s = math.cos(self._heading), math.sin(self._heading)
        self._velocity = np.array([c * vx + s * vy, c * vy - s * vx, vz])
        self._joint_angle, self._joint_velocity = data.qpos[self._joint_qpos], data.qvel[self._joint_qvel]

    def _ask(self, command: Vector) -> None:
        self._command, self._standing = command, bool((np.abs(command) < STANDING_BELOW).all())

    def _heading_error(self) -> float:
        return _wrapped(self._heading_goal - self._heading)

    def _asked_yaw_rate(self) -> float:
        """The commanded yaw rate, corrected towards the heading that the commanded rates would have led to."""
        config = self._config.task.command
        if not config.heading_hold:
            return self._command[2]
        limit = max(abs(bound) for bound in config.yaw_rate_rad_per_s)
        correction = min(max(config.heading_gain_per_s * self._heading_error(), -limit), limit)
        return 0.0 if self._standing else self._command[2] + correction

    def _reward(self, action: Vector, fallen: bool) -> float:
        rows, gait = self._config.task.reward, self._config.task.gait
        standing, heading_error, filtered = self._standing, self._heading_error(), self._velocity_filtered
        foot_error, contacts_as_asked, slip = 0.0, True, 0.0
        for foot in range(2):
            position, matrix = self._foot_positions[foot], self._foot_matrices[foot]
            half_length, half_width = self._robot.sole_half_length_m, self._robot.sole_half_width_m
            clearance = position[2] - abs(matrix[2, 0]) * half_length - abs(matrix[2, 1]) * half_width
            phase = (self._phase + 0.5 * foot) % 1.0
            swinging = phase < gait.swing_share and not standing
            height = gait.swing_height_m * math.sin(math.pi * phase / gait.swing_share) ** 2 if swinging else 0.0
            foot_error += (clearance - height) ** 2
            loaded = self._foot_loads[foot][0] > CONTACT_ABOVE_N
            contacts_as_asked = contacts_as_asked and loaded != swinging
            if loaded:
                slip += _squared(self._foot_velocities[foot][:2])
        velocity_error = np.abs(self._command[:2] - filtered[:2]).sum()
        yaw_rate_error = self._asked_yaw_rate() - filtered[2]
        from_home = self._joint_angle - self._home
        previous, before = self._last_action, self._previous_action
        terms = {
            "velocity": math.exp(-velocity_error / _row(rows, "velocity").width_m_per_s),
            "yaw_rate": math.exp(-(yaw_rate_error**2) / _row(rows, "yaw_rate").width_rad_per_s ** 2),
            "heading": math.exp(-(heading_error**2) / _row(rows, "heading").width_rad ** 2),
            "foot_height": math.exp(-foot_error / _row(rows, "foot_height").width_m ** 2),
            "foot_contact": float(contacts_as_asked),
            "alive": 1.0,
            "tilt": _squared(self._gravity[:2]),
            "bounce": self._velocity[2] ** 2,
            "wobble": _squared(self._gyro[:2]),
            "foot_slip": slip,
            "feet_close": max(0.0, _row(rows, "feet_close").least_gap_m - self._foot_gap()),
            "action_rate": _squared(action - previous),
            "action_jerk": _squared(action - 2.0 * previous + before),
            "torque": _squared(self._torque),
            "saturation": np.maximum(np.abs(self._torque) / self._robot.torque_limit_Nm - 0.8, 0.0).sum(),
            "power": np.abs(self._torque * self._joint_velocity).sum(),
            "pose": self._pose_weights @ from_home**2,
            "standing_pose": np.abs(from_home).sum() if standing else 0.0,
            "standing_motion": _squared(self._joint_velocity) if standing else 0.0,
            "termination": float(fallen),
        }
        return float(sum(_row(rows, name).weight * value for name, value in terms.items()) * self._period_s)

    def _foot_gap(self) -> float:
        """How far the left foot is to the left of the right one [m]."""
        x, y, _ = self._foot_positions[0] - self._foot_positions[1]
        return math.cos(self._heading) * y - math.sin(self._heading) * x

    def _observe(self) -> np.ndarray:
        angle = 2.0 * math.pi * self._phase
        sensed = np.concatenate(
            [
                self._mounting.T @ self._gyro,
                self._mounting.T @ self._gravity,
                self._joint_angle + self._joint_zero - self._home,
                self._joint_velocity,
            ]
        )
        sensed += self.np_random.uniform(-1.0, 1.0, len(sensed)) * self._noise
        command = [*self._command[:2], self._asked_yaw_rate()]
        clock = [0.0, 0.0] if self._standing else [math.cos(angle), math.sin(angle)]
        self._observation = np.concatenate([sensed, self._last_action, command, clock], dtype=np.float32)
        return self._observation

    def _sampled_command(self) -> Vector:
        config, rng = self._config.task.command, self.np_random
        kind = rng.uniform()
        if kind < config.standing_share:
            return np.zeros(3)
        ranges = np.array([config.vx_m_per_s, config.vy_m_per_s, config.yaw_rate_rad_per_s])
        command = rng.uniform(ranges[:, 0], ranges[:, 1])
        if kind < config.standing_share + config.straight_share:
            command[1:] = 0.0
        return command

    def _steps_until(self, interval_s: tuple[float, float]) -> int:
        return max(1, round(self.np_random.uniform(*interval_s) / self._period_s))


def _row(rewards: Any, name: str) -> Any:
    """The row of a reward term, whose fields are those of the term."""
    return getattr(rewards, name)


def _squared(vector: Vector) -> float:
    return float(vector @ vector)


def _wrapped(angle_rad: float) -> float:
    return (angle_rad + math.pi) % (2.0 * math.pi) - math.pi
