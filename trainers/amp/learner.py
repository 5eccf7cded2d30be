"""One learner of style for every trainer: what robots did goes in, style rewards come out, the discriminator learns."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from brax.training import networks, replay_buffers
from brax.training.acme import running_statistics, specs
from jaxtyping import Array, Bool, Float

from trainers.amp import discriminator
from trainers.amp.reference import Reference
from trainers.amp.settings import Amp
from wildrobot.errors import UsageError
from wildrobot.motion import features
from wildrobot.robot import Robot

SPAN = (features.WINDOW - 1) * features.EVERY
"""Control steps that a window needs before its last one."""
COMMAND_SIZE, COMMAND_UNIT = 3, 0.1
"""[m/s], [rad/s]: commands enter the discriminator in this unit, so that those of walking are about 1."""
LARGEST_NORMALIZED = 10.0
LEAST_STD = 0.01
"""Least deviation of a feature to divide by: what hardly varies is not blown up, nor noise mistaken for style."""


class Experience(NamedTuple):
    """What each robot did in control steps that follow each other.

    Attributes:
      features: after each step, before any reset.
      ended: 1 where the step ended an episode, else 0.
      command: that was followed in the step: vx [m/s], vy [m/s], yaw rate [rad/s].
    """

    features: Float[Array, "N T features"]
    ended: Float[Array, "N T"]
    command: Float[Array, "N T 3"]


def mixed(
    settings: Amp,
    task: Float[Array, "*N"],
    style: Float[Array, "*N"],
    environment_steps: Float[Array, ""],
    period_s: float,
) -> Float[Array, "*N"]:
    """The reward that is trained on (AMP eq. 4): both weighted, style by the second and rising from 0 at first."""
    risen = jnp.minimum(1.0, environment_steps / max(settings.style_rises_over_steps, 1))
    return settings.task_weight * task + settings.style_weight * period_s * risen * style


class AmpState(NamedTuple):
    """All that learning style carries from batch to batch.

    Attributes:
      params, optimizer_state: of the discriminator.
      normalizer: running statistics of the features that the discriminator has been shown.
      replay: experience of past policies.
      history: the last `SPAN` steps of each robot, which windows of the next batch begin in.
      logit_mean, logit_std: of the last batch's windows that style was asked of.
      key: of its random numbers.
    """

    params: Any
    optimizer_state: optax.OptState
    normalizer: running_statistics.RunningStatisticsState
    replay: replay_buffers.ReplayBufferState
    history: Experience
    logit_mean: Float[Array, ""]
    logit_std: Float[Array, ""]
    key: Array


class StyleLearner:
    """Static: the reference, the network, the optimiser. The state is an `AmpState`, the methods are pure."""

    def __init__(self, robot: Robot, settings: Amp, *, robots: int, steps_per_batch: int):
        """Reads the reference motions.

        Args:
          robot: whose features are judged.
          settings: of the discriminator.
          robots: how many there are.
          steps_per_batch: control steps of one robot in a batch.

        Raises:
          UsageError: as `Reference.load`, and for a replay that is smaller than a batch.
        """
        if settings.replay_size < robots * steps_per_batch:
            raise UsageError(
                f"amp.replay_size={settings.replay_size} is less than one batch; choose at least "
                f"{robots * steps_per_batch} ({robots} robots x {steps_per_batch} steps)"
            )
        self.settings, self._robots, self.reference = settings, robots, Reference.load(robot, settings.clips)
        self._network = networks.MLP([*settings.hidden_layer_sizes, 1], activation=jax.nn.swish)
        self._optimizer = optax.adam(settings.learning_rate)
        self._size = features.size(robot)
        length = SPAN + steps_per_batch
        sample = Experience(jnp.zeros((length, self._size)), jnp.zeros(length), jnp.zeros((length, 3)))
        self._replay = replay_buffers.UniformSamplingQueue(
            settings.replay_size // steps_per_batch, sample, settings.batch_size - settings.batch_size // 2
        )

    def init(self, key: Array) -> AmpState:
        """The state before any batch."""
        robots = self._robots
        key, params_key, replay_key = jax.random.split(key, 3)
        params = self._network.init(params_key, jnp.zeros((1, features.WINDOW * self._size + COMMAND_SIZE)))
        frame = specs.Array((self._size,), jnp.dtype("float32"))
        return AmpState(
            params=params,
            optimizer_state=self._optimizer.init(params),
            normalizer=running_statistics.init_state(frame, std_eps=LEAST_STD**2),
            replay=self._replay.init(replay_key),
            # Every step ends an episode: no window reaches back to before the start.
            history=Experience(
                jnp.zeros((robots, SPAN, self._size)), jnp.ones((robots, SPAN)), jnp.zeros((robots, SPAN, 3))
            ),
            logit_mean=jnp.zeros(()),
            logit_std=jnp.ones(()),
            key=key,
        )

    def learn(
        self, state: AmpState, batch: Experience
    ) -> tuple[AmpState, Float[Array, "N T"], dict[str, Float[Array, ""]]]:
        """Teaches the discriminator by one batch, then has it judge the batch.

        Returns:
          The state; the style reward of each step, by the discriminator that has learned; figures.
        """
        steps = jax.tree.map(lambda before, now: jnp.concatenate([before, now], axis=1), state.history, batch)
        replay = self._replay.insert_internal(state.replay, steps)
        key, *keys = jax.random.split(state.key, 1 + self.settings.updates_per_batch)

        def update(carry: Any, update_key: Array) -> tuple[Any, dict[str, Float[Array, ""]]]:
            params, optimizer_state, normalizer, replay = carry
            fresh_key, window_key, reference_key = jax.random.split(update_key, 3)
            chosen = jax.random.randint(fresh_key, (self.settings.batch_size // 2,), 0, len(batch.ended))
            replay, past = self._replay.sample_internal(replay)
            rows = jax.tree.map(lambda now, then: jnp.concatenate([now[chosen], then]), steps, past)
            ours, command, weights = self._windows(window_key, rows)
            theirs = self.reference.draw(reference_key, command)
            shown = jnp.concatenate([ours, theirs])
            counted = jnp.repeat(jnp.concatenate([weights, jnp.ones_like(weights)])[:, None], features.WINDOW, axis=1)
            normalizer = running_statistics.update(normalizer, shown, weights=counted)
            gradient, figures = jax.grad(self._loss, has_aux=True)(params, normalizer, ours, theirs, command, weights)
            change, optimizer_state = self._optimizer.update(gradient, optimizer_state)
            return (optax.apply_updates(params, change), optimizer_state, normalizer, replay), figures

        carry = (state.params, state.optimizer_state, state.normalizer, replay)
        (params, optimizer_state, normalizer, replay), figures = jax.lax.scan(update, carry, jnp.stack(keys))
        logits, asked = self._judged(params, normalizer, steps)
        mean, std = _moments(logits, asked)
        history = jax.tree.map(lambda each: each[:, -SPAN:], steps)
        learned = AmpState(params, optimizer_state, normalizer, replay, history, mean, std, key)
        style = self.reward(learned, logits, asked)
        reward_mean, reward_std = _moments(style, asked)
        figures = jax.tree.map(jnp.mean, figures) | {
            "reward": reward_mean,
            "reward_std": reward_std,
            "logit_std": std,
            "asked_share": asked.mean(),
        }
        return learned, style, figures

    def reward(self, state: AmpState, logits: Float[Array, "*N"], asked: Bool[Array, "*N"]) -> Float[Array, "*N"]:
        """The style reward of windows; 0 where style is not asked for."""
        if self.settings.reward == "STANDARDIZED":
            reward = discriminator.standardized(logits, state.logit_mean, state.logit_std)
        else:
            reward = discriminator.style_reward(self.settings.loss, logits)
        return jnp.where(asked, reward, 0.0)

    def _judged(
        self, params: Any, normalizer: running_statistics.RunningStatisticsState, steps: Experience
    ) -> tuple[Float[Array, "N T"], Bool[Array, "N T"]]:
        """The logit of each step but the first `SPAN`, and whether style is asked for there.

        It is not where a window would begin in an earlier episode or under another command, nor where no clip is for
        the command.
        """
        windows = jax.vmap(features.windows)(steps.features, _first(steps))
        command = steps.command[:, SPAN:]
        asked = windows.valid & self._covered(command, steps.command[:, :-SPAN])
        return self.logits(params, normalizer, windows.frames, command), asked

    def logits(
        self,
        params: Any,
        normalizer: running_statistics.RunningStatisticsState,
        windows: Float[Array, "*N window features"],
        commands: Float[Array, "*N 3"],
    ) -> Float[Array, "*N"]:
        """Positive for windows that look like the reference for the command."""
        normalized = running_statistics.normalize(windows, normalizer, LARGEST_NORMALIZED)
        return self._logits_of_normalized(params, normalized, commands)

    def _logits_of_normalized(
        self, params: Any, windows: Float[Array, "*N window features"], commands: Float[Array, "*N 3"]
    ) -> Float[Array, "*N"]:
        # Otherwise walking on the spot, in good style, would be as good as walking.
        flat = jnp.concatenate([windows.reshape(*windows.shape[:-2], -1), commands / COMMAND_UNIT], axis=-1)
        logits: Any = self._network.apply(params, flat)
        return logits[..., 0]

    def _windows(
        self, key: Array, rows: Experience
    ) -> tuple[Float[Array, "N window features"], Float[Array, "N 3"], Float[Array, " N"]]:
        """One window of each row, its command, and 1 if it counts: of one episode, under a command that clips cover."""
        count, length = rows.ended.shape
        end = jax.random.randint(key, (count,), SPAN, length)
        frames = end[:, None] + jnp.arange(-SPAN, 1, features.EVERY)
        windows = jnp.take_along_axis(rows.features, frames[..., None], axis=1)
        episode = jnp.cumsum(_first(rows), axis=1)
        at_end, at_begin = (jnp.take_along_axis(episode, at[:, None], axis=1)[:, 0] for at in (end, end - SPAN))
        command, before = (
            jnp.take_along_axis(rows.command, at[:, None, None], axis=1)[:, 0] for at in (end, end - SPAN)
        )
        counts = self._covered(command, before) & (at_end == at_begin)
        return windows, command, counts.astype(jnp.float32)

    def _covered(self, command: Float[Array, "*N 3"], before: Float[Array, "*N 3"]) -> Bool[Array, "*N"]:
        """Where a clip is for the command, and the robot was under it all the window long."""
        covered = self.reference.covers(command, self.settings.command_tolerance_m_per_s)
        return covered & jnp.all(command == before, axis=-1)

    def _loss(
        self,
        params: Any,
        normalizer: running_statistics.RunningStatisticsState,
        ours: Float[Array, "N window features"],
        theirs: Float[Array, "N window features"],
        command: Float[Array, "N 3"],
        weights: Float[Array, " N"],
    ) -> tuple[Float[Array, ""], dict[str, Float[Array, ""]]]:
        settings, everything = self.settings, jnp.ones_like(weights)
        policy, reference = (
            running_statistics.normalize(windows, normalizer, LARGEST_NORMALIZED) for windows in (ours, theirs)
        )

        def logits(windows: Float[Array, "M window features"]) -> Float[Array, " M"]:
            return self._logits_of_normalized(params, windows, jnp.concatenate([command, command]))

        both, counted = jnp.concatenate([policy, reference]), jnp.concatenate([weights, everything])
        of_both = logits(both)
        of_policy, of_reference = jnp.split(of_both, 2)
        separation = discriminator.loss(settings.loss, of_reference, of_policy, weights)
        penalty = discriminator.gradient_penalty(logits, both, counted)
        squares = discriminator.weighted_mean(jnp.square(of_both), counted)
        total = separation + settings.gradient_penalty * penalty + settings.logit_regularization * squares
        figures = {
            "loss": separation,
            "gradient_penalty": penalty,
            "logit_reference": jnp.mean(of_reference),
            "logit_policy": discriminator.weighted_mean(of_policy, weights),
            "motion_distance_rad": self.reference.motion_distance_rad(ours, weights),
        }
        return total, figures


def _moments(values: Float[Array, "N T"], counted: Bool[Array, "N T"]) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Mean and standard deviation of the values that count."""
    count = jnp.maximum(counted.sum(), 1)
    mean = jnp.where(counted, values, 0.0).sum() / count
    return mean, jnp.sqrt(jnp.where(counted, jnp.square(values - mean), 0.0).sum() / count)


def _first(steps: Experience) -> Bool[Array, "N T"]:
    """Where a step is the first of an episode: after one that ended another."""
    return jnp.pad(steps.ended[:, :-1] > 0, ((0, 0), (1, 0)))
