"""Stable-Baselines3's own PPO: configuration in, run folder out. The reference that Brax's results are held against."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from gymnasium.vector import AutoresetMode
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import KVWriter, Logger
from stable_baselines3.common.policies import MultiInputActorCriticPolicy
from stable_baselines3.common.torch_layers import create_mlp
from stable_baselines3.common.vec_env import VecNormalize

from adapters.gymnasium_env import VectorWalkEnv
from adapters.sb3_vec_env import Sb3VecEnv
from trainers.progress import TrainingProgress
from trainers.run import RunFolder
from wildrobot.config import Experiment, Sb3PpoConfig
from wildrobot.env import WildRobotEnv, make_env
from wildrobot.errors import UsageError
from wildrobot.policy import Layer, Policy, PolicyInfo

FRAMEWORK = "sb3-ppo"

_ACTIVATIONS = {"swish": torch.nn.SiLU, "elu": torch.nn.ELU, "relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}
_MODEL, _NORMALIZER = "model.zip", "normalizer.pkl"
_MEAN_OVER_EPISODES = 100
"""As in Brax's log, the figures of episodes are means over this many of the newest."""

# What means the same in both frameworks is logged under Brax's name, so that the curves lie over each other.
_SHARED_NAMES = {
    "train/policy_gradient_loss": "training/policy_loss",
    "train/approx_kl": "training/kl_mean",
    "train/learning_rate": "training/learning_rate",
    "train/std": "training/policy_dist_mean_std",
    "time/fps": "training/sps",
}


def train(experiment: Experiment, run_path: Path) -> None:
    """Trains into a new run folder.

    Ctrl-C ends the process within a second or two, with a checkpoint and exit code 130.

    Raises:
      UsageError: for a folder that holds files.
    """
    settings = experiment.sb3_ppo
    core = make_env(experiment.env)
    with closing(RunFolder(run_path, experiment, trainer=FRAMEWORK)) as run:
        model = PPO(
            AsymmetricPolicy,
            _normalized(core, settings),
            learning_rate=LearningRate(settings),
            policy_kwargs={
                "net_arch": {
                    "pi": list(settings.policy_hidden_layer_sizes),
                    "vf": list(settings.value_hidden_layer_sizes),
                },
                "activation_fn": _ACTIVATIONS[settings.activation],
                "log_std_init": settings.log_std_init,
            },
            device="cpu",  # networks this small are faster there, and the robots' arrays lie there
            **settings.model_dump(include=_KEYWORDS),
        )
        _learn(model, core, experiment, run)


def resume(run_path: Path, overrides: Sequence[str] = ()) -> None:
    """Goes on from the newest checkpoint of a run, in the same folder, with fresh episodes.

    Args:
      run_path: the run folder.
      overrides: settings that differ from now on, e.g. `sb3_ppo.total_timesteps=30000000`.

    Raises:
      UsageError: for a folder of another trainer, or without a checkpoint, or that has nothing left to do.
    """
    run, experiment = RunFolder.reopened(run_path, overrides, trainer=FRAMEWORK)
    settings = experiment.sb3_ppo
    with closing(run):
        found = sorted(run.checkpoints_path.glob(f"*/{_MODEL}"))
        if not found:
            raise UsageError(f"{run_path}: holds no checkpoint to go on from; train into a new folder")
        core = make_env(experiment.env)
        robots = _normalized(core, settings, found[-1].with_name(_NORMALIZER))
        schedule = LearningRate(settings)
        changed = {**settings.model_dump(include=_KEYWORDS), "learning_rate": schedule, "lr_schedule": schedule}
        model = PPO.load(found[-1], env=robots, device="cpu", custom_objects=changed)
        if model.num_timesteps >= settings.total_timesteps:
            raise UsageError(
                f"{run_path}: has already been trained for {model.num_timesteps:,} steps; ask for more with "
                "sb3_ppo.total_timesteps=..."
            )
        if settings.learning_rate_schedule == "ADAPTIVE_KL":
            schedule.value = model.policy.optimizer.param_groups[0]["lr"]
        _learn(model, core, experiment, run)


class AsymmetricPolicy(MultiInputActorCriticPolicy):
    """An actor on what the robot senses (`state`) and a critic on everything (`privileged_state`)."""

    def _build_mlp_extractor(self) -> None:
        spaces: Any = self.observation_space
        sizes = {name: int(np.prod(space.shape)) for name, space in spaces.spaces.items()}  # in the extractor's order
        self.mlp_extractor: Any = AsymmetricMlp(sizes, self.net_arch, self.activation_fn).to(self.device)


