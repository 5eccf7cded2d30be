"""Robots tried out in the experiment's own environment, and all that is recorded of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from wildrobot.env import WildRobotEnv
from wildrobot.evaluation.diagnose.evidence.clips import ClipFacts
from wildrobot.evaluation.diagnose.evidence.plan import SECONDS, Plan, plan
from wildrobot.experiment import EnvConfig
from wildrobot.motion import playing
from wildrobot.physics import make_physics
from wildrobot.resets import StartBank, make_home_starts
from wildrobot.resets.bank import joined
from wildrobot.state import EnvState

_NEVER = np.iinfo(np.int32).max


@dataclass(frozen=True)
class Trials:
    """Robots over T control steps; index 0 is after the first step. See `Plan` for the groups.

    Attributes:
      plan: what the robots were told.
      env: what they were tried in.
      terms: what each reward term paid, shape (T, robots); the reward is their sum.
      reward, terminated, truncated: as the environment gave them.
      tracked: low-passed vx, vy [m/s] and yaw rate [rad/s].
      qpos, qvel, ctrl: of the physics.
      load_N, clearance_m: of each foot, as the environment reads them.
      torque_Nm: of each servo.
      obs: what the actor saw.
      latency_steps: that each robot's episode says that it has.
    """

    plan: Plan
    env: WildRobotEnv
    terms: Mapping[str, Float[np.ndarray, "T robots"]]
    reward: Float[np.ndarray, "T robots"]
    terminated: Bool[np.ndarray, "T robots"]
    truncated: Bool[np.ndarray, "T robots"]
    tracked: Float[np.ndarray, "T robots 3"]
    qpos: Float[np.ndarray, "T robots nq"]
    qvel: Float[np.ndarray, "T robots nv"]
    ctrl: Float[np.ndarray, "T robots joints"]
    load_N: Float[np.ndarray, "T robots 2"]
    clearance_m: Float[np.ndarray, "T robots 2"]
    torque_Nm: Float[np.ndarray, "T robots joints"]
    obs: Float[np.ndarray, "T robots n"]
    latency_steps: Int[np.ndarray, " robots"]

    @property
    def alive(self) -> Bool[np.ndarray, "T robots"]:
        """Whether a robot's first episode is still going on; true also for the step that ends it."""
        ended = np.cumsum(self.terminated, axis=0)
        return np.concatenate([np.ones((1, ended.shape[1]), bool), ended[:-1] == 0])

    @property
    def upright(self) -> Bool[np.ndarray, "T robots"]:
        """Whether a robot has not fallen, by the limits of its description and the physics, not by the task."""
        cosine = 1.0 - 2.0 * (self.qpos[..., 4] ** 2 + self.qpos[..., 5] ** 2)
        robot = self.env.robot
        return (self.qpos[..., 2] >= robot.fall_height_m) & (cosine >= np.cos(robot.fall_tilt_rad))

    def of(self, group: str) -> slice:
        """The robots of a group; an empty slice for one that is not there."""
        return self.plan.groups.get(group, slice(0, 0))


def try_out(config: EnvConfig, clips: tuple[ClipFacts, ...]) -> Trials:
    """Builds the experiment's environment with the start states of the trials, and plays them all at once."""
    env = trial_env(config, clips)
    robots = plan(env, clips)
    begin = _begun(env, robots)
    recorded = jax.device_get(_play(env)(begin, jnp.asarray(_delayed(robots, begin.task.latency_steps))))
    return Trials(plan=robots, env=env, latency_steps=np.asarray(begin.task.latency_steps), **recorded)


def trial_env(config: EnvConfig, clips: tuple[ClipFacts, ...]) -> WildRobotEnv:
    """The experiment's environment, with a time limit at the end of the trials, which start at home and on clips."""
    task = config.task.model_copy(update={"episode_length_s": SECONDS})
    nominal = config.variants.model_copy(update={"count": 1})
    config = config.model_copy(update={"task": task, "variants": nominal})
    physics = make_physics(config.robot, config.physics, config.variants)
    home = make_home_starts(physics.robot, config.starts.model_copy(update={"count": 1}))
    if not clips:
        return WildRobotEnv(config, physics, home)
    views = playing.views(
        physics.robot, np.stack([each.qpos for each in clips]), np.stack([each.qvel for each in clips])
    )
    first = np.stack([each.targets_rad[0] for each in clips])
    count = len(clips)
    on_clips = StartBank(
        views.qpos, views.qvel, jnp.asarray(first, jnp.float32), views.sensordata,
        jnp.zeros(count, bool), jnp.zeros((count, 3)), jnp.zeros(count),
    )  # fmt: skip
    return WildRobotEnv(config, physics, joined([home, on_clips]))


def _begun(env: WildRobotEnv, robots: Plan) -> EnvState:
    keys = jax.random.split(jax.random.key(0, impl="threefry2x32"), len(robots.start))

    @jax.jit
    @jax.vmap
    def begun(key: Array, command: Array, start: Array) -> EnvState:
        return env.reset(key, command=command, start=start, variant=jnp.zeros((), jnp.int32))

    state = begun(keys, jnp.asarray(robots.command), jnp.asarray(robots.start))
    task = state.task
    swept = np.isfinite(robots.tracked_velocity)
    tracked = jnp.where(swept, robots.command * np.nan_to_num(robots.tracked_velocity), task.velocity_filtered)
    errors = task.errors._replace(
        joint_zero_rad=jnp.zeros_like(task.errors.joint_zero_rad), play_rad=jnp.zeros_like(task.errors.play_rad)
    )
    never = jnp.full_like(task.push_at, _NEVER)
    task = task._replace(
        errors=errors, push_at=never, phase=jnp.asarray(robots.phase), velocity_filtered=tracked.astype(jnp.float32)
    )
    return state._replace(task=task)


def _delayed(robots: Plan, latency_steps: Any) -> Float[np.ndarray, "T robots joints"]:
    """Actions that are ahead of the clips by the latency, so that they take effect on time."""
    action, late = robots.action.copy(), np.asarray(latency_steps)
    for robot in np.flatnonzero(robots.clip >= 0):
        ahead = robots.action[late[robot] :, robot]
        action[: len(ahead), robot] = ahead
    return action


def _play(env: WildRobotEnv) -> Any:
    def step(state: EnvState, action: Array) -> tuple[EnvState, dict[str, Any]]:
        state = jax.vmap(env.step)(state, action)
        readings = jax.vmap(env.readings)(state)
        terms = {name.removeprefix("reward/"): v for name, v in state.metrics.items() if name.startswith("reward/")}
        return state, {
            "terms": terms,
            "reward": state.reward,
            "terminated": state.terminated,
            "truncated": state.truncated,
            "tracked": state.task.velocity_filtered,
            "qpos": state.physics.qpos,
            "qvel": state.physics.qvel,
            "ctrl": state.physics.ctrl,
            "load_N": readings.foot_load_N,
            "clearance_m": readings.foot_clearance_m,
            "torque_Nm": readings.torque_Nm,
            "obs": state.obs["state"],
        }

    def played(state: EnvState, actions: Array) -> dict[str, Any]:
        return jax.lax.scan(step, state, actions)[1]

    return jax.jit(played, compiler_options=env.physics.compiler_options)
