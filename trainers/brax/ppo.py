"""Stock Brax PPO: configuration in, run folder out."""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from brax.training.acme import specs
from brax.training.agents.ppo import checkpoint
from brax.training.agents.ppo import train as ppo

from adapters.brax_env import BraxEnv, wrap_for_training
from trainers.brax import compat
from trainers.brax.devices import check_devices
from trainers.brax.networks import FRAMEWORK, network_factory, to_policy
from trainers.brax.settings import BraxPpo
from trainers.brax.warm_start import parameters
from trainers.digests import write_digests
from trainers.kept import keep
from trainers.progress import TrainingProgress
from trainers.run import RunFolder
from trainers.tracking import FILES_ONLY, Tracking
from trainers.warm_start import WarmStart, privileged_moments
from wildrobot.env import WildRobotEnv, make_env
from wildrobot.experiment import Experiment
from wildrobot.policy import Policy, check_fits
from wildrobot.signals import end, noted


def train(
    experiment: Experiment, run_path: Path, start: WarmStart | None = None, *, tracking: Tracking = FILES_ONLY
) -> None:
    """Trains, with everything written to a new run folder.

    Ctrl-C, SIGTERM and SIGHUP end the process at once; the policy of the last checkpoint is in the folder.

    Args:
      experiment: matched to the policy, where training starts from one (`match_policy`).
      run_path: the folder to make.
      start: the policy that training starts from; None for a new one.
      tracking: what else gets its metrics, and whether it is filmed.

    Raises:
      UsageError: for a folder that holds files, a batch that the devices cannot split, or a policy of another robot.
    """
    settings = experiment.section(BraxPpo)
    check_devices(settings, jax.local_device_count())
    core = make_env(experiment.env)
    if start is not None:
        check_fits(start.policy, core)
    run = RunFolder(run_path, experiment, trainer=FRAMEWORK, start=start, tracking=tracking)
    with TrainingProgress(settings.num_timesteps) as progress:
        progress.say(f"training on {core.physics.name} physics into {run_path}; Ctrl-C keeps the last checkpoint")
        saving = threading.Lock()
        try:
            work = functools.partial(_train, experiment, core, run, progress, start and start.policy, saving)
            _in_background(work, run, progress, saving)
            run.complete(progress.say)
        finally:
            run.close()


def _train(
    experiment: Experiment,
    core: WildRobotEnv,
    run: RunFolder,
    progress: TrainingProgress,
    policy: Policy | None,
    saving: threading.Lock,
) -> None:
    settings = experiment.section(BraxPpo)
    squash, observation_clip, restored = "tanh", None, {}
    if policy is not None:
        squash, observation_clip = policy.squash, policy.observation_clip
        params = parameters(policy, privileged_moments(core, policy, settings.seed))
        restored = {"restore_params": params, "restore_value_fn": False}

    def report(steps: int, metrics: Mapping[str, Any]) -> None:
        figures = _figures(metrics)
        run.log(steps, figures)
        progress.update(steps, figures)

    environment: Any = BraxEnv(core, stagger_episodes=settings.stagger_episodes)
    networks = network_factory(settings, squash, observation_clip)

    def save(steps: int, _make_policy: Any, params: Any) -> None:
        if steps == 0:  # Brax also calls before training
            return
        with saving:
            _save(steps, params)

    def _save(steps: int, params: Any) -> None:
        run.check_owned()
        run.save_policy(to_policy(params, core, settings, run.steps_before + steps, observation_clip))
        # What `ppo.train` does by itself with `save_checkpoint_path`, but at a moment when digests can follow.
        sizes: Any = {
            name: specs.Array(shape, jnp.dtype("float32")) for name, shape in environment.observation_size.items()
        }
        config = checkpoint.network_config(sizes, core.action_size, settings.normalize_observations, networks)
        checkpoint.save(str(run.checkpoints_path), steps, params, config)
        folder = run.checkpoints_path / f"{steps:012d}"
        keep(run.path, folder)
        write_digests(folder)

    compat.install()
    wrap: Any = wrap_for_training  # Brax declares a function of one argument and calls it with four
    ppo.train(
        environment=environment,
        eval_env=BraxEnv(core),
        wrap_env_fn=wrap,
        episode_length=experiment.env.episode_steps,
        network_factory=networks,
        log_training_metrics=True,
        training_metrics_steps=4 * settings.steps_per_update,
        progress_fn=report,
        policy_params_fn=save,
        **restored,
        **settings.keywords(),
    )


def _in_background(work: Any, run: RunFolder, progress: TrainingProgress, saving: threading.Lock) -> None:
    """Runs the work in a thread, so that a signal need not wait until JAX returns from an epoch of minutes."""
    failure: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:  # handed to the main thread, which raises it
            failure.append(error)

    thread = threading.Thread(target=guarded, name="training", daemon=True)
    with noted(late=lambda: None) as stop:
        thread.start()
        while thread.is_alive() and not stop.is_set():
            thread.join(timeout=0.5)
        if thread.is_alive():
            # The thread is inside compiled code and cannot be stopped in any gentler way; but a checkpoint is finished.
            saving.acquire()
            progress.hide()
            kept = f"the policy of the last checkpoint is {run.policy_path}"
            progress.say(f"interrupted; {kept if run.policy_path.exists() else 'there was no checkpoint yet'}")
            run.close()
            end(stop.exit_code)
    if failure:
        raise failure[0]


_OF_LEARNING = ("sps", "learning_rate", "kl_", "policy_", "v_loss", "entropy_loss", "total_loss")
"""How the names of Brax's metrics of its updates begin."""


def _figures(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Brax's metrics as finite floats under the names that we log.

    Between its evaluations, Brax labels metrics of updates as if they were of episodes.
    """
    figures = {}
    for name, value in metrics.items():
        kind, _, own = name.removesuffix("_per_step").partition("/")
        kind = "training" if kind == "episode" and own.startswith(_OF_LEARNING) else kind
        figures[f"{kind}/{own}"] = float(value)
    return {name: value for name, value in figures.items() if math.isfinite(value)}
