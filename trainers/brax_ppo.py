"""Stock Brax PPO: configuration in, run folder out."""

from __future__ import annotations

import functools
import math
import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
from brax.training.agents.ppo import networks as ppo_networks
from brax.training.agents.ppo import train as ppo

from adapters.brax_env import BraxEnv, wrap_for_training
from trainers import brax_compat
from trainers.progress import TrainingProgress
from trainers.run import RunFolder
from wildrobot.config import BraxPpoConfig, Experiment
from wildrobot.env import WildRobotEnv, make_env
from wildrobot.errors import UsageError
from wildrobot.policy import Layer, Policy, PolicyInfo

FRAMEWORK = "brax-ppo"

# Settings that are ours, or that reach Brax by another way than a keyword of the same name.
_NOT_KEYWORDS = {"policy_hidden_layer_sizes", "value_hidden_layer_sizes", "activation", "stagger_episodes"}

_ACTIVATIONS = {"swish": jax.nn.swish, "elu": jax.nn.elu, "relu": jax.nn.relu, "tanh": jax.numpy.tanh}


def train(experiment: Experiment, run_path: Path) -> None:
    """Trains, with everything written to a new run folder.

    Ctrl-C ends the process at once with exit code 130; the policy of the last checkpoint is in the folder.

    Raises:
      UsageError: for a folder that exists, or a batch that the devices cannot share.
    """
    settings = experiment.brax_ppo
    _check_devices(settings)
    core = make_env(experiment.env)
    run = RunFolder(run_path, experiment, trainer=FRAMEWORK)
    with TrainingProgress(settings.num_timesteps) as progress:
        progress.say(f"training on {core.physics.name} physics into {run_path}; Ctrl-C keeps the last checkpoint")
        _in_background(lambda: _train(experiment, core, run, progress), run, progress)
        progress.say(f"trained policy: {run.policy_path}")
    run.close()


def network_factory(settings: BraxPpoConfig) -> functools.partial[ppo_networks.PPONetworks]:
    """Actor on what the robot senses, critic on everything."""
    return functools.partial(
        ppo_networks.make_ppo_networks,
        policy_hidden_layer_sizes=settings.policy_hidden_layer_sizes,
        value_hidden_layer_sizes=settings.value_hidden_layer_sizes,
        activation=_ACTIVATIONS[settings.activation],
        policy_obs_key="state",
        value_obs_key="privileged_state",
    )


def to_policy(params: Any, core: WildRobotEnv, settings: BraxPpoConfig, environment_steps: int) -> Policy:
    """Brax's (normaliser, policy, value) parameters as a neutral policy: the tanh of the mean action."""
    normalizer, network = params[0], params[1]["params"]
    names = sorted(network, key=lambda name: int(name.removeprefix("hidden_")))
    layers = [Layer(np.asarray(network[name]["kernel"]), np.asarray(network[name]["bias"])) for name in names]
    # The last layer gives means and standard deviations; only the means act.
    last = layers[-1]
    layers[-1] = Layer(last.kernel[:, : core.action_size], last.bias[: core.action_size])
    size = sum(size for _, size in core.observation_layout)
    mean, std = np.zeros(size, np.float32), np.ones(size, np.float32)
    if settings.normalize_observations:
        mean, std = np.asarray(normalizer.mean["state"]), np.asarray(normalizer.std["state"])
    return Policy(
        layers=tuple(layers),
        activation=settings.activation,
        squash="tanh",
        observation_mean=mean,
        observation_std=std,
        observation_clip=None,
        info=PolicyInfo.of(
            core,
            framework=FRAMEWORK,
            environment_steps=environment_steps,
            seed=settings.seed,
        ),
    )


def _train(experiment: Experiment, core: WildRobotEnv, run: RunFolder, progress: TrainingProgress) -> None:
    settings = experiment.brax_ppo
    steps_per_batch = settings.batch_size * settings.num_minibatches * settings.unroll_length * settings.action_repeat

    def report(steps: int, metrics: Mapping[str, Any]) -> None:
        figures = _figures(metrics)
        run.log(steps, figures)
        progress.update(steps, figures)

    def save(steps: int, _make_policy: Any, params: Any) -> None:
        if steps > 0:  # Brax also calls before training
            run.save_policy(to_policy(params, core, settings, steps))

    brax_compat.install()
    wrap: Any = wrap_for_training  # Brax declares a function of one argument and calls it with four
    ppo.train(
        environment=BraxEnv(core, stagger_episodes=settings.stagger_episodes),
        eval_env=BraxEnv(core),
        wrap_env_fn=wrap,
        episode_length=experiment.env.episode_steps,
        network_factory=network_factory(settings),
        log_training_metrics=True,
        training_metrics_steps=4 * steps_per_batch,
        progress_fn=report,
        policy_params_fn=save,
        save_checkpoint_path=str(run.checkpoints_path),
        **settings.model_dump(exclude=_NOT_KEYWORDS),
    )


def _in_background(work: Any, run: RunFolder, progress: TrainingProgress) -> None:
    """Runs the work in a thread, so that Ctrl-C need not wait until JAX returns from an epoch of minutes."""
    failure: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:  # handed to the main thread, which raises it
            failure.append(error)

    thread = threading.Thread(target=guarded, name="training", daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(timeout=0.5)
    except KeyboardInterrupt:
        progress.__exit__(None, None, None)
        kept = f"the policy of the last checkpoint is {run.policy_path}"
        progress.say(f"interrupted; {kept if run.policy_path.exists() else 'there was no checkpoint yet'}")
        sys.stderr.flush()
        # The thread is inside compiled code and cannot be stopped in any gentler way.
        os._exit(130)
    if failure:
        raise failure[0]


def _figures(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Brax's metrics as finite floats under the names that we log."""
    figures = {name.removesuffix("_per_step"): float(value) for name, value in metrics.items()}
    return {name: value for name, value in figures.items() if math.isfinite(value)}


def _check_devices(settings: BraxPpoConfig) -> None:
    devices = jax.local_device_count()
    for name in ("num_envs", "batch_size"):
        value = getattr(settings, name)
        if value % devices:
            raise UsageError(
                f"brax_ppo.{name}={value} cannot be shared by {devices} devices; choose a multiple of {devices}, "
                "or show JAX fewer devices (for example CUDA_VISIBLE_DEVICES=0)"
            )
