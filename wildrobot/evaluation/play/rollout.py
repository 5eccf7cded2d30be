"""Plays episodes and records what the metrics need."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from wildrobot.evaluation.play.actions import ActionRule
from wildrobot.evaluation.play.batch import EvalBatch
from wildrobot.evaluation.play.case import Play
from wildrobot.evaluation.play.episodes import Episodes, RobotFacts
from wildrobot.motion.features import features
from wildrobot.state import EnvState, tree_where
from wildrobot.task.view import Readings

_CHUNK_STEPS = 50
"""Control steps per compiled call: long enough to cost nothing, short enough to show progress."""


class Rollout:
    """Plays the robots of one batch. What is compiled is kept, and serves every policy of the same structure."""

    def __init__(self, batch: EvalBatch, *, record_features: bool = False):
        """Takes a batch, and whether `Episodes.features` are recorded."""
        self.batch, self._record_features = batch, record_features
        self._filmed = np.arange(len(batch.plays)) * batch.episodes
        options = batch.env.physics.compiler_options
        self._chunk = jax.jit(self._advance, static_argnums=0, compiler_options=options)
        self._begin = jax.jit(self._starts)

    def play(self, rule: ActionRule, on_progress: Callable[[int], None] = lambda steps: None) -> dict[Play, Episodes]:
        """Plays all episodes of all cases at once.

        There is no auto-reset: each robot plays exactly one episode, and short ones do not count more often. Episode i
        has the same start state and the same random key in every case, whatever acts.

        Args:
          rule: what acts.
          on_progress: called with the number of environment steps just done.
        """
        batch, steps = self.batch, self.batch.env.config.episode_steps
        robots = len(batch.plays) * batch.episodes
        state, alive = self._begin()
        recorded = [jax.tree.map(lambda x: np.asarray(x)[None], self._sample(state, alive))]
        carry, done = (state, alive, jnp.zeros((), jnp.int32)), 0
        while done < steps:
            carry, samples = self._chunk(rule.function, rule.parameters, carry)
            # The last chunk may run past the end; a second length would have to be compiled.
            keep = min(_CHUNK_STEPS, steps - done)
            recorded.append({name: np.asarray(x[:keep]) for name, x in samples.items()})
            done += keep
            on_progress(keep * robots)
        joined = {name: np.concatenate([part.pop(name) for part in recorded]) for name in list(recorded[0])}
        return {play: self._episodes(joined, play, index) for index, play in enumerate(batch.plays)}

    def _advance(self, function: Any, parameters: Any, carry: tuple) -> tuple[tuple, dict[str, Array]]:
        step = partial(self._step, function, parameters)
        return jax.lax.scan(step, carry, length=min(_CHUNK_STEPS, self.batch.env.config.episode_steps))

    def _step(
        self, function: Any, parameters: Any, carry: tuple[EnvState, Bool[Array, " batch"], Int[Array, ""]], _: None
    ) -> tuple[tuple, dict[str, Array]]:
        state, alive, count = carry
        keys = jax.vmap(jax.random.fold_in, (0, None))(self._episode_keys(), count)
        action = function(parameters, state.obs["state"], keys)
        if self.batch.push is None:
            moved = jax.vmap(self.batch.env.step)(state, action)
        else:
            moved = jax.vmap(self.batch.env.step)(state, action, self._push_N(state, count))
        state = tree_where(alive, _without_rewards(moved), state)
        alive = alive & ~moved.terminated
        return (state, alive, count + 1), self._sample(state, alive)

    def _push_N(self, state: EnvState, count: Int[Array, ""]) -> Float[Array, "batch 3"]:
        """The force on each robot now, turned with the heading that it started with, which is 0."""
        push = self.batch.push
        assert push is not None
        on = (count >= push.first_step) & (count < push.first_step + push.steps)
        return jnp.where(on, jnp.asarray(push.force_N), 0.0)

    def _starts(self) -> tuple[EnvState, Bool[Array, " batch"]]:
        batch, keys = self.batch, self._episode_keys()

        def start(key: Array, command: Array, start: Array, variant: Array) -> EnvState:
            return batch.env.reset(key, command=command, start=start, variant=variant)

        state = jax.vmap(start)(keys, batch.commands, batch.starts, batch.variants)
        return _without_rewards(state), jnp.ones(len(keys), bool)

    def _episode_keys(self) -> Array:
        """The same for episode i of every case."""
        keys = jax.random.split(jax.random.key(self.batch.seed, impl="threefry2x32"), self.batch.episodes)
        return jnp.tile(keys, len(self.batch.plays))

    def _sample(self, state: EnvState, alive: Bool[Array, " batch"]) -> dict[str, Array]:
        env = self.batch.env
        readings = jax.vmap(env.readings)(state)
        more = {"features": jax.vmap(partial(features, env.robot))(state.physics)} if self._record_features else {}
        own = {"alive": alive, "action": state.task.last_action, "film_qpos": state.physics.qpos[self._filmed]}
        return own | from_readings(readings) | more

    def _episodes(self, joined: dict[str, np.ndarray], play: Play, index: int) -> Episodes:
        mine = slice(index * self.batch.episodes, (index + 1) * self.batch.episodes)
        arrays = {name: x[:, index] if name == "film_qpos" else x[:, mine] for name, x in joined.items()}
        env = self.batch.env
        model = env.physics.variants.models[int(self.batch.variants[mine.start])]
        return Episodes(
            command=np.asarray(play.command, np.float32),
            control_period_s=float(env.control_period_s),
            robot=RobotFacts.from_model(env.robot, model),
            **arrays,
        )


def from_readings(readings: Readings) -> dict[str, Array]:
    """What `Episodes` hold of the readings of many robots, by name."""
    return {
        "position_m": readings.base_position_m[:, :2],
        "velocity_m_per_s": readings.base_velocity_heading_m_per_s[:, :2],
        "heading_rad": readings.heading_rad,
        "yaw_rate_rad_per_s": readings.yaw_rate_rad_per_s,
        "gravity": readings.gravity,
        "joint_velocity_rad_per_s": readings.joint_velocity_rad_per_s,
        "torque_Nm": readings.torque_Nm,
        "foot_position_m": readings.foot_position_m[:, :, :2],
        "foot_velocity_m_per_s": readings.foot_velocity_m_per_s[:, :, :2],
        "foot_clearance_m": readings.foot_clearance_m,
        "foot_load_N": readings.foot_load_N,
    }


def _without_rewards(state: EnvState) -> EnvState:
    """Drops what the next step does not need, so that rewards and the critic's observation are not computed."""
    return state._replace(obs={"state": state.obs["state"]}, reward=jnp.zeros_like(state.reward), metrics={})
