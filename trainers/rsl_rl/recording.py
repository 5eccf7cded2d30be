"""What RSL-RL's training loop writes while it runs: metrics, checkpoints, policies."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from jaxtyping import Shaped
from rsl_rl.runners import OnPolicyRunner
from rsl_rl.utils.logger import Logger

from adapters.gymnasium_env.vector import Episodes
from adapters.rsl_rl_env import RslRlVecEnv
from trainers import checkpoints as folders
from trainers import rollouts
from trainers.rsl_rl import checkpoints
from trainers.rsl_rl.policy import to_policy
from trainers.rsl_rl.settings import RslRlPpo
from trainers.session import Session
from trainers.value_errors import memory_steps, value_errors


class RolloutStart(NamedTuple):
    """What a rollout begins from besides the networks.

    Attributes:
      robots: their episodes.
      torch_state: of PyTorch's random numbers.
      figures: of the newest episodes, by name.
    """

    robots: Episodes
    torch_state: np.ndarray
    figures: dict[str, Shaped[np.ndarray, " episodes"]]

    @staticmethod
    def read(folder: Path, env: RslRlVecEnv) -> RolloutStart | None:
        """What a checkpoint has kept, by `rollouts.read`."""

        def made(robots: Episodes, arrays: rollouts.Arrays) -> RolloutStart:
            return RolloutStart(robots, figures=rollouts.group(arrays, "figures"), **arrays)

        return rollouts.read(folder, env.robots, made)

    def install(self, env: RslRlVecEnv) -> None:
        """Makes the next rollout begin from here."""
        env.robots.episodes = self.robots
        torch.set_rng_state(torch.from_numpy(self.torch_state.copy()))


class Stopped(Exception):
    """Ends RSL-RL's loop in the middle of a rollout."""


class Recorder(Logger):
    """In the place of the runner's logger: our run folder, checkpoints, and the end that a signal asks for."""

    def __init__(
        self,
        runner: OnPolicyRunner,
        env: RslRlVecEnv,
        settings: RslRlPpo,
        training: Session,
        steps: int,
        start: RolloutStart | None,
    ):
        """Takes the place of the runner's logger.

        Args:
          runner: whose logger it becomes.
          env: its robots.
          settings: of the training.
          training: where everything goes to.
          steps: environment steps up to now.
          start: what the run goes on from, if it does so exactly.
        """
        super().__init__(None, runner.cfg, env.cfg, env.num_envs, False, 1, 0, "cpu")
        self._runner, self._env, self._settings, self._training = runner, env, settings, training
        self._episodes = rollouts.RecentEpisodes(start.figures if start else None)
        self._steps = steps
        self._start: RolloutStart | None = None
        self._ages: list[np.ndarray] = []
        runner.logger = self

    @property
    def has_learned(self) -> bool:
        """Whether there was an update since the start of this process."""
        return self._start is not None

    def process_env_step(
        self, rewards: torch.Tensor, dones: torch.Tensor, extras: dict, intrinsic_rewards: torch.Tensor | None = None
    ) -> None:
        """Called after every control step of all robots."""
        if self._training.stop.is_set():
            raise Stopped
        names = {name.removeprefix("episode/"): values.numpy() for name, values in extras.get("log", {}).items()}
        self._episodes.extend(rollouts.each_episode(names))
        self._ages.append(np.asarray(self._env.robots.stepped.task.step))

    def log(
        self,
        it: int,
        start_it: int,
        total_it: int,
        collect_time: float,
        learn_time: float,
        loss_dict: dict,
        learning_rate: float,
        action_std: torch.Tensor,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        """Called after every update: logs under the names of the other trainers what means the same there."""
        done = it + 1
        self._steps += self._settings.steps_per_iteration
        losses = {f"rsl_rl/Loss/{name}": value for name, value in loss_dict.items() if name != "surrogate"}
        figures = (
            self._episodes.means
            | losses
            | {
                "training/sps": self._settings.steps_per_iteration / (collect_time + learn_time),
                "training/policy_loss": loss_dict["surrogate"],
                "training/learning_rate": learning_rate,
                "training/policy_dist_mean_std": action_std.mean().item(),
                "training/explained_variance": self._explained_variance(),
                "rsl_rl/kl_mean": self._divergence(),
                "rsl_rl/Perf/collection_time": collect_time,
                "rsl_rl/Perf/learning_time": learn_time,
            }
            | self._value_errors()
        )
        figures = {name: float(value) for name, value in figures.items() if np.isfinite(value)}
        self._training.run.log(self._steps, figures)
        self._training.progress.update(self._steps, figures)
        self._start = RolloutStart(self._env.robots.episodes, torch.get_rng_state().numpy(), self._episodes.figures)
        if done % self._settings.save_interval == 0 or done == total_it:
            self.save()

    def save(self) -> None:
        """Writes a checkpoint, as of the newest update, and the neutral policy; a rollout under way is not kept."""
        run, start = self._training.run, self._start
        assert start is not None
        run.check_owned()
        weights, age = self._runner.alg.actor.state_dict(), run.steps_before + self._steps
        run.save_policy(to_policy(weights, self._env.robots.core, self._settings, age))

        def fill(folder: Path) -> None:
            self._runner.save(str(folder / checkpoints.MODEL), {checkpoints.STEPS: self._steps})
            rollouts.write(folder, start)

        folders.write(run.path, self._steps, fill)

    def _explained_variance(self) -> float:
        """How much of the variance of the newest batch's returns the critic explained; NaN if they do not vary."""
        storage = self._runner.alg.storage
        left = (storage.returns - storage.values).var() / storage.returns.var()
        return 1.0 - float(left)

    def _value_errors(self) -> dict[str, float]:
        storage, settings = self._runner.alg.storage, self._settings
        value, target = (each.squeeze(-1).numpy(force=True) for each in (storage.values, storage.returns))
        memory = memory_steps(settings.gamma, settings.lam)
        at_limit = np.stack(self._ages) > self._env.max_episode_length - memory
        self._ages = []
        return {f"training/{name}": float(each) for name, each in value_errors(value, target, at_limit).items()}

    def _divergence(self) -> float:
        """KL(old || new) [nat] of the actions over the newest batch: how far update and normaliser have moved them."""
        storage, actor = self._runner.alg.storage, self._runner.alg.actor
        old, distribution = cast(Any, (storage.distribution_params, actor.distribution))
        with torch.inference_mode():
            # Without drawing from it, which would change the random numbers of the training.
            distribution.update(actor.mlp(actor.get_latent(storage.observations.flatten(0, 1))))
            return float(
                actor.get_kl_divergence(
                    tuple(each.flatten(0, 1) for each in old), actor.output_distribution_params
                ).mean()
            )
