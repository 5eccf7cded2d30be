"""The training itself: figures, checkpoints, and every way to end."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NoReturn

import jax
from jax.experimental import multihost_utils

from trainers.brax.amp import checkpoints, guard, processes
from trainers.brax.amp.loop import Loop, LoopState, Step, make_loop
from trainers.brax.networks import to_policy
from trainers.brax.settings import BraxPpo
from trainers.brax.symmetry import as_trained
from trainers.brax.warm_start import parameters
from trainers.digests import Damaged
from trainers.memory import give_back_memory
from trainers.progress import TrainingProgress
from trainers.run import RunFolder
from trainers.tracking import FILES_ONLY, Tracking
from trainers.warm_start import WarmStart, privileged_moments
from wildrobot.env import make_env
from wildrobot.errors import UsageError
from wildrobot.experiment import Experiment
from wildrobot.files import CannotWrite
from wildrobot.policy import Policy, check_fits
from wildrobot.signals import Stop, noted

FRAMEWORK = "brax-amp"

_STEPS_PER_LINE = 4
"""Training steps that one line of the log is a mean of."""


def train(
    experiment: Experiment, run_path: Path, start: WarmStart | None = None, *, tracking: Tracking = FILES_ONLY
) -> None:
    """Trains into a new run folder.

    Ctrl-C, SIGTERM and SIGHUP end it after the step that is under way, with a checkpoint.

    Args:
      experiment: matched to the policy, where training starts from one (`match_policy`).
      run_path: the folder to make.
      start: the policy that training starts from; None for a new one.
      tracking: what else gets its metrics, and whether it is filmed.

    Raises:
      UsageError: for a folder that holds files, a batch that the devices cannot split, clips that cannot be used, a
        policy of another robot, and a checkpoint to start from whose networks are not those of the experiment.
    """

    def prepared() -> tuple[Loop, dict[str, Any] | None, RunFolder | None]:
        core = make_env(experiment.env)
        if start is not None:
            check_fits(start.policy, core)
        loop = make_loop(experiment, core, start and start.policy)
        learned = start and start.checkpoint and _learned(start.checkpoint, loop)
        if not processes.is_main():
            return loop, learned, None
        run = RunFolder(run_path, experiment, trainer=FRAMEWORK, start=start, clips=loop.clips, tracking=tracking)
        return loop, learned, run

    loop, learned, run = processes.together(prepared)

    def initial() -> LoopState:
        state = loop.init(jax.random.PRNGKey(loop.settings.seed))
        loop.init.clear_cache()  # it is not needed again
        give_back_memory()
        if learned is not None:
            return _with_learned(state, learned)
        return state if start is None else _with_actor(state, start.policy, loop)

    Training(experiment, run_path, run, loop, start and start.policy).go(initial)


def starts_symmetric(policy: Policy, experiment: Experiment) -> bool:
    """Whether a policy is a symmetric actor, and the experiment would go on with one."""
    wanted = experiment.section(BraxPpo).symmetric
    return wanted and as_trained(policy, make_env(experiment.env).mirrors) is not None


class Training:
    """One process's part of a training; only the main one has a run folder to write to, and talks."""

    def __init__(
        self, experiment: Experiment, path: Path, run: RunFolder | None, loop: Loop, started_from: Policy | None
    ):
        settings = loop.settings
        self._experiment, self._path, self._run, self._loop = experiment, path, run, loop
        self._observation_clip = started_from and started_from.observation_clip
        self._total_steps = settings.num_timesteps
        training_steps = math.ceil(settings.num_timesteps / loop.env_steps_per_step)
        # With whole lines of the log between them, so that a run that goes on writes the same lines.
        save_every = math.ceil(training_steps / (settings.num_evals - 1))
        self._save_every = math.ceil(save_every / _STEPS_PER_LINE) * _STEPS_PER_LINE
        self._progress: TrainingProgress | None = None
        self._saving = threading.RLock()
        self._unsaved: LoopState | None = None

    def go(self, initial: Callable[[], LoopState]) -> None:
        """Trains from a state until the end, and says how it ended.

        Args:
          initial: gives the state, once the step is compiled: a compiler needs as much memory as a training.
        """
        with ExitStack() as stack:
            if self._run is not None:
                stack.callback(self._close)
                self._progress = stack.enter_context(TrainingProgress(self._total_steps))
            stop = stack.enter_context(noted(late=self._save_late))
            devices = f"{jax.device_count()} devices" if jax.device_count() > 1 else "1 device"
            self._say(
                f"training on {self._loop.core.physics.name} physics and {devices} into {self._path}; "
                "Ctrl-C saves and stops"
            )
            step = self._loop.compile()
            state = initial()
            try:
                state = self._steps(step, state, stop)
            except (OSError, CannotWrite) as error:
                self._stop(f"{_cause(error)}. {self._kept()}. Make room, then go on with: {self._go_on()}", 1)
            if self._loop.environment_steps(state) < self._total_steps:
                self._stop(
                    f"interrupted; the policy so far is {self._path}/policy.safetensors. Go on with: {self._go_on()}",
                    stop.exit_code,
                )
            if self._run is not None:
                self._run.complete(self._say, skip=stop.is_set)

    def _steps(self, step: Step, state: LoopState, stop: Stop) -> LoopState:
        done, lines, seconds = self._loop.environment_steps(state), [], 0.0
        while done < self._total_steps:
            begin = time.monotonic()
            new, figures = step(state)
            broken = guard.broken_parts(figures)  # waits for the step
            seconds += time.monotonic() - begin
            if broken:
                self._dump(state, broken)
            if self._unsaved is None:  # the first step, or one after a checkpoint
                give_back_memory()
            state, done = new, done + self._loop.env_steps_per_step
            self._unsaved = state
            lines.append(figures)
            count = done // self._loop.env_steps_per_step
            last = done >= self._total_steps
            last = last or processes.any_of(stop.is_set())
            if count % _STEPS_PER_LINE == 0 or last:
                rate = len(lines) * self._loop.env_steps_per_step / seconds
                self._log(done, _summary(_on_host(lines)) | {"training/sps": rate})
                lines, seconds = [], 0.0
            if count % self._save_every == 0 or last:
                self._save(state, done)
            if last:
                break
        return state

    def _save(self, state: LoopState, steps: int) -> None:
        with self._saving:
            processes.together(lambda: self._run.check_owned() if self._run is not None else None)
            policy = self._policy(state, steps)
            checkpoints.save(self._path.absolute() / "checkpoints", steps, state, policy)
            processes.together(lambda: self._run.save_policy(policy) if self._run is not None else None)
            self._unsaved = None

    def _save_late(self) -> None:
        """Saves what the last complete step has left, where the one under way takes too long to wait for."""
        # Several processes would have to do so at the same time, and wait for each other in the step.
        with self._saving:
            state = self._unsaved if jax.process_count() == 1 else None
            with suppress(OSError, UsageError):
                if state is not None:
                    self._save(state, self._loop.environment_steps(state))
            self._say(f"interrupted in the middle of a step, which is not taken. {self._kept()}")
            if self._run is not None:
                self._close()

    def _policy(self, state: LoopState, steps: int) -> Policy:
        learner = jax.device_get(state.learner)
        policy = to_policy(
            (learner.normalizer, learner.params.policy),
            self._loop.core,
            self._loop.settings,
            (self._run.steps_before if self._run is not None else 0) + steps,
            self._observation_clip,
            framework=FRAMEWORK,
            symmetric=self._loop.settings.symmetric,
        )
        return policy if self._run is None else self._run.described(policy)

    def _dump(self, before: LoopState, parts: list[str]) -> NoReturn:
        steps = self._loop.environment_steps(before)
        said = f"stopped at {steps:,} steps: not finite in the next one were its {', '.join(parts)}. It was not taken"
        try:
            path = guard.dump(self._path, self._experiment, self._loop, before, self._policy(before, steps), parts)
        except (OSError, CannotWrite) as error:
            self._stop(f"{said}, and not dumped: {_cause(error)}. {self._kept()}", 1)
        self._stop(f'{said}. {self._kept()}. Look at it again with: python -m trainers replay "{path}"', 1)

    def _log(self, steps: int, figures: dict[str, float]) -> None:
        processes.together(lambda: self._run.log(steps, figures) if self._run is not None else None)
        if self._progress is not None:
            self._progress.update(steps, figures)

    def _kept(self) -> str:
        newest = next(checkpoints.newest_first(self._path / "checkpoints"), None)
        return f"The last checkpoint is {newest}" if newest else "There was no checkpoint yet"

    def _go_on(self) -> str:
        return f'python -m trainers brax-amp --resume "{self._path}"'

    def _say(self, text: str) -> None:
        if self._progress is not None:
            self._progress.say(text)

    def _stop(self, text: str, code: int) -> NoReturn:
        self._say(text)
        raise SystemExit(code)

    def _close(self) -> None:
        # Where the disk is full, what is still in a buffer cannot be written either.
        with suppress(OSError):
            assert self._run is not None
            self._run.close()


