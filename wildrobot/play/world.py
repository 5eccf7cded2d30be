"""The environment that one policy is played in, compiled, with what a person may change as an input of every step."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from wildrobot.config import validated
from wildrobot.env import WildRobotEnv
from wildrobot.experiment import EnvConfig, load_experiment
from wildrobot.physics import make_engine
from wildrobot.physics.variants import VariantBank
from wildrobot.play.bank import variant_index
from wildrobot.play.controls import LONGEST_LATENCY_STEPS, Controls
from wildrobot.policy import Policy, check_fits, config_for
from wildrobot.resets.home import make_home_starts
from wildrobot.robot import Robot, describe
from wildrobot.state import EnvState
from wildrobot.task.view import Readings


class Dials(NamedTuple):
    """The controls as arrays: inputs of a compiled step, so that none of them needs a new compilation."""

    command: Float[Array, " 3"]
    variant: Int[Array, ""]
    latency_steps: Int[Array, ""]
    play_rad: Float[Array, ""]
    period_steps: Int[Array, " joints"]


def play_config(policy: Policy) -> EnvConfig:
    """The environment of a policy, exact and fresh: the only faults of the robot are those that a person sets.

    Raises:
      UsageError: for an interface that no environment of this program can have.
    """
    interface = policy.interface
    tree = config_for(interface, load_experiment("walk").env).model_dump(mode="json")
    fall = describe(interface.robot).fall
    task: dict[str, Any] = tree["task"]
    task["sensing"] = {}
    task["observation"]["noise"] = dict.fromkeys(task["observation"]["noise"], 0.0)
    task["push"]["velocity_m_per_s"] = 0.0
    task["termination"] = {"min_base_height_m": fall.below_m, "max_tilt_rad": fall.beyond_rad}
    tree["physics"] |= {"engine": "native", "collision": "full", "threads": 1}
    tree["starts"]["count"] = 1
    return validated(EnvConfig, tree, "environment of the policy")


class World:
    """One environment; policies of one configuration share it. It holds no state of the robot."""

    def __init__(self, policy: Policy, robot: Robot, bank: VariantBank):
        """Builds the environment; the first `reset` and the first `step` compile for some seconds each.

        Args:
          policy: what will act.
          robot: the policy's, with full collisions.
          bank: `bank.make_bank` of it.

        Raises:
          UsageError: for a policy of another robot, observation or action mapping.
        """
        config = play_config(policy)
        physics = make_engine(config.physics, robot, bank)
        starts = make_home_starts(robot, config.starts)
        check_fits(policy, WildRobotEnv(config, physics, starts))
        # Any latency can be set while it walks, so its range is not the policy's own.
        action = config.task.action.model_copy(update={"latency_steps": (0, LONGEST_LATENCY_STEPS)})
        task = config.task.model_copy(update={"action": action})
        self.env = WildRobotEnv(config.model_copy(update={"task": task}), physics, starts)
        self.period_s = float(self.env.control_period_s)
        self.down = bank.down
        self._phases = np.zeros(len(robot.joint_names), np.int32)
        for joints in robot.joint_groups.values():  # one after the other, as on the bus
            self._phases[joints] = np.arange(len(joints))
        self._reset = jax.jit(self._reset_traced)
        self._step = jax.jit(self._step_traced, compiler_options=physics.compiler_options)

    def dials(self, controls: Controls) -> Dials:
        """The controls for `reset` and `step`."""
        periods = np.ones(len(self.env.robot.joint_names), np.int32)
        for group, steps in controls.period_steps.items():
            periods[self.env.robot.joint_groups[group]] = steps
        return Dials(
            command=np.asarray(controls.command, np.float32),  # type: ignore[arg-type]
            variant=np.int32(variant_index(controls.robot, controls.tilt_deg)),  # type: ignore[arg-type]
            latency_steps=np.int32(controls.latency_steps),  # type: ignore[arg-type]
            play_rad=np.float32(controls.play_rad),  # type: ignore[arg-type]
            period_steps=periods,  # type: ignore[arg-type]
        )

    def reset(self, seed: int, dials: Dials) -> tuple[EnvState, Readings]:
        """The robot at home, at the origin."""
        return self._reset(jax.random.key(seed, impl="threefry2x32"), dials)

    def step(
        self, state: EnvState, action: Float[np.ndarray, " joints"], push_N: Float[np.ndarray, " 3"], dials: Dials,
        *, afresh: bool = False,
    ) -> tuple[EnvState, Readings]:  # fmt: skip
        """One control period.

        Args:
          state: of this world, or what `taken_over` made of another's.
          action: in [-1, 1].
          push_N: force on the pushed body, world frame.
          dials: of now.
          afresh: whether the history is filled with what is observed now, as at the start of an episode.
        """
        return self._step(state, action, push_N, dials, np.bool_(afresh))

    def taken_over(self, state: EnvState, fresh: EnvState) -> EnvState:
        """A robot in another world, with its pose, speed, sensors and targets under way, in this one.

        The next step must be `afresh`: until then its observation and history are those of the fresh state.
        """
        other, own = state.task, fresh.task
        action = self.env.action_map.action(state.task.queue[-1])
        kept = ("command", "heading_goal_rad", "phase", "latency_steps", "queue", "velocity_filtered", "sensors")
        task = own._replace(
            **{name: getattr(other, name) for name in (*kept, "errors", "key", "step")},
            last_action=action,
            previous_action=action,
        )
        return fresh._replace(physics=state.physics, task=task)

    def _reset_traced(self, key: Array, dials: Dials) -> tuple[EnvState, Readings]:
        state = self.env.reset(key, command=dials.command, start=jnp.zeros((), jnp.int32), variant=dials.variant)
        return _actor_only(state), self.env.readings(state)

    def _step_traced(
        self, state: EnvState, action: Float[Array, " joints"], push_N: Float[Array, " 3"], dials: Dials,
        afresh: Bool[Array, ""],
    ) -> tuple[EnvState, Readings]:  # fmt: skip
        before = self._dialled(state, dials)
        moved = self.env.step(before, action, push_N)
        task, seen = moved.task, moved.obs["state"]
        if self.env.config.task.observation.history.steps:
            count = task.history.size
            same = jnp.broadcast_to(task.history[:1], task.history.shape)
            task = task._replace(history=jnp.where(afresh, same, task.history))
            seen = jnp.where(afresh, seen.at[-count:].set(same.ravel()), seen)
            # What is not finite is not remembered: the next sound observation goes on as if it had not been.
            sound = jnp.isfinite(task.history).all()
            task = task._replace(history=jnp.where(sound, task.history, before.task.history))
        moved = moved._replace(task=task, obs={"state": seen})
        return _actor_only(moved), self.env.readings(moved)

    def _dialled(self, state: EnvState, dials: Dials) -> EnvState:
        task = state.task
        errors = task.errors._replace(
            play_rad=jnp.full_like(task.errors.play_rad, dials.play_rad),
            period_steps=dials.period_steps,
            phase_steps=self._phases % dials.period_steps,
        )
        return state._replace(
            physics=state.physics._replace(variant=dials.variant),
            task=task._replace(command=dials.command, latency_steps=dials.latency_steps, errors=errors),
        )


def _actor_only(state: EnvState) -> EnvState:
    """Drops rewards and the critic's observation, so that they are not computed; `diverged` is kept."""
    metrics = {name: value for name, value in state.metrics.items() if name == "diverged"}
    return state._replace(obs={"state": state.obs["state"]}, reward=jnp.zeros_like(state.reward), metrics=metrics)
