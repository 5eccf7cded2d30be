"""What goes out of SB3's training loop while it runs: figures, checkpoints, policies."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import KVWriter

from adapters.gymnasium_env import VectorWalkEnv
from trainers import rollouts
from trainers.progress import TrainingProgress
from trainers.run import RunFolder
from trainers.sb3 import checkpoints
from trainers.sb3.policy import AMP_FRAMEWORK, FRAMEWORK, to_policy
from trainers.sb3.rollout_start import RolloutStart
from trainers.sb3.settings import Sb3Ppo
from trainers.value_errors import memory_steps, value_errors
from wildrobot.env import WildRobotEnv
from wildrobot.signals import Stop

if TYPE_CHECKING:
    from trainers.sb3.style import StyleRewards

# What means the same in both frameworks is logged under Brax's name, so that the curves lie over each other. Losses of
# the critic and divergences do not: Brax scales the one, and computes the other in closed form over all passes.
_SHARED_NAMES = {
    "train/policy_gradient_loss": "training/policy_loss",
    "train/learning_rate": "training/learning_rate",
    "train/std": "training/policy_dist_mean_std",
    "train/explained_variance": "training/explained_variance",
    "train/clip_fraction": "training/clip_fraction",
    "train/value_error": "training/value_error",
    "train/value_error_at_limit": "training/value_error_at_limit",
    "train/share_at_limit": "training/share_at_limit",
}


class Recorder(BaseCallback):
    """Means over episodes, checkpoints, the learning rate's adaption, and the end that a signal asks for."""

    model: Any  # a PPO; SB3 declares any of its algorithms

    def __init__(
        self,
        run: RunFolder,
        core: WildRobotEnv,
        settings: Sb3Ppo,
        stop: Stop,
        style: StyleRewards | None = None,
    ):
        super().__init__()
        self._run, self._core, self._settings, self._stop = run, core, settings, stop
        self._style = style
        self._episodes = rollouts.RecentEpisodes()
        self._next_save = 0
        self._start: RolloutStart | None = None
        self._ages: list[np.ndarray] = []

    def go_on_from(self, start: RolloutStart) -> None:
        """Takes the figures over of the episodes that ended before a run was interrupted."""
        self._episodes = rollouts.RecentEpisodes(start.figures)

    def _on_training_start(self) -> None:
        # Also where the run has gone on from between two checkpoints.
        self._next_save = (self.num_timesteps // self._interval + 1) * self._interval

    def _on_step(self) -> bool:
        ended = np.flatnonzero(self.locals["dones"])
        self._ages.append(np.asarray(self._walk.stepped.task.step))
        self._episodes.extend(self.locals["infos"][robot]["episode_metrics"] for robot in ended)
        return not self._stop.is_set()

    def _on_rollout_start(self) -> None:
        self._start, self._ages = self._rollout_start(), []
        # What the newest update has logged stays there until the end of this rollout.
        kl = self.logger.name_to_value.get("train/approx_kl")
        if kl is not None:
            self.model.learning_rate.adapt(float(kl))
        if self.num_timesteps >= self._next_save:
            self.save()
            self._next_save += self._interval

    def _on_rollout_end(self) -> None:
        of_style = {} if self._style is None else self._style.figures
        for name, value in (self._episodes.means | of_style).items():
            self.logger.record(name, value)
        for name, value in self._value_errors().items():
            self.logger.record(f"train/{name}", float(value))

    def _value_errors(self) -> dict[str, Any]:
        buffer, settings = self.model.rollout_buffer, self._settings
        memory = memory_steps(settings.gamma, settings.gae_lambda)
        return value_errors(
            buffer.values, buffer.returns, np.stack(self._ages) > self._core.config.episode_steps - memory
        )

    @property
    def _walk(self) -> VectorWalkEnv:
        return self.model.get_env().unwrapped.env

    @property
    def _interval(self) -> int:
        return max(1, self._settings.total_timesteps // self._settings.num_checkpoints)

    def finish(self, *, interrupted: bool) -> None:
        """Saves what has been learned; a rollout that is not complete is taken back, and collected again later."""
        if interrupted:
            assert self._start is not None
            self._start.rewind(self.model)
        else:
            self._start = self._rollout_start()
        self.save()

    def _rollout_start(self) -> RolloutStart:
        return RolloutStart.of(self.model, self.model.learning_rate.value, self._episodes.figures)

    def save(self) -> None:
        """Writes a checkpoint, as of the start of the rollout, and the neutral policy."""
        self._run.check_owned()
        normalizer = self.model.get_vec_normalize_env()
        weights, steps = self.model.policy.state_dict(), self._run.steps_before + self.model.num_timesteps
        framework = FRAMEWORK if self._style is None else AMP_FRAMEWORK
        self._run.save_policy(to_policy(weights, normalizer, self._core, self._settings, steps, framework))
        checkpoints.save(self._run.path, self.model, normalizer, self._save_more)

    def _save_more(self, folder: Path) -> None:
        assert self._start is not None
        rollouts.write(folder, self._start)
        if self._style is not None:
            self._style.save(folder)


class RunWriter(KVWriter):
    """SB3's log into the run folder and the display."""

    def __init__(self, run: RunFolder, progress: TrainingProgress):
        self._run, self._progress = run, progress
        self._last: tuple[float, int] | None = None

    def write(self, key_values: dict[str, Any], key_excluded: dict[str, tuple[str, ...]], step: int = 0) -> None:
        figures = {
            _SHARED_NAMES.get(name, name if name.startswith(("episode/", "style/")) else f"sb3/{name}"): float(value)
            for name, value in key_values.items()
            if isinstance(value, int | float | np.number) and np.isfinite(value)
        }
        now = time.monotonic()
        if self._last is not None:
            figures["training/sps"] = (step - self._last[1]) / (now - self._last[0])
        self._last = now, step
        self._run.log(step, figures)
        self._progress.update(step, figures)

    def close(self) -> None:
        """Nothing: the run folder is closed by its owner."""
