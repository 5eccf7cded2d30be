"""Faults of trainers and measurements: in copies of a healthy run, and in short trainings with a patched trainer."""

from __future__ import annotations

import dataclasses
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from benchmarks.autopsy_faults import Fault, given
from wildrobot.policy import Layer, Policy

POLICY = "policy.safetensors"
_SHORT_EPISODES = ("env.task.episode_length_s=1", "brax_ppo.num_timesteps=131072", "brax_ppo.num_envs=128",
                   "brax_ppo.batch_size=64")  # fmt: skip
"""Robots stand for a second, untrained as they are; so their episodes reach the time limit."""


def faults(run: Path, early: Path | None) -> tuple[Fault, ...]:
    """Of a healthy run that style has been a part of.

    Args:
      run: its folder, which is only read.
      early: a policy of the same experiment, of an early moment of its training.
    """
    copied = partial(_copied, run)
    found = (
        Fault("run", "healthy", run=partial(copied, lambda folder: None)),
        Fault("only_the_deviation_saved", "trainer", ("untouched_layers",), run=partial(copied, _reset_layers)),
        Fault("normaliser_not_saved", "trainer", ("normaliser_learned",), run=partial(copied, _no_normaliser)),
        Fault("normaliser_of_the_start", "trainer", ("normaliser_fits",), run=partial(copied, _stale_normaliser)),
        Fault("mirrored_legs_in_the_export", "measurement", ("saved_policy_acts_as_trained",),
              run=partial(copied, _swapped_outputs)),
        Fault("clip_in_the_place_of_tanh", "measurement", ("saved_policy_acts_as_trained",),
              run=partial(copied, _other_squash)),
        Fault("scaled_reward_in_the_log", "measurement", ("saved_policy_acts_as_trained",),
              run=partial(copied, _scaled_log)),
        Fault("two_processes_one_log", "measurement", ("log_is_sound",), run=partial(copied, _doubled_log)),
        Fault("learned_four_times_slower", "trainer", ("learning_curve",), run=partial(copied, _slow_log)),
        Fault("most_units_dead", "trainer", ("dead_units",), run=partial(copied, _dead_units)),
        Fault("discount_one_half", "trainer", ("horizon",), given("brax_ppo.discounting=0.5"),
              run=partial(copied, lambda folder: None)),
        Fault("learning_rate_a_hundred_times", "trainer", ("learning_rate",), given("brax_ppo.learning_rate=0.03"),
              run=partial(copied, lambda folder: None)),
        Fault("style_drowns_the_task", "task", ("style_share",), given("amp.style_weight=100"),
              run=partial(copied, lambda folder: None)),
        Fault("discriminator_never_updated", "trainer", ("discriminator",), run=partial(_trained, _dead_discriminator)),
        Fault("advantages_not_normalised", "trainer", ("update_size", "critic"),
              run=partial(_trained, _raw_advantages)),
        Fault("time_limit_not_bootstrapped", "trainer", ("time_limit_bootstrapped",),
              run=partial(_trained, _lost_truncation, _SHORT_EPISODES)),
        Fault("trained_in_short_episodes", "healthy",
              run=partial(_trained, lambda: mock.patch.dict({}), _SHORT_EPISODES)),
        Fault("trained_in_short", "healthy", run=partial(_trained, lambda: mock.patch.dict({}))),
    )  # fmt: skip
    if early is not None:
        skipped = partial(copied, lambda folder: shutil.copy(early, folder / POLICY))
        found += (Fault("best_checkpoint_skipped", "measurement", ("best_kept",), run=skipped),)
    return found


