"""The training itself, from the start or from a checkpoint."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import torch
from gymnasium.vector import AutoresetMode
from rsl_rl.runners import OnPolicyRunner

from adapters.gymnasium_env import VectorWalkEnv
from adapters.rsl_rl_env import RslRlVecEnv
from trainers.lock import RunLock
from trainers.pytorch import limit_threads
from trainers.resuming import check_unchanged, loading, newest_checkpoint, rollout_start
from trainers.rollouts import robots_seed
from trainers.rsl_rl import checkpoints
from trainers.rsl_rl.policy import FRAMEWORK, ActorKind, install, model_settings
from trainers.rsl_rl.recording import Recorder, RolloutStart, Stopped
from trainers.rsl_rl.settings import RslRlPpo
from trainers.run import RunFolder, check_inputs, lock_run, read_run
from trainers.session import session
from trainers.tracking import FILES_ONLY, Tracking
from trainers.warm_start import WarmStart, privileged_moments
from wildrobot.env import WildRobotEnv, make_env
from wildrobot.errors import UsageError
from wildrobot.experiment import Experiment
from wildrobot.policy import Policy, check_fits

# Settings that are keywords of `rsl_rl.algorithms.PPO` under the same names.
_KEYWORDS = {
    "num_learning_epochs", "num_mini_batches", "gamma", "lam", "clip_param", "entropy_coef", "value_loss_coef",
    "use_clipped_value_loss", "learning_rate", "schedule", "desired_kl", "max_grad_norm",
    "normalize_advantage_per_mini_batch",
}  # fmt: skip
# What may change without fresh episodes.
_FREE = ("rsl_rl_ppo.max_iterations", "rsl_rl_ppo.save_interval")
# Settings that a checkpoint has already decided.
_FIXED = ("actor_hidden_dims", "critic_hidden_dims", "activation", "init_std", "std_type", "learning_rate")


def train(
    experiment: Experiment, run_path: Path, start: WarmStart | None = None, *, tracking: Tracking = FILES_ONLY
) -> None:
    """Trains into a new run folder.

    Ctrl-C, SIGTERM and SIGHUP end it after the control step or the update that is under way, with a checkpoint.

    Args:
      experiment: matched to the policy, where training starts from one (`match_policy`).
      run_path: the folder to make.
      start: the policy that training starts from; None for a new one.
      tracking: what else gets its metrics, and whether it is filmed.

    Raises:
      UsageError: for a folder that holds files, and a policy of another robot.
    """
    core = make_env(experiment.env)
    if start is not None:
        check_fits(start.policy, core)
    settings = experiment.section(RslRlPpo)
    runner = new_runner(core, settings, start and start.policy)
    run = RunFolder(run_path, experiment, trainer=FRAMEWORK, start=start, tracking=tracking)
    with closing(run):
        _learn(runner, settings, run, begin=0, steps=0)


def new_runner(core: WildRobotEnv, settings: RslRlPpo, policy: Policy | None = None) -> OnPolicyRunner:
    """A runner of RSL-RL on its robots, with a new critic; its actor is new, too, or acts as a policy does."""
    runner = _runner(core, settings, ActorKind.of(policy))
    if policy is not None:
        privileged = privileged_moments(core, policy, settings.seed)
        install(policy, runner.alg.actor, runner.alg.critic, privileged)
    return runner


def resume(run_path: Path, overrides: Sequence[str] = (), *, tracking: Tracking = FILES_ONLY) -> None:
    """Goes on from the newest checkpoint of a run, in the same folder, exactly as if it had never stopped.

    With overrides other than of `rsl_rl_ppo.max_iterations` and `rsl_rl_ppo.save_interval`, all robots begin fresh
    episodes.

    Args:
      run_path: the run folder.
      overrides: settings that differ from now on, e.g. `rsl_rl_ppo.max_iterations=2000`.
      tracking: what else gets its metrics from now on, and whether it is filmed.

    Raises:
      UsageError: for a folder of another trainer, or without a checkpoint, or that has nothing left to do; for an
        override of what the checkpoint has decided. The folder is then as it was.
    """
    with closing(lock_run(run_path, trainers=(FRAMEWORK,))) as lock:
        _resume(run_path, overrides, lock, tracking)


def _resume(run_path: Path, overrides: Sequence[str], lock: RunLock, tracking: Tracking) -> None:
    before, experiment, _ = read_run(run_path, overrides, trainers=(FRAMEWORK,))
    check_inputs(run_path, experiment, ())
    check_unchanged(run_path, before, experiment, RslRlPpo, _FIXED)
    settings = experiment.section(RslRlPpo)
    newest = newest_checkpoint(run_path, checkpoints.MODEL)
    core = make_env(experiment.env)
    with loading(run_path, newest):
        saved = checkpoints.read(newest / checkpoints.MODEL)
        done, steps = saved[checkpoints.ITERATION] + 1, saved["infos"][checkpoints.STEPS]
        runner = _runner(core, settings, ActorKind.saved(saved["actor_state_dict"]), steps)
        runner.alg.load(saved, None, strict=True)
    if done >= settings.max_iterations:
        raise UsageError(
            f"{run_path}: has already been trained for {done:,} iterations; ask for more with "
            "rsl_rl_ppo.max_iterations=..."
        )
    start, why_fresh = rollout_start(newest, before, experiment, _FREE, lambda: RolloutStart.read(newest, _env(runner)))
    run = RunFolder.reopened(run_path, experiment, steps=steps, lock=lock, tracking=tracking)
    with closing(run):
        if why_fresh:
            print(f"{run_path}: all robots begin fresh episodes, {why_fresh}", file=sys.stderr)
        _learn(runner, settings, run, begin=done, steps=steps, start=start)


def _runner(core: WildRobotEnv, settings: RslRlPpo, kind: ActorKind, steps: int = 0) -> OnPolicyRunner:
    """A new runner, with random numbers that no other seed, and no earlier part of the same run, has seen."""
    torch.manual_seed(settings.seed + steps)
    walk = VectorWalkEnv(core, settings.num_envs, autoreset_mode=AutoresetMode.SAME_STEP, privileged=True)
    configuration = {
        "num_steps_per_env": settings.num_steps_per_env,
        "obs_groups": {"actor": ["policy"], "critic": ["critic"]},
        "algorithm": {"class_name": "PPO", **settings.model_dump(include=_KEYWORDS)},
        **model_settings(settings, kind),
    }
    env = RslRlVecEnv(walk, seed=robots_seed(settings.seed, steps), squash=kind.squash)
    with contextlib.redirect_stdout(io.StringIO()):  # RSL-RL prints its networks
        # Networks this small are faster on the CPU, and the robots' arrays lie there.
        return OnPolicyRunner(env, configuration, device="cpu")


def _env(runner: OnPolicyRunner) -> RslRlVecEnv:
    env: Any = runner.env
    return env


def _learn(
    runner: OnPolicyRunner,
    settings: RslRlPpo,
    run: RunFolder,
    *,
    begin: int,
    steps: int,
    start: RolloutStart | None = None,
) -> None:
    """Trains from update `begin`, counted from 0, which comes after so many environment steps."""
    limit_threads()
    env, left = _env(runner), settings.max_iterations - begin
    with session(run, env.robots.core, "rsl_rl", steps + left * settings.steps_per_iteration) as training:
        recorder = Recorder(runner, env, settings, training, steps, start)
        runner.current_learning_iteration = begin
        if start is not None:
            start.install(env)
        try:
            # As every user of RSL-RL does: first episodes of different length, so that time limits do not coincide.
            runner.learn(left, init_at_random_ep_len=start is None)
        except Stopped:
            training.interrupted(recorder.save if recorder.has_learned else None)
        training.complete()
