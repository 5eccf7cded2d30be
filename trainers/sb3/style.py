"""AMP for SB3: the Brax trainer's discriminator pays for style, through a `VecEnvWrapper` and a callback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import flax.serialization
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvStepReturn

from adapters.gymnasium_env import VectorWalkEnv
from trainers.amp.learner import SPAN, AmpState, Experience, StyleLearner, mixed
from trainers.amp.reference import check_time_base
from trainers.amp.settings import Amp
from trainers.sb3.checkpoints import AMP
from wildrobot.errors import UsageError
from wildrobot.motion import features
from wildrobot.physics import PhysicsState

_EXPERIENCE = ("replay", "history")
"""What a run whose episodes are new collects anew."""


class StyleRewards(VecEnvWrapper):
    """Adds the style reward to the task's at every step, and keeps what the discriminator is to learn from.

    SB3 computes returns as soon as a rollout is complete, so the discriminator that pays in a rollout is the one that
    has learned from the rollout before.
    """

    def __init__(self, robots: VecEnv, walk: VectorWalkEnv, settings: Amp, *, steps_per_batch: int, seed: int):
        """Wraps robots.

        Args:
          robots: the bridge around `walk`.
          walk: whose state is judged.
          settings: of the discriminator.
          steps_per_batch: control steps of one robot in a rollout.
          seed: of the discriminator.

        Raises:
          UsageError: for reference clips that cannot be used.
        """
        super().__init__(robots)
        self._walk = walk
        check_time_base(walk.core.control_period_s)
        self.learner = StyleLearner(walk.core.robot, settings, robots=walk.num_envs, steps_per_batch=steps_per_batch)
        self.state: AmpState = jax.jit(self.learner.init)(jax.random.PRNGKey(seed))
        self._recent = self.state.history
        self._collected: list[Experience] = []
        self._watch, self._learn = jax.jit(self._watched), jax.jit(self.learner.learn)
        self._environment_steps = 0

    def reset(self) -> Any:
        # No window reaches back to before a reset.
        self._recent = self._recent._replace(ended=jnp.ones_like(self._recent.ended))
        self.state = self.state._replace(history=self._recent)
        self._collected = []
        return self.venv.reset()

    def step_wait(self) -> VecEnvStepReturn:
        followed = self._walk.state.task.command
        obs, rewards, dones, infos = self.venv.step_wait()
        self._environment_steps += self.num_envs
        ended = jnp.asarray(dones, jnp.float32)
        now, self._recent, rewards = self._watch(
            self.state,
            self._recent,
            self._walk.stepped.physics,
            ended,
            followed,
            rewards,
            float(self._environment_steps),
        )
        self._collected.append(now)
        return obs, np.array(rewards), dones, infos

    def learn(self) -> dict[str, float]:
        """Teaches the discriminator by the rollout that is complete; returns its figures."""
        batch = jax.tree.map(lambda *steps: jnp.concatenate(steps, axis=1), *self._collected)
        self._collected = []
        self.state, _, figures = self._learn(self.state, batch)
        return {f"style/{name}": float(value) for name, value in figures.items()}

    def callback(self) -> BaseCallback:
        """Teaches the discriminator while SB3 learns."""
        return StyleCallback(self)

    def save(self, folder: Path) -> None:
        """Writes what has been learned and experienced, as of the start of the rollout, into a checkpoint."""
        (folder / AMP).write_bytes(flax.serialization.to_bytes(self.state._asdict()))

    def load(self, folder: Path, environment_steps: int, *, fresh_episodes: bool) -> None:
        """Goes on from what `save` wrote.

        Args:
          folder: the checkpoint; older versions wrote no experience, and all episodes are fresh then.
          environment_steps: that it was written after.
          fresh_episodes: whether the robots' episodes are new, and their past is to be forgotten.

        Raises:
          UsageError: if it is missing, damaged, or of another discriminator.
        """
        own = self.state._asdict()
        if fresh_episodes:
            own = {name: value for name, value in own.items() if name not in _EXPERIENCE}
        try:
            written = flax.serialization.msgpack_restore((folder / AMP).read_bytes())
            read = flax.serialization.from_state_dict(own, {name: written[name] for name in own})
            fits = jax.tree.map(jnp.shape, read) == jax.tree.map(jnp.shape, own)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(f"{folder / AMP}: cannot be read ({error}); train into a new folder") from None
        if not fits:
            raise UsageError(f"{folder / AMP}: is of other layers; amp.hidden_layer_sizes cannot change now")
        self.state = self.state._replace(**jax.tree.map(jnp.asarray, read))
        self._recent = self.state.history
        self._environment_steps = environment_steps

    def _watched(
        self,
        state: AmpState,
        recent: Experience,
        physics: PhysicsState,
        ended: Float[Array, " N"],
        followed: Float[Array, "N 3"],
        rewards: Float[Array, " N"],
        environment_steps: Float[Array, ""],
    ) -> tuple[Experience, Experience, Float[Array, " N"]]:
        """This step's experience, the steps that the next window may begin in, and the rewards with style."""
        seen = jax.vmap(lambda robot: features.features(self._walk.core.robot, robot))(physics)
        now = Experience(seen[:, None], ended[:, None], followed[:, None])
        steps = jax.tree.map(lambda before, this: jnp.concatenate([before, this], axis=1), recent, now)
        style = self.learner.style(state, steps)[:, 0]
        period_s = self._walk.core.control_period_s
        rewards = mixed(self.learner.settings, rewards, style, environment_steps, period_s)
        return now, jax.tree.map(lambda each: each[:, -SPAN:], steps), rewards


class StyleCallback(BaseCallback):
    """Teaches the discriminator at the end of each rollout, and logs its figures."""

    def __init__(self, rewards: StyleRewards):
        super().__init__()
        self._rewards = rewards

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        for name, value in self._rewards.learn().items():
            self.logger.record(name, value)
