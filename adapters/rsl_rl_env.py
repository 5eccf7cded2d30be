"""`VectorWalkEnv` as the `VecEnv` of RSL-RL (rsl-rl-lib 5): batched tensors, and no Python per robot.

    observations["policy"]      what the robot's computer knows, for the actor
    observations["critic"]      what only a simulation knows, for the critic
    extras["time_outs"]         whose episode was truncated and not terminated, bool; a fall in the last step is a fall

In steps in which episodes end, besides:

    extras["final_obs"]         the last observations of those episodes; `observations` are the first of the next
    extras["log"]               figures of the episodes that ended, "episode/<name>": float32, a value for each of
                                them, in the order of the robots; RSL-RL's own logger shows their means
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import torch
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from jaxtyping import Float, Int64
from rsl_rl.env import VecEnv
from tensordict import TensorDict

from adapters.gymnasium_env import VectorWalkEnv
from wildrobot.policy.network import Squash

_GROUPS = {"policy": "state", "critic": "privileged_state"}
"""RSL-RL's groups of observations, and the core's names of them."""

Step = tuple[TensorDict, torch.Tensor, torch.Tensor, dict[str, Any]]


class RslRlVecEnv(VecEnv):
    """A batch of robots for RSL-RL, on the CPU. What a step returns is the caller's own: fresh, and not used again."""

    def __init__(self, robots: VectorWalkEnv, *, seed: int | None = None, squash: Squash = "clip"):
        """Adapts robots, and starts an episode of each, since RSL-RL asks for observations before anything else.

        Args:
          robots: made with `autoreset_mode=AutoresetMode.SAME_STEP` and `privileged=True`.
          seed: of the episodes, as in `VectorWalkEnv.reset`.
          squash: what makes an action of what RSL-RL's policies draw, which has no bounds.

        Raises:
          ValueError: for robots that were made otherwise.
        """
        mode = robots.metadata["autoreset_mode"]
        if mode != AutoresetMode.SAME_STEP or not isinstance(robots.single_observation_space, spaces.Dict):
            raise ValueError("RslRlVecEnv takes robots that were made with AutoresetMode.SAME_STEP and privileged=True")
        self.robots, self.squash = robots, squash
        self.num_envs, self.num_actions = robots.num_envs, robots.core.action_size
        self.max_episode_length = robots.core.config.episode_steps
        self.device, self.cfg = "cpu", robots.core.config
        robots.reset(seed=seed)

    def get_observations(self) -> TensorDict:
        """The newest observations: those that the last step has returned, or the first ones."""
        return self._grouped({name: np.array(value) for name, value in self.robots.state.obs.items()})

    def step(self, actions: Float[torch.Tensor, "batch joints"]) -> Step:
        """Moves every robot by one control step.

        Args:
          actions: joint target offsets before the squashing.

        Returns:
          Observations, rewards (batch,), dones (batch,) and extras.

        Raises:
          gymnasium.error.InvalidAction: for NaN.
        """
        bounded = actions.tanh() if self.squash == "tanh" else actions.clamp(-1.0, 1.0)
        observed, rewards, terminated, truncated, info = self.robots.step(bounded.numpy(force=True))
        ended = terminated | truncated
        extras: dict[str, Any] = {"time_outs": torch.from_numpy(truncated & ~terminated)}
        if info:
            figures = info["final_info"]["episode_metrics"]
            extras["final_obs"] = self._grouped(info["final_obs"])
            extras["log"] = {f"episode/{name}": torch.from_numpy(value[ended]) for name, value in figures.items()}
        return self._grouped(observed), torch.from_numpy(rewards), torch.from_numpy(ended), extras

    @property
    def episode_length_buf(self) -> Int64[torch.Tensor, " batch"]:
        """Control steps of each robot's episode; RSL-RL sets them so that time limits do not fall together.

        Pushes and new commands that would have come in the steps that are left out come at once.
        """
        return torch.from_numpy(np.array(self.robots.state.task.step)).long()

    @episode_length_buf.setter
    def episode_length_buf(self, lengths: Int64[torch.Tensor, " batch"]) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        episodes = self.robots.episodes
        task = episodes.state.task._replace(step=jnp.asarray(lengths.numpy(force=True), jnp.int32))
        self.robots.episodes = episodes._replace(state=episodes.state._replace(task=task))

    def _grouped(self, observed: dict[str, np.ndarray]) -> TensorDict:
        groups = {group: torch.from_numpy(observed[name]) for group, name in _GROUPS.items()}
        return TensorDict(groups, batch_size=[self.num_envs])
