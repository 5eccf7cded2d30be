"""The environment core as a Brax environment, and its vectorising, time-limit and auto-reset layer.

Brax's own wrappers restart every episode from one cached state and leave `info` stale, and Playground's
full reset loses `truncation`; hence a layer of our own, with their keys and meanings:

    info["truncation"]        1 where an episode ended by its time limit and not by a fall
    info["time_out"]          the same, under the name that PPO's `bootstrap_on_timeout` reads
    info["steps"]             control steps in this episode, the one that just ended included
    info["episode_done"]      `done`, kept where other wrappers may overwrite it
    info["episode_metrics"]   totals of this episode; where `episode_done`, those of the finished one
    info["final_obs"]         the observation before any reset
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from brax.envs.base import Env, State, Wrapper
from jaxtyping import Array, Bool, Float

from adapters import episodes
from wildrobot.draws import threefry
from wildrobot.env import WildRobotEnv
from wildrobot.state import tree_where

Observations = dict[str, Float[Array, "*batch n"]]


class BraxEnv(Env):
    """One robot. `done` means fallen: the time limit is the wrapper's, as everywhere in Brax."""

    def __init__(self, core: WildRobotEnv, *, stagger_episodes: bool = False):
        """Adapts a core.

        Args:
          core: the environment.
          stagger_episodes: let the first episodes after a reset of the whole batch be of random length, so that
            time limits do not fall together.
        """
        self.core = core
        self.stagger_episodes = stagger_episodes

    def reset(self, rng: Array) -> State:
        """A fresh episode of one robot."""
        state: Any = self.core.reset(rng)  # Brax types it as a state of its own engines, but never looks inside
        return State(
            pipeline_state=state,
            obs=state.obs,
            reward=state.reward,
            done=jnp.zeros_like(state.reward),
            metrics=_per_step(state.metrics),
            info=dict.fromkeys(("truncation", "time_out"), jnp.zeros_like(state.reward)),
        )

    def step(self, state: State, action: Float[Array, " joints"]) -> State:
        """One control step of one robot; never resets."""
        before: Any = state.pipeline_state
        core: Any = self.core.step(before, action)
        time_out = (core.truncated & ~core.terminated).astype(jnp.float32)
        return dataclasses.replace(
            state,
            pipeline_state=core,
            obs=core.obs,
            reward=core.reward,
            done=core.terminated.astype(jnp.float32),
            metrics={**state.metrics, **_per_step(core.metrics)},
            info={**state.info, "truncation": time_out, "time_out": time_out},
        )

    @property
    def observation_size(self) -> dict[str, tuple[int, ...]]:
        """Shapes of `state` (actor) and `privileged_state` (critic)."""
        obs = jax.eval_shape(self.core.reset, jax.random.PRNGKey(0)).obs
        return {name: value.shape for name, value in obs.items()}

    @property
    def action_size(self) -> int:
        """One action per servo."""
        return self.core.action_size

    @property
    def backend(self) -> str:
        """Name of the physics engine."""
        return self.core.physics.name

    @property
    def dt(self) -> float:
        """Control period [s]."""
        return self.core.control_period_s


def wrap_for_training(
    env: Env, episode_length: int, action_repeat: int = 1, randomization_fn: Callable[..., Any] | None = None
) -> FreshAutoReset:
    """The `wrap_env_fn` of `ppo.train`.

    Args:
      env: a `BraxEnv`.
      episode_length: time limit in control steps.
      action_repeat: control steps per action.
      randomization_fn: must be None; robots are randomised by the bank of variants.
    """
    if randomization_fn is not None:
        raise ValueError("randomization_fn is not used here: robots vary through env.variants in the configuration")
    return FreshAutoReset(env, episode_length, action_repeat)


