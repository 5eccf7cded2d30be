"""The environment core: one robot, one task, pure functions, batched by `jax.vmap`.

`step` never resets: each adapter adds its framework's auto-reset. Every leaf of the state has the same shape and
dtype after `reset` as after `step`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from wildrobot.draws import integers, split_uniform
from wildrobot.experiment import EnvConfig
from wildrobot.immutable import Immutable
from wildrobot.physics import Physics, PhysicsState, make_physics
from wildrobot.physics.variants import PARAMETERS
from wildrobot.resets import StartBank, make_starts
from wildrobot.robot import Robot
from wildrobot.robot.mirror import SignedPermutation, joint_mirror
from wildrobot.state import EnvState, TaskState, batched, computed
from wildrobot.task import command as commands
from wildrobot.task import disturbance, frames, gait, termination
from wildrobot.task.action import ActionMap
from wildrobot.task.entries import Moment
from wildrobot.task.joints import per_joint
from wildrobot.task.metrics import step_metrics
from wildrobot.task.mirror import RobotMirror
from wildrobot.task.observation import Observation
from wildrobot.task.reward import Reward, Step
from wildrobot.task.sensing import Sensing, play_offset_rad
from wildrobot.task.view import Readings, read


def make_env(config: EnvConfig) -> WildRobotEnv:
    """Builds the physics and the start states that the configuration names, and the environment on them."""
    physics = make_physics(config.robot, config.physics, config.variants)
    return WildRobotEnv(config, physics, make_starts(physics.robot, config.starts, config.reference_starts))


class WildRobotEnv(Immutable):
    """Walk on command. Immutable after construction; `reset` and `step` are pure and jit-able."""

    def __init__(self, config: EnvConfig, physics: Physics, starts: StartBank):
        """Resolves the names in the configuration.

        Raises:
          UsageError: for a kind or a group of joints that the robot does not have.
        """
        self.config, self.physics, self.starts = config, physics, starts
        self.robot: Robot = physics.robot
        self.control_period_s = physics.control_period_s
        self.action_map = ActionMap.from_robot(self.robot, config.task.action)
        self.action_size = len(self.robot.joint_names)
        self.sensing = Sensing(self.robot, config.task.sensing, self.control_period_s)
        self.observation = Observation(config.task, self.action_map.home_rad, np.asarray(physics.variants.parameters))
        self.observation_layout = self.observation.layout
        kinds = self.robot.joint_kinds
        self._reward = Reward(config.task.reward, lambda by_kind, field: jnp.asarray(per_joint(kinds, by_kind, field)))
        self._down = jnp.asarray(physics.variants.down)

    @computed
    def reset(
        self,
        key: Array,
        *,
        command: Float[Array, " 3"] | None = None,
        start: Int[Array, ""] | None = None,
        variant: Int[Array, ""] | None = None,
    ) -> EnvState:
        """Starts an episode.

        Args:
          key: the same key gives the same episode, to the bit.
          command: pins the command for the whole episode; drawn and redrawn if not given.
          start: pins the index of the start state; drawn if not given.
          variant: pins the index of the robot variant; drawn if not given.
        """
        task, sensing, bank = self.config.task, self.sensing, self.starts
        # New draws go to the end: those before them stay as they are.
        own = (sensing.error_draws, self.observation.noise_draws, sensing.bus_draws, 1, 1)
        key, draws = split_uniform(key, 1, 1, 1, 1, 1, commands.DRAWS, *own)
        start_draw, variant_draw, resample_draw, push_draw, phase_draw, command_draws, *sensor_draws = draws
        error_draws, noise, bus_draws, latency_draw, fresh_draw = sensor_draws
        if start is None:
            start = integers(start_draw[0], 0, bank.count - 1)
        if variant is None:
            variant = integers(variant_draw[0], 0, self.physics.variants.count - 1)
        resample_at = jnp.array(jnp.iinfo(jnp.int32).max, jnp.int32)
        phase = jnp.where(phase_draw[0] < 0.5, 0.0, 0.5)
        if command is None:
            # Clip starts keep the clip's command.
            moving = bank.moving[start]
            command = jnp.where(moving, bank.command[start], commands.sample(command_draws, task.command))
            phase = jnp.where(moving, bank.phase[start], phase)
            resample_at = commands.steps_until(resample_draw[0], task.command.resample_s, self.control_period_s)
        physics = bank.state(jnp.asarray(start), jnp.asarray(variant, jnp.int32))
        readings = self._read(physics)
        errors = sensing.errors(error_draws, bus_draws, fresh_draw[0])
        sensors = sensing.reset(errors, readings, physics.ctrl)
        action = self.action_map.action(physics.ctrl)
        state = TaskState(
            key=key,
            step=jnp.zeros((), jnp.int32),
            command=jnp.asarray(command, jnp.float32),
            resample_at=resample_at,
            push_at=commands.steps_until(push_draw[0], task.push.interval_s, self.control_period_s),
            heading_goal_rad=readings.heading_rad,
            phase=phase,
            latency_steps=self.action_map.latency(latency_draw),
            queue=self.action_map.queue(physics.ctrl),
            last_action=action,
            previous_action=action,
            velocity_filtered=readings.planar_velocity,
            errors=errors,
            sensors=sensors,
            history=jnp.zeros(0),
        )
        obs, history = self.observation.reset(noise, self._moment(readings, state, physics.variant))
        state = state._replace(history=history)
        terms = self._reward(self._reward_step(readings, state, action, jnp.zeros((), bool)), self.control_period_s)
        return EnvState(
            physics=physics,
            task=state,
            obs=obs,
            reward=jnp.zeros(()),
            terminated=jnp.zeros((), bool),
            truncated=jnp.zeros((), bool),
            metrics={name: jnp.zeros(()) for name in self._metrics(terms, readings, state, jnp.ones((), bool))},
        )

    @computed
    def step(
        self, state: EnvState, action: Float[Array, " joints"], push_N: Float[Array, " 3"] | None = None
    ) -> EnvState:
        """Advances one robot by one control period.

        Args:
          state: the robot; a step from a state that is terminated or truncated is valid but meaningless.
          action: joint target offsets in [-1, 1], in actuator order; clipped to that range. An action that is
            not finite ends the episode as diverged.
          push_N: a force [N] on the pushed body during this period, world frame; besides the task's own pushes.
        """
        config, before = self.config.task, state.task
        sizes = (commands.DRAWS, 1, disturbance.DRAWS, 1, self.observation.noise_draws, self.sensing.step_draws)
        key, draws = split_uniform(before.key, *sizes)
        command_draws, interval_draw, kick_draws, push_draw, noise, sensing_draws = draws
        usable = jnp.isfinite(action).all()
        action = jnp.where(usable, jnp.clip(action, -1.0, 1.0), 0.0)

        # A servo holds its encoder to the target: it counts from its own zero, and pushes at nothing within the play.
        due, queue = self.action_map.delayed(before.queue, self.action_map.targets_rad(action), before.latency_steps)
        servo_target = due - before.errors.joint_zero_rad
        joint_angle = state.physics.qpos[self.robot.qpos_index]
        reached = servo_target - play_offset_rad(before.errors, joint_angle, servo_target)
        pushed, push_at = self._push(state, kick_draws, push_draw[0])
        moved = self.physics.step(pushed, reached, push_N)

        # Divergence is contained: the robot's last sound state stays, and its episode ends.
        sound = usable & termination.is_sound(moved, self.robot)
        physics = jax.tree.map(lambda new, old: jnp.where(sound, new, old), moved, state.physics)
        readings = self._read(physics)
        now = before.step + 1
        sensors = self.sensing.step(before.sensors, before.errors, readings, servo_target, now, sensing_draws)
        task = before._replace(
            key=key,
            step=now,
            push_at=push_at,
            queue=queue,
            velocity_filtered=self._filtered_velocity(before, readings),
            sensors=sensors,
        )
        fallen = termination.has_fallen(readings.base_position_m[2], readings.gravity, config.termination)
        terms = self._reward(self._reward_step(readings, task, action, fallen), self.control_period_s)
        reward_now = jnp.where(sound, sum(terms.values()), 0.0)
        metrics = self._metrics(terms, readings, task, sound)

        # From here on, what the next action is for.
        task = self._next_command(task, command_draws, interval_draw[0])
        task = task._replace(previous_action=task.last_action, last_action=action)
        moment = self._moment(readings, task, physics.variant)
        obs, history = self.observation.step(noise, moment, task.history)
        return EnvState(
            physics=physics,
            task=task._replace(history=history),
            obs=obs,
            reward=reward_now,
            terminated=fallen | ~sound,
            truncated=now >= self.config.episode_steps,
            metrics=metrics,
        )

    @functools.cached_property
    def reset_batch(self) -> Callable[[Array], EnvState]:
        """`reset` for a batch of keys, compiled. Who shares a compiled function shares its results to the bit."""
        return batched(self.reset)

    @functools.cached_property
    def step_batch(self) -> Callable[[EnvState, Float[Array, "batch joints"]], EnvState]:
        """`step` for a batch of robots, compiled."""
        return batched(self.step, self.physics.compiler_options)

    @functools.cached_property
    def mirrors(self) -> dict[str, SignedPermutation]:
        """How each observation and the `action` are mirrored when left and right are exchanged."""
        joints = joint_mirror(self.robot)
        signs = np.array([parameter.mirror_sign for parameter in PARAMETERS], np.float32)
        return self.observation.mirrors(RobotMirror(joints, signs)) | {"action": joints}

    def readings(self, state: EnvState) -> Readings:
        """What the task reads of the robot, by name."""
        return self._read(state.physics)

    def _read(self, physics: PhysicsState) -> Readings:
        return read(self.robot, physics, self._down[physics.variant])

    def _push(
        self, state: EnvState, kick_draws: Float[Array, " 2"], interval_draw: Float[Array, ""]
    ) -> tuple[PhysicsState, Int[Array, ""]]:
        config = self.config.task.push
        now = state.task.step >= state.task.push_at
        episode_share = state.task.step / self.config.episode_steps
        kick = jnp.where(now, disturbance.kick_m_per_s(kick_draws, episode_share, config), 0.0)
        physics = state.physics._replace(qvel=state.physics.qvel.at[:2].add(kick))
        later = state.task.step + commands.steps_until(interval_draw, config.interval_s, self.control_period_s)
        return physics, jnp.where(now, later, state.task.push_at)

    def _next_command(
        self, task: TaskState, command_draws: Float[Array, " 4"], interval_draw: Float[Array, ""]
    ) -> TaskState:
        config = self.config.task
        now = task.step >= task.resample_at
        command = jnp.where(now, commands.sample(command_draws, config.command), task.command)
        later = task.step + commands.steps_until(interval_draw, config.command.resample_s, self.control_period_s)
        standing = commands.is_standing(command)
        return task._replace(
            command=command,
            resample_at=jnp.where(now, later, task.resample_at),
            phase=gait.advanced(task.phase, standing, config.gait, self.control_period_s),
            # While standing, the heading of that moment is as good as any; turning starts from there.
            heading_goal_rad=jnp.where(
                standing,
                task.sensors.sensed.imu.heading_rad,
                frames.wrapped_rad(task.heading_goal_rad + command[2] * self.control_period_s),
            ),
        )

    def _held(self, task: TaskState, heading_rad: Float[Array, ""]) -> Float[Array, " 3"]:
        return commands.held(task.command, task.heading_goal_rad, heading_rad, self.config.task.command)

    def _filtered_velocity(self, task: TaskState, readings: Readings) -> Float[Array, " 3"]:
        period, time_constant = self.control_period_s, self.config.task.velocity_filter_s
        weight = period / (period + time_constant)
        return task.velocity_filtered + weight * (readings.planar_velocity - task.velocity_filtered)

    def _reward_step(
        self, readings: Readings, task: TaskState, action: Float[Array, " joints"], fallen: Bool[Array, ""]
    ) -> Step:
        standing = commands.is_standing(task.command)
        return Step(
            robot=readings,
            command=self._held(task, readings.heading_rad),
            standing=standing,
            velocity=task.velocity_filtered,
            heading_error_rad=frames.wrapped_rad(task.heading_goal_rad - readings.heading_rad),
            foot_reference_m=gait.reference_heights_m(task.phase, standing, self.config.task.gait),
            swinging=gait.swinging(task.phase, standing, self.config.task.gait),
            action=action,
            last_action=task.last_action,
            previous_action=task.previous_action,
            home_rad=jnp.asarray(self.action_map.home_rad),
            torque_limit_Nm=jnp.asarray(self.robot.torque_limit_Nm, jnp.float32),
            fallen=fallen,
        )

    def _metrics(
        self, terms: dict[str, Float[Array, ""]], readings: Readings, task: TaskState, sound: Bool[Array, ""]
    ) -> dict[str, Float[Array, ""]]:
        heading_error = frames.wrapped_rad(task.heading_goal_rad - readings.heading_rad)
        return step_metrics(terms, readings, task.velocity_filtered, task.command, heading_error, sound)

    def _moment(self, readings: Readings, task: TaskState, variant: Int[Array, ""]) -> Moment:
        sensed = task.sensors.sensed
        return Moment(
            sensed=sensed,
            home_rad=jnp.asarray(self.action_map.home_rad),
            last_action=task.last_action,
            command=self._held(task, sensed.imu.heading_rad),
            clock=gait.clock(task.phase, commands.is_standing(task.command)),
            true=readings,
            velocity=task.velocity_filtered,
            errors=task.errors,
            latency_steps=task.latency_steps.astype(jnp.float32),
            variant=self.physics.variants.parameters[variant],
        )
