"""The training itself, from the start or from a checkpoint."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gymnasium.vector import AutoresetMode
from stable_baselines3 import PPO
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.vec_env import VecEnv, VecNormalize

from adapters.gymnasium_env import VectorWalkEnv
from adapters.sb3_vec_env import Sb3VecEnv
from trainers.amp.settings import Amp
from trainers.lock import RunLock
from trainers.pytorch import limit_threads
from trainers.resuming import check_unchanged, loading, newest_checkpoint, rollout_start
from trainers.rollouts import robots_seed
from trainers.run import RunFolder, check_inputs, lock_run, read_run
from trainers.sb3 import checkpoints
from trainers.sb3.learning_rate import LearningRate
from trainers.sb3.policy import AMP_FRAMEWORK, FRAMEWORK, network_settings
from trainers.sb3.recording import Recorder, RunWriter
from trainers.sb3.rollout_start import RolloutStart
from trainers.sb3.settings import Sb3Ppo
from trainers.sb3.warm_start import install, policy_class
from trainers.session import session
from trainers.tracking import FILES_ONLY, Tracking
from trainers.warm_start import WarmStart, privileged_moments
from wildrobot.env import WildRobotEnv, make_env
from wildrobot.errors import UsageError
from wildrobot.experiment import Experiment
from wildrobot.policy import Policy, check_fits

if TYPE_CHECKING:
    from trainers.sb3.style import StyleRewards

# Settings that are keywords of `stable_baselines3.PPO` under the same names.
_KEYWORDS = {
    "seed", "n_steps", "batch_size", "n_epochs", "gamma", "gae_lambda", "clip_range", "ent_coef", "vf_coef",
    "max_grad_norm", "target_kl",
}  # fmt: skip
_FRAMEWORKS = (FRAMEWORK, AMP_FRAMEWORK)
# What may change without fresh episodes.
_FREE = ("sb3_ppo.total_timesteps", "sb3_ppo.num_checkpoints")
# Settings that a checkpoint has already decided.
_FIXED = (
    "policy_hidden_layer_sizes", "value_hidden_layer_sizes", "activation", "log_std_init", "observation_clip",
    "learning_rate",
)  # fmt: skip


def train(
    experiment: Experiment,
    run_path: Path,
    start: WarmStart | None = None,
    *,
    amp: bool = False,
    tracking: Tracking = FILES_ONLY,
) -> None:
    """Trains into a new run folder.

    Ctrl-C, SIGTERM and SIGHUP end it after the control step or the update that is under way, with a checkpoint.

    Args:
      experiment: matched to the policy, where training starts from one (`match_policy`).
      run_path: the folder to make.
      start: the policy that training starts from; None for a new one.
      amp: whether to pay for style, too, by the section `amp`.
      tracking: what else gets its metrics, and whether it is filmed.

    Raises:
      UsageError: for a folder that holds files, a policy of another robot, and clips that cannot be used.
    """
    core = make_env(experiment.env)
    if start is not None:
        check_fits(start.policy, core)
    settings = experiment.section(Sb3Ppo)
    robots, style = _robots(core, settings, experiment.section(Amp) if amp else None)
    model = new_model(core, settings, start and start.policy, robots)
    framework = AMP_FRAMEWORK if amp else FRAMEWORK
    clips = experiment.section(Amp).clips if amp else ()
    run = RunFolder(run_path, experiment, trainer=framework, start=start, clips=clips, tracking=tracking)
    with closing(run):
        _learn(model, core, experiment, run, style)


def new_model(
    core: WildRobotEnv, settings: Sb3Ppo, policy: Policy | None = None, robots: VecNormalize | None = None
) -> PPO:
    """A PPO of SB3 on its robots, with a new critic; its actor is new, too, or acts as a policy does."""
    if robots is None:
        robots, _ = _robots(core, settings, None)
    model = PPO(
        policy_class(policy),
        robots,
        learning_rate=LearningRate(settings),
        policy_kwargs=network_settings(settings),
        device="cpu",  # networks this small are faster there, and the robots' arrays lie there
        **settings.model_dump(include=_KEYWORDS),
    )
    if policy is not None:
        install(policy, model, robots, privileged_moments(core, policy, settings.seed))
    return model


def resume(run_path: Path, overrides: Sequence[str] = (), *, tracking: Tracking = FILES_ONLY) -> None:
    """Goes on from the newest checkpoint of a run, in the same folder, exactly as if it had never stopped.

    With overrides other than of `sb3_ppo.total_timesteps` and `sb3_ppo.num_checkpoints`, and from checkpoints of
    versions that did not keep them, all robots begin fresh episodes.

    Args:
      run_path: the run folder.
      overrides: settings that differ from now on, e.g. `sb3_ppo.total_timesteps=30000000`.
      tracking: what else gets its metrics from now on, and whether it is filmed.

    Raises:
      UsageError: for a folder of another trainer, or without a checkpoint, or that has nothing left to do; for an
        override of what the checkpoint has decided. The folder is then as it was.
    """
    with closing(lock_run(run_path, trainers=_FRAMEWORKS)) as lock:
        _resume(run_path, overrides, lock, tracking)


def _resume(run_path: Path, overrides: Sequence[str], lock: RunLock, tracking: Tracking) -> None:
    before, experiment, framework = read_run(run_path, overrides, trainers=_FRAMEWORKS)
    amp = experiment.section(Amp) if framework == AMP_FRAMEWORK else None
    check_inputs(run_path, experiment, amp.clips if amp else ())
    check_unchanged(run_path, before, experiment, Sb3Ppo, _FIXED)
    settings = experiment.section(Sb3Ppo)
    newest = newest_checkpoint(run_path, checkpoints.MODEL)
    core = make_env(experiment.env)
    schedule = LearningRate(settings)
    with loading(run_path, newest):
        robots, style = _robots(core, settings, amp, newest / checkpoints.NORMALIZER)
        model = PPO.load(
            newest / checkpoints.MODEL,
            env=robots,
            device="cpu",
            custom_objects={
                **settings.model_dump(include=_KEYWORDS),
                "learning_rate": schedule,
                "lr_schedule": schedule,
            },
        )
    if model.num_timesteps >= settings.total_timesteps:
        raise UsageError(
            f"{run_path}: has already been trained for {model.num_timesteps:,} steps; ask for more with "
            "sb3_ppo.total_timesteps=..."
        )
    start, why_fresh = rollout_start(newest, before, experiment, _FREE, lambda: RolloutStart.read(newest, model))
    if style is not None:
        style.load(newest, model.num_timesteps, fresh_episodes=start is None)
    rate = model.policy.optimizer.param_groups[0]["lr"] if start is None else float(start.learning_rate)
    schedule.go_on_from(rate)
    run = RunFolder.reopened(run_path, experiment, steps=model.num_timesteps, lock=lock, tracking=tracking)
    with closing(run):
        if why_fresh:
            print(f"{run_path}: all robots begin fresh episodes, {why_fresh}", file=sys.stderr)
        _learn(model, core, experiment, run, style, start)


def _robots(
    core: WildRobotEnv, settings: Sb3Ppo, amp: Amp | None, saved: Path | None = None
) -> tuple[VecNormalize, StyleRewards | None]:
    """The robots under a normaliser of observations, a new one or a saved one; with `amp`, what pays for style."""
    walk = VectorWalkEnv(core, settings.num_envs, autoreset_mode=AutoresetMode.SAME_STEP, privileged=True)
    robots: VecEnv = Sb3VecEnv(walk)
    style = None
    if amp is not None:
        if amp.method != "ADVERSARIAL":
            raise UsageError(f"--amp: amp.method={amp.method} is for brax-amp alone; choose ADVERSARIAL")
        try:
            # The discriminator is made of Brax's parts, which nothing else here needs.
            from trainers.sb3.style import StyleRewards
        except ModuleNotFoundError as error:
            raise UsageError(f'--amp needs {error.name}: pip install "wildrobot[brax]"') from None
        robots = style = StyleRewards(robots, walk, amp, steps_per_batch=settings.n_steps, seed=settings.seed)
    if saved is not None:
        return VecNormalize.load(str(saved), robots), style
    clip = float("inf") if settings.observation_clip is None else settings.observation_clip
    return VecNormalize(robots, norm_reward=False, clip_obs=clip, gamma=settings.gamma), style


def _learn(
    model: PPO,
    core: WildRobotEnv,
    experiment: Experiment,
    run: RunFolder,
    style: StyleRewards | None,
    start: RolloutStart | None = None,
) -> None:
    settings = experiment.section(Sb3Ppo)
    limit_threads()
    with session(run, core, "sb3", settings.total_timesteps) as training:
        model.set_logger(Logger(folder=None, output_formats=[RunWriter(run, training.progress)]))
        recorder = Recorder(run, core, settings, training.stop, style)
        if style is not None:
            from trainers.sb3.style import StyledRolloutBuffer

            model.rollout_buffer = StyledRolloutBuffer.of(model, style)
        if start is None:
            _seed(model, settings)
        else:
            start.install(model)
            recorder.go_on_from(start)
        begin = model.num_timesteps
        model.learn(settings.total_timesteps - begin, callback=recorder, log_interval=1, reset_num_timesteps=False)
        if model.num_timesteps >= settings.total_timesteps:
            recorder.finish(interrupted=False)
            training.complete()
            return
        updated = model.num_timesteps - begin >= settings.n_steps * settings.num_envs
        training.interrupted((lambda: recorder.finish(interrupted=True)) if updated else None)


def _seed(model: PPO, settings: Sb3Ppo) -> None:
    """Random numbers that no other seed, and no earlier part of the same run, has seen."""
    model.set_random_seed(settings.seed + model.num_timesteps)
    robots: Any = model.get_env()
    robots.seed(robots_seed(settings.seed, model.num_timesteps))
