"""The files that a training reads besides its configuration: its robot and its clips, known by their digests."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from trainers.amp.settings import Amp
from wildrobot.errors import UsageError
from wildrobot.experiment import EnvConfig, Experiment
from wildrobot.motion import library
from wildrobot.robot import compiled_digest, robot_spec
from wildrobot.robot.description import describe, description_file, robot_names


def digests(env: EnvConfig, clips: Sequence[str]) -> dict[str, str]:
    """SHA-256 of each file, by what it is and its name; its folder does not matter.

    The MJCF's is of what it compiles to, so that it covers the files that the MJCF includes, and no comments.

    Args:
      env: whose robot and reference starts are read.
      clips: those of `amp`, by name or path, where the training uses them.

    Raises:
      UsageError: for a file that does not exist.
    """
    description = description_file(env.robot)
    model = robot_spec(env.robot, collision="full").compile()
    found = {
        f"the robot description {description.name}": _sha256(description.read_bytes()),
        f"the MJCF {Path(describe(env.robot).mjcf).name}": compiled_digest(model),
    }
    starts = env.reference_starts
    of_starts = library.files(starts.clips) if starts.share > 0 else []
    for section, paths in (("env.reference_starts", of_starts), ("amp", map(library.find, clips))):
        for path in paths:
            found[f"the clip {path.name} of {section}"] = _sha256(path.read_bytes())
    return found


def check_same(then: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Refuses files that have changed.

    Args:
      then: digests of the files that a run was trained with.
      now: of those that it would go on with.

    Raises:
      UsageError: where one differs; the message names it.
    """
    changed = [name for name in now if name in then and then[name] != now[name]]
    if changed:
        name, others = changed[0], f" (nor are {len(changed) - 1} more)" if len(changed) > 1 else ""
        raise UsageError(
            f"{name} is not the one that this run was trained with{others}: its SHA-256 was {then[name][:12]} and is "
            f"{now[name][:12]}; put the old one back"
        )


def with_absolute_paths(experiment: Experiment) -> Experiment:
    """The experiment with paths that name the same files from any working directory."""
    robot = experiment.env.robot
    return _with_paths(
        experiment,
        robot if robot in robot_names() else str(Path(robot).absolute()),
        lambda name: name if name in library.shipped() else str(Path(name).absolute()),
    )


def differences(before: Experiment, after: Experiment) -> list[str]:
    """The dotted paths of the fields in which two experiments differ; the folders of their files do not count."""
    plain = [
        _with_paths(each, Path(each.env.robot).stem, lambda name: Path(name).stem).model_dump()
        for each in (before, after)
    ]
    return list(_differences("", *plain))


def _with_paths(experiment: Experiment, robot: str, clip: Callable[[str], str]) -> Experiment:
    starts = experiment.env.reference_starts
    starts = starts.model_copy(update={"clips": tuple(clip(name) for name in starts.clips)})
    env = experiment.env.model_copy(update={"robot": robot, "reference_starts": starts})
    amp = experiment.section(Amp)
    amp = amp.model_copy(update={"clips": tuple(clip(name) for name in amp.clips)})
    return experiment.model_copy(update={"env": env}).with_section(amp)


def _differences(path: str, before: Any, after: Any) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in {**before, **after}:
            yield from _differences(f"{path}.{name}" if path else name, before.get(name), after.get(name))
    elif before != after:
        yield path


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