def _learned(checkpoint: Path, loop: Loop) -> dict[str, Any]:
    """What a checkpoint knows that holds for other robots, too: all but their states, the counter and the key."""
    shapes = loop.abstract_state()
    parts = {"learner": shapes.learner} | ({"amp": shapes.amp} if shapes.amp is not None else {})
    like = {
        part: {name: each for name, each in state._asdict().items() if name not in ("env_steps", "history", "key")}
        for part, state in parts.items()
    }
    try:
        return checkpoints.load_parts(checkpoint, like)
    except Damaged as error:
        raise UsageError(
            f"{checkpoint}: cannot start from all that it has learned, because {error}; give the experiment the "
            "settings of networks, optimiser and discriminator in its config.yaml, or start with new ones beside the "
            f'actor: --from "{checkpoint / checkpoints.POLICY}"'
        ) from None


def _with_learned(state: LoopState, learned: Mapping[str, Any]) -> LoopState:
    amp = state.amp and state.amp._replace(**learned["amp"])
    return state._replace(learner=state.learner._replace(**learned["learner"]), amp=amp)


def _with_actor(state: LoopState, policy: Policy, loop: Loop) -> LoopState:
    actor = as_trained(policy, loop.core.mirrors) if loop.settings.symmetric else policy
    assert actor is not None  # `match_policy` has matched the settings to it
    given = parameters(actor, privileged_moments(loop.core, policy, loop.settings.seed))
    if jax.process_count() > 1:
        # Processors of different kinds measure moments that differ in their last bits.
        given = multihost_utils.broadcast_one_to_all(given)
    normalizer, actor = given
    learner = state.learner
    params = learner.params.replace(policy=actor)
    placed = jax.tree.map(
        lambda old, new: jax.device_put(jax.numpy.asarray(new, old.dtype), old.sharding),
        (learner.normalizer, learner.params),
        (normalizer, params),
    )
    return state._replace(learner=learner._replace(normalizer=placed[0], params=placed[1]))


def _cause(error: OSError | CannotWrite) -> str:
    return str(error) if isinstance(error, CannotWrite) else f"cannot write ({error.strerror or error})"


def _on_host(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
    return [{name: float(value) for name, value in line.items()} for line in jax.device_get(lines)]


def _summary(lines: Sequence[dict[str, float]]) -> dict[str, float]:
    """Means over training steps; of episodes, over those that ended in them."""
    episodes = sum(line["episodes"] for line in lines)
    figures = {}
    for name in lines[0]:
        total = sum(line[name] for line in lines)
        if name.startswith("episode/") and episodes:
            figures[name] = total / episodes
        elif name.startswith(("training/", "style/")):
            figures[name] = total / len(lines)
    return figures
