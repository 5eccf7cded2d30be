"""How a run goes on from a checkpoint of its framework's own, and what is refused."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from trainers import checkpoints
from trainers.digests import Damaged
from trainers.inputs import differences
from wildrobot.config import Section
from wildrobot.errors import UsageError
from wildrobot.experiment import Experiment, section_name

Start = TypeVar("Start")


def check_unchanged(
    run: Path, before: Experiment, after: Experiment, schema: type[Section], fixed: Sequence[str]
) -> None:
    """Refuses other settings of a trainer than the checkpoint has already decided.

    Raises:
      UsageError: naming those of `fixed` that have changed.
    """
    then, now = before.section(schema), after.section(schema)
    changed = [f"{section_name(schema)}.{name}" for name in fixed if getattr(then, name) != getattr(now, name)]
    if changed:
        raise UsageError(
            f"{run}: {', '.join(changed)} cannot change when a run goes on; train into a new folder for that"
        )


def newest_checkpoint(run: Path, name: str) -> Path:
    """The newest sound checkpoint of a run that holds the file `name`.

    Raises:
      UsageError: if there is none.
    """
    newest = checkpoints.newest(run / "checkpoints", name)
    if newest is None:
        raise UsageError(f"{run}: holds no checkpoint to go on from; train into a new folder")
    return newest


@contextmanager
def loading(run: Path, checkpoint: Path) -> Iterator[None]:
    """Refuses a checkpoint that is damaged, of other shapes, or of another version of this code or the framework.

    Raises:
      UsageError: with the cause, and what to do instead.
    """
    try:
        yield
    except (
        ImportError,
        AttributeError,
        LookupError,
        ValueError,
        RuntimeError,
        OSError,
        pickle.UnpicklingError,
    ) as error:
        raise UsageError(
            f"{checkpoint}: cannot go on from this checkpoint ({' '.join(str(error).split())}); train into a new "
            f'folder, from what it has learned: --from "{run}"'
        ) from None


def rollout_start(
    checkpoint: Path, before: Experiment, after: Experiment, free: Sequence[str], read: Callable[[], Start | None]
) -> tuple[Start | None, str | None]:
    """What the next rollout begins from, or None and why that cannot be as it was.

    Args:
      checkpoint: that the run goes on from.
      before: the experiment as the checkpoint had it.
      after: as it is to go on.
      free: dotted paths of fields that change nothing of the robots.
      read: reads it from the checkpoint; None where an older version wrote none.

    Raises:
      UsageError: for a file that cannot be used.
    """
    if changed := [field for field in differences(before, after) if field not in free]:
        return None, f"since {changed[0]} has changed"
    try:
        start = read()
    except Damaged as error:
        raise UsageError(f"{checkpoint}: cannot go on from this checkpoint, {error}; train into a new folder") from None
    return start, None if start is not None else "since the version that wrote the checkpoint did not keep them"
