"""One training step of PPO + AMP: unroll, teach the discriminator, pay for style, update the policy.

Everything that PPO is comes from Brax: unroll, loss, networks, learning rate, normaliser. Only the loop that
`ppo.train` writes around them is written again, for it lets nothing in between. Without style, on one device, it *is*
`ppo.train`: the same keys are drawn in the same order, but for one thing: `ppo.train` draws a new key at each of its
epochs (`num_evals`), and here one chain of keys goes through all steps. `tests/trainers/test_brax_amp.py` holds the
two to the same losses and parameters.

Semantics are those of the whole batch: arrays are sharded over the robots, and XLA puts the sums of devices together.
So the result does not depend, but for rounding, on how many devices or processes there are.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from brax.envs.base import State
from brax.training import acting, types
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Float

from adapters.brax_env import BraxEnv, wrap_for_training
from trainers.amp.discriminator import weighted_mean
from trainers.amp.imitation import Imitation
from trainers.amp.learner import AmpState, Experience, StyleLearner, mixed
from trainers.amp.reference import check_time_base
from trainers.amp.settings import Amp
from trainers.brax.amp.envs import ROBOTS, STYLE_FIELDS, OverDevices, WithStyle
from trainers.brax.amp.ppo import LearnerState, Metrics, Ppo, as_float
from trainers.brax.devices import check_devices
from trainers.brax.settings import BraxPpo
from trainers.memory import give_back_memory
from wildrobot.env import WildRobotEnv
from wildrobot.errors import UsageError
from wildrobot.experiment import Experiment
from wildrobot.policy import Policy, Squash

_State = TypeVar("_State")


def make_loop(experiment: Experiment, core: WildRobotEnv, like: Policy | None = None) -> Loop:
    """The loop on all devices of all processes.

    Args:
      experiment: what to train.
      core: its environment.
      like: a policy whose way of drawing actions is kept; None for Brax's own.

    Raises:
      UsageError: for a batch that the devices cannot split, and for reference clips that cannot be used.
    """
    devices = jax.devices()
    check_devices(experiment.section(BraxPpo), len(devices))
    mesh = Mesh(np.array(devices), (ROBOTS,))
    if like is None:
        return Loop(experiment, core, mesh)
    return Loop(experiment, core, mesh, squash=like.squash, observation_clip=like.observation_clip)


class LoopState(NamedTuple):
    """The complete state of a training: whoever has it goes on to the same end, to the bit.

    Attributes:
      learner: parameters, optimiser, normaliser and counter of PPO.
      amp: the discriminator's; None where style is not trained.
      env: the robots, with their time limits, random keys and episode totals.
      key: of the random numbers for actions and minibatches.
    """

    learner: LearnerState
    amp: AmpState | None
    env: State
    key: Array


Step = Callable[[LoopState], tuple[LoopState, Metrics]]
"""One training step."""


class Loop:
    """Static: robots, networks, optimiser. `init` and `step` are pure, and compiled when they are first called."""

    def __init__(
        self,
        experiment: Experiment,
        core: WildRobotEnv,
        mesh: Mesh,
        *,
        squash: Squash = "tanh",
        observation_clip: float | None = None,
    ):
        """Builds what a step is made of; nothing is compiled yet.

        Args:
          experiment: what to train.
          core: its environment.
          mesh: devices, along the one axis `ROBOTS`.
          squash, observation_clip: of the actor, see `network_factory`.

        Raises:
          UsageError: for reference clips that cannot be used.
        """
        settings, style = experiment.section(BraxPpo), experiment.section(Amp)
        self.settings, self.core, self._mesh, self._style = settings, core, mesh, style
        robot: Any = BraxEnv(core, stagger_episodes=settings.stagger_episodes)
        if settings.symmetric and observation_clip is not None:
            raise UsageError(
                f"a policy that clips its observations (at {observation_clip:g}) has no symmetric form; set "
                "brax_ppo.symmetric=false"
            )
        self._unrolls = settings.batch_size * settings.num_minibatches // settings.num_envs
        self.amp, self.imitation, self.clips = None, None, ()
        if style.style_weight > 0:
            check_time_base(core.control_period_s * settings.action_repeat)
            robot, self.clips = WithStyle(robot), style.clips
            if style.method == "ADVERSARIAL":
                steps = self._unrolls * settings.unroll_length
                self.amp = StyleLearner(core.robot, style, robots=settings.num_envs, steps_per_batch=steps)
            else:
                frequency_hz = experiment.env.task.gait.frequency_hz
                self.imitation = Imitation.load(core.robot, style.clips, frequency_hz)
        batch = wrap_for_training(robot, experiment.env.episode_steps, settings.action_repeat)
        self._env = OverDevices(batch, mesh)
        self._ppo = Ppo(
            settings,
            robot.observation_size,
            core.action_size,
            squash=squash,
            observation_clip=observation_clip,
            mirrors=core.mirrors if settings.symmetric else None,
            episode_steps=experiment.env.episode_steps,
            minibatches=self._placed(PartitionSpec(None, ROBOTS)),
        )
        self.env_steps_per_step = self._ppo.env_steps_per_step

    def abstract_state(self) -> LoopState:
        """Shape, dtype and place of each leaf of the state."""
        return jax.tree.map(
            lambda leaf, place: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=place),
            self._shape,
            self._shardings,
        )

    @staticmethod
    def environment_steps(state: LoopState) -> int:
        """Trained so far."""
        return int(jax.device_get(state.learner.env_steps))

    @functools.cached_property
    def _shape(self) -> LoopState:
        """Shape and dtype of each leaf of the state: traced once, which takes seconds."""
        return jax.eval_shape(self._init, jax.random.PRNGKey(0))

    @functools.cached_property
    def _shardings(self) -> LoopState:
        """Where each leaf of the state lies: robots on their devices, everything else on all of them."""
        everywhere, own = self._placed(PartitionSpec()), self._placed(PartitionSpec(ROBOTS))
        placed = jax.tree.map(lambda _: everywhere, self._shape)
        amp = placed.amp and placed.amp._replace(history=jax.tree.map(lambda _: own, placed.amp.history))
        return placed._replace(env=jax.tree.map(lambda _: own, self._shape.env), amp=amp)

    @functools.cached_property
    def init(self) -> Any:
        """The state before training, from a key: `jax.random.PRNGKey(seed)`, as `ppo.train` makes it."""
        return jax.jit(self._init, out_shardings=self._shardings)

    def step(self, state: LoopState) -> tuple[LoopState, Metrics]:
        """One training step: a new state, and figures of what was done.

        Collecting a batch and learning from it are two programs: the first is compiled with its engine's own options.

        The old state is not donated: a step that is not finite is not taken, and one that is cut short leaves the old
        state to be saved.
        """
        return _step(self._collect, self._learn, state)

    def compile(self) -> Step:
        """`step`, compiled before there is a state. What one compiler leaves behind is given back before the next."""
        state = self.abstract_state()
        collect = self._collect.lower(state.env, state.learner, state.key)
        batch = jax.tree.map(
            lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=self._batch_place), collect.out_info[1]
        )
        learn = self._learn.lower(state.learner, state.amp, state.key, batch).compile()
        give_back_memory()
        collect = collect.compile(compiler_options=self.core.physics.compiler_options)
        give_back_memory()
        return functools.partial(_step, collect, learn)

    @functools.cached_property
    def _collect(self) -> Any:
        places = (self._shardings.env, self._batch_place, self._placed(PartitionSpec()))
        return jax.jit(self._collected, out_shardings=places)

    @functools.cached_property
    def _learn(self) -> Any:
        placed, everywhere = self._shardings, self._placed(PartitionSpec())
        return jax.jit(self._learned, out_shardings=(placed.learner, placed.amp, placed.key, everywhere))

    @property
    def _batch_place(self) -> NamedSharding:
        return self._placed(PartitionSpec(None, None, ROBOTS))

    def _placed(self, spec: PartitionSpec) -> NamedSharding:
        return NamedSharding(self._mesh, spec)

    def _init(self, key: Array) -> LoopState:
        settings = self.settings
        # As in `ppo.train`, for its process 0.
        global_key, local_key = jax.random.split(key)
        local_key, env_key, _ = jax.random.split(jax.random.fold_in(local_key, 0), 3)
        policy_key, value_key = jax.random.split(global_key)
        epoch_key, _ = jax.random.split(local_key)
        env = self._env.reset(jax.random.split(env_key, settings.num_envs))
        learner = self._ppo.init(policy_key, value_key, env.obs)
        # A chain of its own: PPO draws the same with style and without.
        amp = self.amp and self.amp.init(jax.random.fold_in(global_key, 1))
        return _strong(LoopState(learner, amp, env, jax.random.split(epoch_key, 1)[0]))

    def _collected(self, env: State, learner: LearnerState, key: Array) -> tuple[State, types.Transition, Metrics]:
        _, unroll_key, _ = jax.random.split(key, 3)
        env, batch = self._unrolled(env, self._ppo.policy(learner), unroll_key)
        return _strong(env), batch, _of_episodes(batch)

    def _learned(
        self, learner: LearnerState, amp: AmpState | None, key: Array, batch: types.Transition
    ) -> tuple[LearnerState, AmpState | None, Array, Metrics]:
        sgd_key, _, key = jax.random.split(key, 3)
        figures = {}
        if self._style.style_weight > 0:
            batch, amp, of_style = self._with_style(batch, amp, learner.env_steps)
            figures |= of_style
        # Have leading dimensions (batch_size * num_minibatches, unroll_length).
        batch = jax.tree.map(lambda each: jnp.swapaxes(each, 1, 2).reshape(-1, each.shape[1], *each.shape[3:]), batch)
        learner, of_learning = self._ppo.update(learner, batch, sgd_key)
        figures |= {f"training/{name}": jnp.mean(value) for name, value in of_learning.items()}
        parts = {
            "observations": batch.observation,
            "rewards": batch.reward,
            "losses": of_learning,
            "parameters": (learner.params, learner.normalizer),
            "discriminator": amp and (amp.params, amp.normalizer),
        }
        figures |= {f"finite/{name}": _all_finite(part) for name, part in parts.items()}
        return *_strong((learner, amp, key)), figures

    def _unrolled(self, env: State, policy: Any, key: Array) -> tuple[State, types.Transition]:
        """What the robots do, with leading dimensions (unrolls, steps, robots)."""
        extra_fields = ["truncation", "steps", "episode_metrics", "episode_done"]
        extra_fields += STYLE_FIELDS if self._style.style_weight > 0 else ()

        def unroll(carry: tuple[State, Array], _: None) -> tuple[tuple[State, Array], types.Transition]:
            state, key = carry
            key, next_key = jax.random.split(key)
            state, data = acting.generate_unroll(
                self._env, state, policy, key, self.settings.unroll_length, extra_fields=tuple(extra_fields)
            )
            # The loss of PPO looks at none but the last, and they are as large as all observations.
            data = data._replace(next_observation=jax.tree.map(lambda each: each[-1:], data.next_observation))
            return (state, next_key), data

        (env, _), data = jax.lax.scan(unroll, (env, key), length=self._unrolls)
        return env, data

    def _with_style(
        self, batch: types.Transition, amp: AmpState | None, env_steps: Any
    ) -> tuple[types.Transition, AmpState | None, Metrics]:
        """The batch with the reward that style is part of; a discriminator learns from the batch before it judges."""
        extras: Any = batch.extras
        info = extras["state_extras"]
        if self.imitation is not None:
            style = self.imitation.reward(info["features"], info["command"], info["phase"])
            covered = self.imitation.reference.covers(info["command"], self._style.command_tolerance_m_per_s)
            style, figures = jnp.where(covered, style, 0.0), {"reward": weighted_mean(style, covered)}
        else:
            assert self.amp is not None
            assert amp is not None
            steps = batch.reward.shape[0] * batch.reward.shape[1]

            def by_robot(each: Float[Array, "unrolls steps robots ..."]) -> Float[Array, "robots T ..."]:
                return jnp.moveaxis(each.reshape(steps, *each.shape[2:]), 0, 1)

            experience = Experience(*(by_robot(info[name]) for name in ("features", "episode_done", "command")))
            amp, style, figures = self.amp.learn(amp, experience)
            style = jnp.moveaxis(style, 0, 1).reshape(batch.reward.shape)
        reward = mixed(self._style, batch.reward, style, as_float(env_steps), self.core.control_period_s)
        # What only style needed is not carried through the passes over the batch.
        extras = {**extras, "state_extras": {name: info[name] for name in info if name not in STYLE_FIELDS}}
        batch = batch._replace(reward=reward, extras=extras)
        return batch, amp, {f"style/{name}": value for name, value in figures.items()}


def _step(collect: Any, learn: Any, state: LoopState) -> tuple[LoopState, Metrics]:
    env, batch, of_episodes = collect(state.env, state.learner, state.key)
    learner, amp, key, figures = learn(state.learner, state.amp, state.key, batch)
    return LoopState(learner, amp, env, key), of_episodes | figures


def _of_episodes(batch: types.Transition) -> Metrics:
    """Sums over the episodes that ended in a batch, and how many there are; figures per step are means over each."""
    extras: Any = batch.extras
    info = extras["state_extras"]
    ended, totals = info["episode_done"] > 0, info["episode_metrics"]
    length = jnp.maximum(totals["length"], 1.0)
    sums = {}
    for name, total in totals.items():
        value = total / length if name.endswith("_per_step") else total
        sums[f"episode/{name.removesuffix('_per_step')}"] = jnp.where(ended, value, 0.0).sum()
    return sums | {"episodes": ended.sum().astype(jnp.float32)}


def _all_finite(tree: Any) -> Array:
    floats = [leaf for leaf in jax.tree.leaves(tree) if jnp.issubdtype(leaf.dtype, jnp.floating)]
    return jnp.array([jnp.isfinite(leaf).all() for leaf in floats]).all()


def _strong(state: _State) -> _State:
    """Without weak types, which would have the step compiled once for the first state, and once for all others."""
    return jax.tree.map(lambda leaf: jnp.asarray(leaf).astype(jnp.result_type(leaf)), state)
