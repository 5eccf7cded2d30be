"""A run that goes on: from its newest sound checkpoint, to the bit as if it had never stopped."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, nullcontext
from pathlib import Path

from trainers.brax.amp import checkpoints, processes
from trainers.brax.amp.loop import Loop, make_loop
from trainers.brax.amp.training import FRAMEWORK, Training
from trainers.digests import Damaged, first_sound
from trainers.inputs import differences
from trainers.lock import RunLock
from trainers.run import RunFolder, check_inputs, lock_run, read_run
from trainers.tracking import FILES_ONLY, Tracking
from wildrobot.env import make_env
from wildrobot.errors import UsageError
from wildrobot.experiment import Experiment
from wildrobot.policy import Policy

_MAY_CHANGE = ("brax_ppo.num_timesteps", "brax_ppo.num_evals")
"""When a run goes on; anything else would make it another training."""


def resume(run_path: Path, overrides: Sequence[str] = (), *, tracking: Tracking = FILES_ONLY) -> None:
    """Goes on from the newest sound checkpoint of a run, in the same folder, exactly as if it had never stopped.

    Args:
      run_path: the run folder.
      overrides: of `brax_ppo.num_timesteps` and `brax_ppo.num_evals`.
      tracking: what else gets its metrics from now on, and whether it is filmed.

    Raises:
      UsageError: for a folder of another trainer, or without a usable checkpoint, or that has nothing left to do; for
        any other override. The folder is then as it was.
    """
    own = processes.is_main()
    lock = processes.together(lambda: lock_run(run_path, trainers=(FRAMEWORK,)) if own else None)
    with closing(lock) if lock is not None else nullcontext():
        _resume(run_path, overrides, lock, tracking)


def _resume(run_path: Path, overrides: Sequence[str], lock: RunLock | None, tracking: Tracking) -> None:
    experiment, kept = processes.together(lambda: _may_go_on(run_path, overrides))
    # One process chooses for all.
    chosen = processes.together(lambda: _newest_sound(kept, run_path) if processes.is_main() else kept[0])
    path = kept[processes.from_main(kept.index(chosen))]
    policy = Policy.load(path / checkpoints.POLICY)
    loop = processes.together(lambda: _loop_as_before(run_path, experiment, policy))
    try:
        state = checkpoints.load(path, loop.abstract_state())
    except Damaged as error:
        raise UsageError(f"{path}: this run cannot go on, because {error}; {_remedy(run_path)}") from None
    steps = loop.environment_steps(state)
    if steps >= loop.settings.num_timesteps:
        raise UsageError(
            f"{run_path}: has already been trained for {steps:,} steps; ask for more with brax_ppo.num_timesteps=..."
        )
    run = processes.together(
        lambda: lock and RunFolder.reopened(run_path, experiment, steps=steps, lock=lock, tracking=tracking)
    )
    Training(experiment, run_path, run, loop, policy).go(lambda: state)


def _may_go_on(run_path: Path, overrides: Sequence[str]) -> tuple[Experiment, list[Path]]:
    """The experiment of a run with what may change, and its finished checkpoints, newest first."""
    before, experiment, _ = read_run(run_path, overrides, trainers=(FRAMEWORK,))
    if changed := [field for field in differences(before, experiment) if field not in _MAY_CHANGE]:
        names = " and ".join(_MAY_CHANGE)
        raise UsageError(
            f"{run_path}: only {names} can change when a run goes on, and {changed[0]} has; {_remedy(run_path)}"
        )
    kept = list(checkpoints.newest_first(run_path / "checkpoints"))
    if not kept:
        raise UsageError(f"{run_path}: holds no finished checkpoint to go on from; train into a new folder")
    return experiment, kept


def _loop_as_before(run_path: Path, experiment: Experiment, policy: Policy) -> Loop:
    loop = make_loop(experiment, make_env(experiment.env), policy)
    check_inputs(run_path, experiment, loop.clips)
    return loop


def _newest_sound(kept: Sequence[Path], run_path: Path) -> Path:
    sound = first_sound(kept)
    if sound is None:
        raise UsageError(f"{run_path}: none of its {len(kept)} checkpoints can be read; {_remedy(run_path)}")
    return sound


def _remedy(run_path: Path) -> str:
    return f'train into a new folder, from what this one has learned: --from "{run_path}"'