class FreshAutoReset(Wrapper):
    """A batch of robots, each of which starts a fresh episode in the step in which its last one ends."""

    def __init__(self, env: Env, episode_length: int, action_repeat: int = 1):
        super().__init__(env)
        self.episode_length = episode_length
        self.action_repeat = action_repeat

    def reset(self, rng: Array) -> State:
        """Fresh episodes for a batch of keys."""
        keys = episodes.split_keys(rng)
        state = jax.vmap(self.env.reset)(keys.first)
        zeros = jnp.zeros_like(state.reward)
        steps = zeros
        if getattr(self.env.unwrapped, "stagger_episodes", False):
            draw = jax.vmap(lambda key: jax.random.randint(threefry(key), (), 0, self.episode_length))
            steps = draw(keys.spare).astype(jnp.float32)
        totals = dict.fromkeys(("sum_reward", "length", *state.metrics), zeros)
        info = {
            **state.info,
            "reset_key": keys.following,
            "steps": steps,
            "episode_done": zeros,
            "episode_metrics": totals,
            "final_obs": state.obs,
        }
        return dataclasses.replace(state, info=info)

    def step(self, state: State, action: Float[Array, "batch joints"]) -> State:
        """One step of every robot; where an episode ends, `obs` is the first one of the next."""
        ended_before = state.info["episode_done"]
        inner, reward = self._repeated(state, action)
        steps = jnp.where(ended_before > 0, 0.0, state.info["steps"]) + self.action_repeat
        fallen = inner.done > 0
        late = (steps >= self.episode_length) | (inner.info["truncation"] > 0)
        done = fallen | late
        time_out = (late & ~fallen).astype(jnp.float32)

        # The starts of new episodes; in most steps no episode ends, and nothing is computed for them.
        running = (inner.pipeline_state, inner.obs, state.info["reset_key"])
        pipeline_state, obs, reset_key = jax.lax.cond(done.any(), self._restarted, lambda _, same: same, done, running)
        info = {
            **inner.info,
            "truncation": time_out,
            "time_out": time_out,
            "reset_key": reset_key,
            "steps": steps,
            "episode_done": done.astype(jnp.float32),
            "episode_metrics": self._totals(state, inner, reward),
            "final_obs": inner.obs,
        }
        return dataclasses.replace(
            inner,
            pipeline_state=pipeline_state,
            obs=obs,
            reward=reward,
            done=done.astype(jnp.float32),
            info=info,
        )

    def _restarted(self, done: Bool[Array, " batch"], running: tuple[Any, Observations, Array]) -> Any:
        """Fresh episodes where `done`, and the running ones elsewhere."""
        reset_key = running[2]
        fresh = jax.vmap(self.env.reset)(reset_key)
        return tree_where(done, (fresh.pipeline_state, fresh.obs, episodes.next_keys(reset_key)), running)

    def _repeated(self, state: State, action: Float[Array, "batch joints"]) -> tuple[State, Float[Array, " batch"]]:
        """Applies the action `action_repeat` times; a robot that falls on the way stays as it fell."""
        state = jax.vmap(self.env.step)(state, action)
        reward = state.reward
        for _ in range(self.action_repeat - 1):
            later = jax.vmap(self.env.step)(state, action)
            over = (state.done > 0) | (state.info["truncation"] > 0)
            reward = reward + jnp.where(over, 0.0, later.reward)
            state = tree_where(over, state, later)
        return state, reward

    def _totals(self, before: State, now: State, reward: Float[Array, " batch"]) -> dict[str, Float[Array, " batch"]]:
        ended_before = before.info["episode_done"] > 0
        gained = {name: now.metrics[name] for name in before.info["episode_metrics"] if name in now.metrics}
        gained |= {"sum_reward": reward, "length": jnp.full_like(reward, self.action_repeat)}
        # Selected, not multiplied by zero: 0 x NaN would stay NaN for ever.
        return {
            name: jnp.where(ended_before, 0.0, total) + gained[name]
            for name, total in before.info["episode_metrics"].items()
        }


def _per_step(metrics: dict[str, Float[Array, "*batch"]]) -> dict[str, Float[Array, "*batch"]]:
    """Brax's logger divides what ends in `_per_step` by the length of the episode."""
    return {f"{name}_per_step": value for name, value in metrics.items()}
