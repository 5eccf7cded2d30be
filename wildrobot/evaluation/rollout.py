"""Plays episodes and records what the metrics need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from wildrobot.env import WildRobotEnv
from wildrobot.evaluation.suite import Suite
from wildrobot.state import EnvState, where

Actor = Callable[[Float[Array, "batch n"]], Float[Array, "batch 17"]]
"""A deterministic policy in JAX: actor observations to actions."""

_CHUNK_STEPS = 50
"""Control steps per compiled call: long enough to cost nothing, short enough to show progress."""


def hold_home(env: WildRobotEnv) -> Actor:
    """The baseline: the action 0, whose joint targets are the home pose."""
    return lambda observation: jnp.zeros((len(observation), env.action_size))


@dataclass(frozen=True)
class Episodes:
    """E episodes of one command, in float32. Sample k, of T + 1, is k control periods after the start.

    A robot that falls or diverges is frozen there; its samples from then on have `alive` False and mean nothing.

    Attributes:
      command: vx [m/s], vy [m/s], yaw rate [rad/s], shape (3,).
      control_period_s: time between samples.
      alive: has not fallen up to this sample, shape (T + 1, E).
      position_m: base on the ground plane, world frame, shape (T + 1, E, 2).
      velocity_m_per_s: base velocity on the ground plane, heading frame, shape (T + 1, E, 2).
      heading_rad: shape (T + 1, E).
      foot_position_m: sole centres on the ground plane, world frame; left, right; shape (T + 1, E, 2, 2).
      foot_clearance_m: height of the lowest corner of each sole, shape (T + 1, E, 2).
      foot_load_N: shape (T + 1, E, 2).
      torque_Nm: in actuator order, shape (T + 1, E, 17).
      film_qpos: configurations of the first episode, which starts at home, shape (T + 1, 24).
    """

    command: np.ndarray
    control_period_s: float
    alive: np.ndarray
    position_m: np.ndarray
    velocity_m_per_s: np.ndarray
    heading_rad: np.ndarray
    foot_position_m: np.ndarray
    foot_clearance_m: np.ndarray
    foot_load_N: np.ndarray
    torque_Nm: np.ndarray
    film_qpos: np.ndarray


def play(
    env: WildRobotEnv, actor: Actor, suite: Suite, on_progress: Callable[[int, int], None] = lambda done, total: None
) -> list[Episodes]:
    """Plays every command, all episodes at once.

    There is no auto-reset, so each robot plays exactly one episode and short ones do not count more often. Episode i
    has the same start state and the same random key under every command.

    Args:
      env: made from `suite.judged(...)`.
      actor: what acts.
      suite: what is played.
      on_progress: called with the control steps done and those to do.

    Returns:
      One recording per command, in the order of `suite.commands_m_per_s`.
    """
    commands = np.zeros((len(suite.commands_m_per_s), 3), np.float32)
    commands[:, 0] = suite.commands_m_per_s
    filmed = np.arange(len(commands)) * suite.episodes
    steps = env.config.episode_steps

    def step(carry: tuple[EnvState, Bool[Array, " batch"]], _: None) -> tuple[tuple, dict[str, Array]]:
        state, alive = carry
        moved = jax.vmap(env.step)(state, actor(state.obs["state"]))
        state = where(alive, _lean(moved), state)
        alive = alive & ~moved.terminated
        return (state, alive), _sample(env, state, alive, filmed)

    @jax.jit
    def chunk(carry: tuple) -> tuple[tuple, dict[str, Array]]:
        return jax.lax.scan(step, carry, length=min(_CHUNK_STEPS, steps))

    state, alive = jax.jit(lambda: _starts(env, jnp.asarray(commands), suite))()
    recorded = [jax.tree.map(lambda x: np.asarray(x)[None], _sample(env, state, alive, filmed))]
    carry, done = (state, alive), 0
    while done < steps:
        carry, samples = chunk(carry)
        # The last chunk may run past the end; a second length would have to be compiled.
        keep = min(_CHUNK_STEPS, steps - done)
        recorded.append({name: np.asarray(x[:keep]) for name, x in samples.items()})
        done += keep
        on_progress(done, steps)
    joined = {name: np.concatenate([part.pop(name) for part in recorded]) for name in list(recorded[0])}
    return [_one_command(joined, command, i, suite.episodes, env) for i, command in enumerate(commands)]


def _starts(
    env: WildRobotEnv, commands: Float[Array, "commands 3"], suite: Suite
) -> tuple[EnvState, Bool[Array, " batch"]]:
    episodes, count = suite.episodes, len(commands)
    keys = jnp.tile(jax.random.split(jax.random.key(suite.seed), episodes), count)
    starts = jnp.tile(jnp.arange(episodes) % env.physics.starts.count, count)
    nominal = jnp.zeros((), jnp.int32)
    state = jax.vmap(lambda key, command, start: env.reset(key, command=command, start=start, variant=nominal))(
        keys, jnp.repeat(commands, episodes, axis=0), starts
    )
    return _lean(state), jnp.ones(episodes * count, bool)


def _lean(state: EnvState) -> EnvState:
    """Drops what the next step does not need, so that rewards and the critic's observation are not computed."""
    return state._replace(obs={"state": state.obs["state"]}, reward=jnp.zeros_like(state.reward), metrics={})


def _sample(env: WildRobotEnv, state: EnvState, alive: Bool[Array, " batch"], filmed: np.ndarray) -> dict[str, Array]:
    readings = jax.vmap(env.readings)(state)
    return {
        "alive": alive,
        "position_m": readings.base_position_m[:, :2],
        "velocity_m_per_s": readings.base_velocity_heading_m_per_s[:, :2],
        "heading_rad": readings.heading_rad,
        "foot_position_m": readings.foot_position_m[:, :, :2],
        "foot_clearance_m": readings.foot_clearance_m,
        "foot_load_N": readings.foot_load_N,
        "torque_Nm": readings.torque_Nm,
        "film_qpos": state.physics.qpos[filmed],
    }


def _one_command(
    joined: dict[str, np.ndarray], command: np.ndarray, index: int, episodes: int, env: WildRobotEnv
) -> Episodes:
    mine = slice(index * episodes, (index + 1) * episodes)
    arrays = {name: x[:, index] if name == "film_qpos" else x[:, mine] for name, x in joined.items()}
    return Episodes(command=command, control_period_s=float(env.control_period_s), **arrays)