@contextmanager
def _copied(run: Path, change: Callable[[Path], Any]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "run"
        shutil.copytree(run, copy, ignore=shutil.ignore_patterns("tensorboard", "state", ".lock"))
        change(copy)
        yield copy


@contextmanager
def _trained(patch: Callable[[], AbstractContextManager[Any]], more: tuple[str, ...] = ()) -> Iterator[Path]:
    """A training of seconds, in this process, with the trainer patched."""
    from trainers.brax.amp import training
    from wildrobot.experiment import load_experiment

    style = ("amp.clips=[forward-0.10,forward-0.20]", "brax_ppo.num_timesteps=24576")
    with tempfile.TemporaryDirectory() as folder, patch():
        run = Path(folder) / "run"
        training.train(load_experiment("smoke", (*style, *more)), run)
        yield run


def _changed(folder: Path, change: Callable[[Policy], Policy]) -> None:
    change(Policy.load(folder / POLICY)).save(folder / POLICY)


def _reset_layers(folder: Path) -> None:
    rng = np.random.default_rng(0)

    def fresh(layer: Layer) -> Layer:
        size = layer.kernel.shape
        return Layer(
            rng.normal(0.0, size[0] ** -0.5, size).astype(np.float32), np.zeros_like(layer.bias)
        )  # fmt: skip

    _changed(folder, lambda policy: dataclasses.replace(policy, layers=tuple(fresh(each) for each in policy.layers)))


def _no_normaliser(folder: Path) -> None:
    def change(policy: Policy) -> Policy:
        mean, std = np.zeros_like(policy.observation_mean), np.ones_like(policy.observation_std)
        return dataclasses.replace(policy, observation_mean=mean, observation_std=std)

    _changed(folder, change)


def _stale_normaliser(folder: Path) -> None:
    """As after the falls of the first steps, in which everything moves five times as much."""
    _changed(folder, lambda policy: dataclasses.replace(policy, observation_std=5.0 * policy.observation_std))


def _swapped_outputs(folder: Path) -> None:
    def change(policy: Policy) -> Policy:
        names = policy.interface.action.joint_names
        order = np.arange(len(names))
        for left, right in (("left_hip_pitch", "right_hip_pitch"), ("left_knee_pitch", "right_knee_pitch")):
            order[[names.index(left), names.index(right)]] = names.index(right), names.index(left)
        last = policy.layers[-1]
        swapped = Layer(np.ascontiguousarray(last.kernel[:, order]), last.bias[order])
        return dataclasses.replace(policy, layers=(*policy.layers[:-1], swapped))

    _changed(folder, change)


def _other_squash(folder: Path) -> None:
    _changed(folder, lambda policy: dataclasses.replace(policy, squash="clip"))


def _log(folder: Path, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
    path = folder / "metrics.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("".join(json.dumps(line) + "\n" for line in change(lines)), encoding="utf-8")


def _scaled_log(folder: Path) -> None:
    _log(folder, lambda lines: [line | {"episode/sum_reward": 0.1 * line["episode/sum_reward"]} for line in lines])


def _doubled_log(folder: Path) -> None:
    half = partial(_log, folder, lambda lines: [*lines, *lines[len(lines) // 2 :]])
    half()


def _slow_log(folder: Path) -> None:
    """As if each step had taught a quarter."""
    _log(folder, lambda lines: [line | {"steps": 4 * line["steps"]} for line in lines])

    def change(policy: Policy) -> Policy:
        steps = 4 * policy.info.environment_steps
        return dataclasses.replace(policy, info=policy.info.model_copy(update={"environment_steps": steps}))

    _changed(folder, change)


def _dead_units(folder: Path) -> None:
    """Three quarters of the first hidden layer never answer."""

    def change(policy: Policy) -> Policy:
        first, *rest = policy.layers
        dead = np.arange(len(first.bias)) % 4 > 0
        silent = Layer(first.kernel, np.where(dead, -1e4, first.bias).astype(np.float32))
        return dataclasses.replace(policy, layers=(silent, *rest))

    _changed(folder, change)


def _lost_truncation() -> AbstractContextManager[Any]:
    import jax.numpy as jnp

    from adapters.brax_env import FreshAutoReset

    original = FreshAutoReset.step

    def step(self: FreshAutoReset, *args: Any) -> Any:
        state = original(self, *args)
        lost = dict.fromkeys(("truncation", "time_out"), jnp.zeros_like(state.reward))
        return dataclasses.replace(state, info={**state.info, **lost})

    return mock.patch.object(FreshAutoReset, "step", step)


def _dead_discriminator() -> AbstractContextManager[Any]:
    import jax

    from trainers.amp.learner import StyleLearner

    original = StyleLearner.learn

    def learn(self: StyleLearner, state: Any, batch: Any) -> Any:
        new, style, figures = original(self, state, batch)
        return new._replace(params=jax.tree.map(lambda old: old, state.params)), style, figures

    return mock.patch.object(StyleLearner, "learn", learn)


def _raw_advantages() -> AbstractContextManager[Any]:
    from brax.training.agents.ppo import losses

    return mock.patch.object(losses, "compute_ppo_loss", partial(losses.compute_ppo_loss, normalize_advantage=False))
