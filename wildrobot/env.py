"""The environment core: one robot, one task, pure functions, batched by `jax.vmap`.

`step` never resets: that is each adapter's affair. Every leaf of the state has the same shape and
dtype after `reset` as after `step`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from wildrobot.draws import drawn, index
from wildrobot.errors import UsageError
from wildrobot.experiment import EnvConfig
from wildrobot.physics import Physics, PhysicsState, make_physics, start_state
from wildrobot.robot import Robot
from wildrobot.state import EnvState, TaskState
from wildrobot.task import command as commands
from wildrobot.task import disturbance, frames, gait, observation, reward, termination
from wildrobot.task.action import ActionMap
from wildrobot.task.joints import per_joint
from wildrobot.task.view import Readings, read


def make_env(config: EnvConfig) -> WildRobotEnv:
    """Builds the physics that the configuration names, and the environment on it."""
    return WildRobotEnv(config, make_physics(config.physics, config.variants, config.starts, config.reference_starts))


class WildRobotEnv:
    """Walk on command. Immutable after construction; `reset` and `step` are pure and jit-able."""

    def __init__(self, config: EnvConfig, physics: Physics):
        """Resolves the names in the configuration.

        Raises:
          UsageError: for a kind of joint that there is not.
        """
        self.config, self.physics = config, physics
        self.robot: Robot = physics.robot
        self.control_period_s = physics.control_period_s
        self.action_map = ActionMap.of(self.robot, config.task.action)
        self.observation_layout = observation.ACTOR_LAYOUT
        self.action_size = len(self.robot.joint_names)
        self._pose_weights = per_joint(
            self.robot.joint_names, config.task.reward.pose_weights, "env.task.reward.pose_weights"
        )
        self._torque_limit = self.robot.torque_limit_Nm.astype(np.float32)

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
        task = self.config.task
        key, (start_draw, variant_draw, resample_draw, push_draw, phase_draw, command_draws, error_draws, noise) = (
            drawn(key, 1, 1, 1, 1, 1, commands.DRAWS, observation.ERROR_DRAWS, observation.NOISE_DRAWS)
        )
        if start is None:
            start = index(start_draw, self.physics.starts.count)
        if variant is None:
            variant = index(variant_draw, self.physics.variants.count)
        never = jnp.array(jnp.iinfo(jnp.int32).max, jnp.int32)
        resample_at, bank = never, self.physics.starts
        phase = jnp.where(phase_draw[0] < 0.5, 0.0, 0.5)
        if command is None:
            # Who starts in the midst of a motion is asked to go on with it.
            moving = bank.moving[start]
            command = jnp.where(moving, bank.command[start], commands.sample(command_draws, task.command))
            phase = jnp.where(moving, bank.phase[start], phase)
            resample_at = commands.steps_until(resample_draw[0], task.command.resample_s, self.control_period_s)
        physics = start_state(self.physics, jnp.asarray(start), jnp.asarray(variant, jnp.int32))
        readings = read(self.robot, physics)
        state = TaskState(
            key=key,
            step=jnp.zeros((), jnp.int32),
            command=jnp.asarray(command, jnp.float32),
            resample_at=resample_at,
            push_at=commands.steps_until(push_draw[0], task.push.interval_s, self.control_period_s),
            heading_goal_rad=readings.heading_rad,
            phase=phase,
            queue=self.action_map.queue(physics.ctrl),
            last_action=self.action_map.action(physics.ctrl),
            previous_action=self.action_map.action(physics.ctrl),
            velocity_filtered=_velocity(readings),
            errors=observation.sensor_errors(error_draws, task.observation),
        )
        terms = self._reward_terms(readings, state, state.last_action, jnp.zeros((), bool))
        zeros = {name: jnp.zeros(()) for name in self._metrics(terms, readings, state, jnp.ones((), bool))}
        return EnvState(
            physics=physics,
            task=state,
            obs=self._observe(noise, readings, state, physics.variant),
            reward=jnp.zeros(()),
            terminated=jnp.zeros((), bool),
            truncated=jnp.zeros((), bool),
            metrics=zeros,
        )

    def step(self, state: EnvState, action: Float[Array, " 17"], push_N: Float[Array, " 3"] | None = None) -> EnvState:
        """Advances one robot by one control period.

        Args:
          state: the robot; a step from a state that is terminated or truncated is defined, but of no use.
          action: joint target offsets in [-1, 1], in actuator order; clipped to that range. An action that is
            not finite ends the episode as diverged.
          push_N: a force [N] on the pelvis during this period, world frame; besides the task's own pushes.
        """
        config = self.config.task
        key, (command_draws, interval_draw, kick_draws, push_draw, noise) = drawn(
            state.task.key, commands.DRAWS, 1, disturbance.DRAWS, 1, observation.NOISE_DRAWS
        )
        usable = jnp.isfinite(action).all()
        action = jnp.where(usable, jnp.clip(action, -1.0, 1.0), 0.0)

        # Servos count from their own zero, which is off by the episode's zero error.
        due, queue = self.action_map.delayed(state.task.queue, self.action_map.targets_rad(action))
        pushed, push_at = self._push(state, kick_draws, push_draw[0])
        moved = self.physics.step(pushed, due - state.task.errors.joint_zero_rad, push_N)

        # A robot whose action or simulation is not finite ends its own episode; its last sound state stays.
        sound = usable & termination.is_sound(moved, self.robot)
        physics = jax.tree.map(lambda new, old: jnp.where(sound, new, old), moved, state.physics)
        readings = read(self.robot, physics)

        task = state.task._replace(
            key=key,
            step=state.task.step + 1,
            push_at=push_at,
            queue=queue,
            velocity_filtered=self._filtered_velocity(state.task, readings),
        )
        fallen = termination.has_fallen(readings.base_position_m[2], readings.gravity, config.termination)
        terms = self._reward_terms(readings, task, action, fallen)
        reward_now = jnp.where(sound, sum(terms.values()), 0.0)
        metrics = self._metrics(terms, readings, task, sound)

        # From here on, what the next action is for.
        task = self._next_command(task, readings, command_draws, interval_draw[0])
        task = task._replace(previous_action=task.last_action, last_action=action)
        return EnvState(
            physics=physics,
            task=task,
            obs=self._observe(noise, readings, task, physics.variant),
            reward=reward_now,
            terminated=fallen | ~sound,
            truncated=task.step >= self.config.episode_steps,
            metrics=metrics,
        )

    @functools.cached_property
    def reset_batch(self) -> Callable[[Array], EnvState]:
        """`reset` for a batch of keys, compiled. Who shares a compiled function shares its results to the bit."""
        return jax.jit(jax.vmap(self.reset))

    @functools.cached_property
    def step_batch(self) -> Callable[[EnvState, Float[Array, "batch 17"]], EnvState]:
        """`step` for a batch of robots, compiled."""
        return jax.jit(jax.vmap(self.step))

    def readings(self, state: EnvState) -> Readings:
        """What the task reads of the robot, by name."""
        return read(self.robot, state.physics)

    def _push(
        self, state: EnvState, kick_draws: Float[Array, " 2"], interval_draw: Float[Array, ""]
    ) -> tuple[PhysicsState, Int[Array, ""]]:
        config = self.config.task.push
        now = state.task.step >= state.task.push_at
        kick = jnp.where(now, disturbance.kick_m_per_s(kick_draws, config), 0.0)
        physics = state.physics._replace(qvel=state.physics.qvel.at[:2].add(kick))
        later = state.task.step + commands.steps_until(interval_draw, config.interval_s, self.control_period_s)
        return physics, jnp.where(now, later, state.task.push_at)

    def _next_command(
        self,
        task: TaskState,
        readings: Readings,
        command_draws: Float[Array, " 4"],
        interval_draw: Float[Array, ""],
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
                readings.heading_rad,
                frames.wrapped_rad(task.heading_goal_rad + command[2] * self.control_period_s),
            ),
        )

    def _asked(self, task: TaskState, readings: Readings) -> Float[Array, " 3"]:
        """The command as it is seen and tracked: with the yaw rate that heading hold asks for."""
        error = self._heading_error_rad(task, readings)
        return task.command.at[2].set(commands.held_yaw_rate(task.command, error, self.config.task.command))

    @staticmethod
    def _heading_error_rad(task: TaskState, readings: Readings) -> Float[Array, ""]:
        return frames.wrapped_rad(task.heading_goal_rad - readings.heading_rad)

    def _filtered_velocity(self, task: TaskState, readings: Readings) -> Float[Array, " 3"]:
        period, time_constant = self.control_period_s, self.config.task.reward.velocity_filter_s
        share = period / (period + time_constant)
        return task.velocity_filtered + share * (_velocity(readings) - task.velocity_filtered)

    def _reward_terms(
        self, readings: Readings, task: TaskState, action: Float[Array, " 17"], fallen: Bool[Array, ""]
    ) -> dict[str, Float[Array, ""]]:
        config = self.config.task.reward
        standing = commands.is_standing(task.command)
        values = reward.terms(
            readings,
            command=self._asked(task, readings),
            standing=standing,
            velocity_filtered=task.velocity_filtered,
            heading_error_rad=self._heading_error_rad(task, readings),
            reference_heights_m=gait.reference_heights_m(task.phase, standing, self.config.task.gait),
            swinging=gait.swinging(task.phase, standing, self.config.task.gait),
            actions=(action, task.last_action, task.previous_action),
            home_rad=jnp.asarray(self.action_map.home_rad),
            pose_weights=jnp.asarray(self._pose_weights),
            torque_limit_Nm=jnp.asarray(self._torque_limit),
            fallen=fallen,
            velocity_width_m_per_s=config.velocity_width_m_per_s,
            yaw_rate_width_rad_per_s=config.yaw_rate_width_rad_per_s,
            heading_width_rad=config.heading_width_rad,
            foot_height_width_m=config.foot_height_width_m,
            least_foot_gap_m=config.least_foot_gap_m,
        )
        if set(config.weights) != set(values):
            wrong = sorted(set(config.weights) ^ set(values))
            raise UsageError(
                f"env.task.reward.weights needs one weight for each term; missing or unknown: {', '.join(wrong)}; "
                f"the terms are: {', '.join(values)}"
            )
        return {name: config.weights[name] * value * self.control_period_s for name, value in values.items()}

    def _metrics(
        self, terms: dict[str, Float[Array, ""]], readings: Readings, task: TaskState, sound: Bool[Array, ""]
    ) -> dict[str, Float[Array, ""]]:
        velocity = readings.base_velocity_heading_m_per_s
        figures = {
            "vx_m_per_s": velocity[0],
            "vx_error_m_per_s": jnp.abs(task.velocity_filtered[0] - task.command[0]),
            "vy_error_m_per_s": jnp.abs(task.velocity_filtered[1] - task.command[1]),
            "heading_error_rad": jnp.abs(self._heading_error_rad(task, readings)),
        }
        reported = {f"reward/{name}": value for name, value in terms.items()} | figures
        return {name: jnp.where(sound, value, 0.0) for name, value in reported.items()} | {
            "diverged": 1.0 - sound.astype(jnp.float32)
        }

    def _observe(
        self, noise: Float[Array, " 40"], readings: Readings, task: TaskState, variant: Int[Array, ""]
    ) -> dict[str, Float[Array, " n"]]:
        standing = commands.is_standing(task.command)
        actor = observation.actor_observation(
            noise,
            readings,
            task.errors,
            jnp.asarray(self.action_map.home_rad),
            task.last_action,
            self._asked(task, readings),
            gait.clock(task.phase, standing),
            self.config.task.observation,
        )
        critic = observation.critic_observation(
            actor, readings, task.errors, task.velocity_filtered, self.physics.variants.parameters[variant]
        )
        return {"state": actor, "privileged_state": critic}


def _velocity(readings: Readings) -> Float[Array, " 3"]:
    """(vx, vy [m/s] in the heading frame, yaw rate [rad/s]): what a command commands."""
    return jnp.append(readings.base_velocity_heading_m_per_s[:2], readings.yaw_rate_rad_per_s)
