"""AMP for SB3: the Brax trainer's discriminator pays for style, through a `VecEnvWrapper` and a rollout buffer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import flax.serialization
import jax
import jax.numpy as jnp
import numpy as np
import torch
from gymnasium import spaces
from jaxtyping import Float
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import DictRolloutBuffer
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvStepReturn

from adapters.gymnasium_env import VectorWalkEnv
from trainers.amp.learner import AmpState, Experience, StyleLearner, mixed
from trainers.amp.reference import check_time_base
from trainers.amp.settings import Amp
from trainers.sb3.checkpoints import AMP
from wildrobot.errors import UsageError
from wildrobot.motion import features

_EXPERIENCE = ("replay", "history")
"""What a run with fresh episodes collects again."""


class StyleRewards(VecEnvWrapper):
    """Keeps what robots do in a rollout, and says at its end what style it is paid for.

    The order is that of the Brax trainer: the discriminator learns from a rollout, and then judges it.

    Attributes:
      figures: of the newest rollout that is complete, by name.
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
        self.figures: dict[str, float] = {}
        self._collected: list[Experience] = []
        self._see = jax.jit(jax.vmap(lambda robot: features.features(walk.core.robot, robot)))
        self._learn = jax.jit(self.learner.learn)
        self._environment_steps = 0

    def reset(self) -> Any:
        # No window reaches back to before a reset.
        history = self.state.history
        self.state = self.state._replace(history=history._replace(ended=jnp.ones_like(history.ended)))
        self._collected = []
        return self.venv.reset()

    def step_wait(self) -> VecEnvStepReturn:
        followed = self._walk.state.task.command
        obs, rewards, dones, infos = self.venv.step_wait()
        seen = self._see(self._walk.stepped.physics)
        now = Experience(seen[:, None], jnp.asarray(dones, jnp.float32)[:, None], followed[:, None])
        self._collected.append(now)
        return obs, self.learner.settings.task_weight * rewards, dones, infos

    def pay(self) -> Float[np.ndarray, "steps robots"]:
        """Teaches the discriminator by the rollout that is complete; returns what is paid for the rollout's style."""
        batch = jax.tree.map(lambda *steps: jnp.concatenate(steps, axis=1), *self._collected)
        self._collected = []
        self.state, style, figures = self._learn(self.state, batch)
        self.figures = {f"style/{name}": float(value) for name, value in figures.items()}
        none, steps = jnp.zeros_like(style), jnp.float32(self._environment_steps)
        self._environment_steps += style.size
        return np.asarray(mixed(self.learner.settings, none, style, steps, self._walk.core.control_period_s)).T

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
        self._environment_steps = environment_steps


class StyledRolloutBuffer(DictRolloutBuffer):
    """A rollout whose style is paid for when it is complete, just before SB3 computes its returns."""

    style: StyleRewards

    @staticmethod
    def of(model: PPO, style: StyleRewards) -> StyledRolloutBuffer:
        """A buffer of the same size and settings as the model's own, which it replaces."""
        assert isinstance(model.observation_space, spaces.Dict)
        buffer = StyledRolloutBuffer(
            model.n_steps,
            model.observation_space,
            model.action_space,
            device=model.device,
            gamma=model.gamma,
            gae_lambda=model.gae_lambda,
            n_envs=model.n_envs,
        )
        buffer.style = style
        return buffer

    def compute_returns_and_advantage(self, last_values: torch.Tensor, dones: np.ndarray) -> None:
        self.rewards += self.style.pay()
        super().compute_returns_and_advantage(last_values, dones)
