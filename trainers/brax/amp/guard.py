"""What is left of a training step that was not finite, to be looked at and played again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import mujoco

from trainers.brax.amp import processes
from trainers.brax.amp.loop import Loop, LoopState, make_loop
from trainers.brax.amp.state_files import read_state, write_state
from trainers.digests import Damaged
from wildrobot.config import dump_yaml
from wildrobot.env import make_env
from wildrobot.errors import UsageError
from wildrobot.experiment import Experiment, load_experiment
from wildrobot.files import write_text
from wildrobot.policy import Policy

_CONFIG, _POLICY, _MODEL, _REPORT, _STATE = "config.yaml", "policy.safetensors", "model.mjb", "report.json", "state"


def broken_parts(figures: Mapping[str, Any]) -> list[str]:
    """What of a step is not finite, by the names that `Loop.step` gives; the other figures stay on the device."""
    finite = jax.device_get({name: value for name, value in figures.items() if name.startswith("finite/")})
    return [name.removeprefix("finite/") for name, value in finite.items() if not value]


def dump(folder: Path, experiment: Experiment, loop: Loop, before: LoopState, policy: Policy, parts: list[str]) -> Path:
    """Writes the state before the step, with all that is needed to play the step again.

    Args:
      folder: of the run.
      experiment, loop: what was trained, and by what.
      before: the state that the step began with.
      policy: of that state.
      parts: what was not finite.

    Returns:
      The folder made: `<run>/dumps/<environment steps>`.
    """
    path = folder / "dumps" / f"{loop.environment_steps(before):012d}"
    # Takes the place of a dump of the same step, where a run has gone on to it again.
    write_state(path / _STATE, before)
    if processes.is_main():
        write_text(path / _CONFIG, dump_yaml(experiment))
        policy.save(path / _POLICY)
        mujoco.mj_saveModel(loop.core.robot.model, str(path / _MODEL), None)
        report = {"environment_steps": loop.environment_steps(before), "not_finite": parts}
        write_text(path / _REPORT, json.dumps(report, indent=2) + "\n")
    return path


def replay(path: Path) -> tuple[list[str], list[str], dict[str, float]]:
    """Plays the step of a dump again.

    Returns:
      What was not finite then, what is not finite now, and all figures of the step.

    Raises:
      UsageError: for a folder that is no dump.
    """
    try:
        then = json.loads((path / _REPORT).read_text(encoding="utf-8"))["not_finite"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path}: is no dump ({error}); give a folder <run>/dumps/<steps> that training made"
        ) from None
    experiment = load_experiment(path / _CONFIG)
    loop = make_loop(experiment, make_env(experiment.env), Policy.load(path / _POLICY))
    try:
        state = read_state(path / _STATE, loop.abstract_state())
    except Damaged as error:
        raise UsageError(f"{path}: cannot be played, because {error}; give another dump") from None
    figures = {name: float(value) for name, value in loop.step(state)[1].items()}
    return then, broken_parts(figures), figures