class AsymmetricMlp(torch.nn.Module):
    """Two separate networks, each on its part of the joined observations; in the place of SB3's `MlpExtractor`."""

    def __init__(self, sizes: Mapping[str, int], net_arch: Any, activation_fn: type[torch.nn.Module]):
        super().__init__()
        ends = np.cumsum(list(sizes.values()))
        parts = {name: slice(end - sizes[name], end) for name, end in zip(sizes, ends.tolist(), strict=True)}
        self._actor_part, self._critic_part = parts["state"], parts["privileged_state"]
        self.policy_net = torch.nn.Sequential(*create_mlp(sizes["state"], -1, net_arch["pi"], activation_fn))
        self.value_net = torch.nn.Sequential(*create_mlp(sizes["privileged_state"], -1, net_arch["vf"], activation_fn))
        self.latent_dim_pi, self.latent_dim_vf = net_arch["pi"][-1], net_arch["vf"][-1]

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.forward_actor(features), self.forward_critic(features)

    def forward_actor(self, features: torch.Tensor) -> torch.Tensor:
        return self.policy_net(features[:, self._actor_part])

    def forward_critic(self, features: torch.Tensor) -> torch.Tensor:
        return self.value_net(features[:, self._critic_part])


class LearningRate:
    """SB3's learning rate schedule, called with the share of training that is left.

    `ADAPTIVE_KL` follows Schulman et al. 2017 (PPO, section 4, as Brax and RSL-RL do): where the divergence between
    old and new policy was above twice the wanted one, the rate is divided by 1.5; where below half of it, multiplied.
    """

    def __init__(self, settings: Sb3PpoConfig):
        self.value, self._settings = settings.learning_rate, settings

    def __call__(self, remaining: float | int) -> float:
        return self.value * remaining if self._settings.learning_rate_schedule == "LINEAR" else self.value

    def adapt(self, kl: float) -> None:
        """Takes the divergence [nat] of the newest update into account."""
        if self._settings.learning_rate_schedule != "ADAPTIVE_KL":
            return
        if kl > 2.0 * self._settings.desired_kl:
            self.value = max(self.value / 1.5, 1e-5)
        elif kl < 0.5 * self._settings.desired_kl:
            self.value = min(self.value * 1.5, 1e-2)


def to_policy(model: PPO, normalizer: VecNormalize, core: WildRobotEnv, settings: Sb3PpoConfig) -> Policy:
    """The actor as a neutral policy: the mean action, clipped to the box as `model.predict` does."""
    network: Any = model.policy
    linear = [module for module in network.mlp_extractor.policy_net if isinstance(module, torch.nn.Linear)]
    layers = [
        Layer(module.weight.detach().numpy().T.copy(), module.bias.detach().numpy().copy())
        for module in (*linear, network.action_net)
    ]
    statistics: Any = normalizer.obs_rms
    mean, variance = statistics["state"].mean, statistics["state"].var
    return Policy(
        layers=tuple(layers),
        activation=settings.activation,
        squash="clip",
        observation_mean=np.asarray(mean, np.float32),
        observation_std=np.sqrt(variance + normalizer.epsilon).astype(np.float32),
        observation_clip=float(normalizer.clip_obs),
        info=PolicyInfo.of(core, framework=FRAMEWORK, environment_steps=int(model.num_timesteps), seed=settings.seed),
    )


# Settings that are keywords of `stable_baselines3.PPO` under the same names.
_KEYWORDS = {
    "seed", "n_steps", "batch_size", "n_epochs", "gamma", "gae_lambda", "clip_range", "ent_coef", "vf_coef",
    "max_grad_norm", "target_kl",
}  # fmt: skip


def _normalized(core: WildRobotEnv, settings: Sb3PpoConfig, saved: Path | None = None) -> VecNormalize:
    robots = Sb3VecEnv(VectorWalkEnv(core, settings.num_envs, autoreset_mode=AutoresetMode.SAME_STEP, privileged=True))
    if saved is not None:
        return VecNormalize.load(str(saved), robots)
    return VecNormalize(robots, norm_reward=False, clip_obs=settings.observation_clip, gamma=settings.gamma)


def _learn(model: PPO, core: WildRobotEnv, experiment: Experiment, run: RunFolder) -> None:
    settings = experiment.sb3_ppo
    with TrainingProgress(settings.total_timesteps) as progress, _interruptible() as interrupted:
        progress.say(f"training on {core.physics.name} physics into {run.path}; Ctrl-C saves and stops")
        model.set_logger(Logger(folder=None, output_formats=[_RunWriter(run, progress)]))
        saving = _Saving(run, core, settings, interrupted)
        _seed(model, settings)
        left = settings.total_timesteps - model.num_timesteps
        model.learn(left, callback=saving, log_interval=1, reset_num_timesteps=False)
        saving.save()
        if interrupted.is_set():
            progress.say(
                f"interrupted; the policy so far is {run.policy_path}. "
                f'Go on with: python -m trainers sb3 --resume "{run.path}"'
            )
            raise SystemExit(130)
        progress.say(f"trained policy: {run.policy_path}")


def _seed(model: PPO, settings: Sb3PpoConfig) -> None:
    """Random numbers that no other seed, and no earlier part of the same run, has seen.

    Robot i of seed s is robot 0 of seed s + i, so seeds of training that follow each other would share their robots.
    """
    model.set_random_seed(settings.seed + model.num_timesteps)
    robots: Any = model.get_env()
    robots.seed(((settings.seed << 40) + model.num_timesteps) << 16)


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Turns the first Ctrl-C into a wish to stop; a second one interrupts as always."""
    event = threading.Event()

    def wish(signal_number: int, frame: FrameType | None) -> None:
        event.set()
        signal.signal(signal.SIGINT, previous)

    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    previous = signal.signal(signal.SIGINT, wish)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, previous)


class _Saving(BaseCallback):
    """Figures of episodes, checkpoints, and the end that a Ctrl-C asks for."""

    model: Any  # a PPO; SB3 declares any of its algorithms

    def __init__(self, run: RunFolder, core: WildRobotEnv, settings: Sb3PpoConfig, interrupted: threading.Event):
        super().__init__()
        self._run, self._core, self._settings, self._interrupted = run, core, settings, interrupted
        self._episodes: deque[dict[str, float]] = deque(maxlen=_MEAN_OVER_EPISODES)
        self._next_save = 0

    def _on_training_start(self) -> None:
        self._next_save = self.num_timesteps + self._interval

    def _on_step(self) -> bool:
        ended = np.flatnonzero(self.locals["dones"])
        self._episodes.extend(self.locals["infos"][robot]["episode_metrics"] for robot in ended)
        return not self._interrupted.is_set()

    def _on_rollout_start(self) -> None:
        kl = self.logger.name_to_value.get("train/approx_kl")
        if kl is not None:
            self.model.learning_rate.adapt(float(kl))
        if self.num_timesteps >= self._next_save:
            self.save()
            self._next_save += self._interval

    def _on_rollout_end(self) -> None:
        for name in self._episodes[0] if self._episodes else ():
            self.logger.record(f"episode/{name}", float(np.mean([each[name] for each in self._episodes])))

    @property
    def _interval(self) -> int:
        return max(1, self._settings.total_timesteps // self._settings.num_checkpoints)

    def save(self) -> None:
        """Writes a checkpoint in one stroke, and the neutral policy."""
        normalizer = self.model.get_vec_normalize_env()
        self._run.save_policy(to_policy(self.model, normalizer, self._core, self._settings))
        folder = self._run.checkpoints_path / f"{self.model.num_timesteps:012d}"
        part = folder.with_name(f".{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        self.model.save(part / _MODEL)
        normalizer.save(str(part / _NORMALIZER))
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(part, folder)


class _RunWriter(KVWriter):
    """SB3's log into the run folder and the display."""

    def __init__(self, run: RunFolder, progress: TrainingProgress):
        self._run, self._progress, self._since = run, progress, time.monotonic()

    def write(self, key_values: dict[str, Any], key_excluded: dict[str, tuple[str, ...]], step: int = 0) -> None:
        figures = {
            _SHARED_NAMES.get(name, name if name.startswith("episode/") else f"sb3/{name}"): float(value)
            for name, value in key_values.items()
            if isinstance(value, int | float | np.number) and np.isfinite(value)
        }
        self._run.log(step, figures)
        self._progress.update(step, figures)

    def close(self) -> None:
        """Nothing: the run folder is closed by its owner."""
