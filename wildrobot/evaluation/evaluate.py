"""One evaluation from the policy file to the table, the JSON and the pictures."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from wildrobot.config import EnvConfig
from wildrobot.env import WildRobotEnv, make_env
from wildrobot.errors import UsageError
from wildrobot.evaluation import gates, picture, table
from wildrobot.evaluation.rollout import Episodes, hold_home, play
from wildrobot.evaluation.score import CommandScore, as_json, score, write_text
from wildrobot.evaluation.suite import Suite, judged
from wildrobot.policy import Policy, check_fits


@dataclass(frozen=True)
class Outputs:
    """Files to write, None for those that nobody asked for."""

    json: Path | None = None
    picture: Path | None = None
    video: Path | None = None


def evaluate(
    policy_file: Path,
    suite: Suite,
    outputs: Outputs,
    *,
    beside: Path | None = None,
    baseline: bool = True,
    threads: int = 0,
) -> bool:
    """Plays, prints the table and the gates, and writes the files.

    Args:
      policy_file: the policy to judge.
      suite: what is played.
      outputs: the files to write, about this policy alone.
      beside: another policy, whose figures are printed beside; it is played by the same rules, in the environment that
        it was trained in. One that cannot be played is only noted: it must not cost this policy its score.
      baseline: whether to play holding home too.
      threads: of the physics.

    Returns:
      Whether every gate was played and passed.

    Raises:
      UsageError: for a policy that cannot be read or does not fit, or a file that cannot be written.
    """
    _check_folders(outputs)
    policy, env = _loaded(policy_file, suite, threads)
    other, not_beside = None, []
    if beside:
        try:
            other = _name(beside), *_loaded(beside, suite, threads)
        except UsageError as error:
            not_beside = [f"Note: not shown beside: {error}"]

    with _progress() as report:
        played = play(env, policy.apply_jax, suite, report("playing the policy"))
        scores = [score(episodes, env.robot.torque_limit_Nm) for episodes in played]
        blocks = [table.Block("policy" if other is None else _name(policy_file), scores)]
        if other:
            name, its_policy, its_env = other
            its_played = play(its_env, its_policy.apply_jax, suite, report(f"playing {name}"))
            limit = its_env.robot.torque_limit_Nm
            blocks.append(table.Block(name, [score(episodes, limit) for episodes in its_played]))
        held = _hold_home(env, suite, report("holding home")) if baseline else None
        if held:
            blocks.append(table.Block("hold home", held, baseline=True))
    results = gates.check(scores)
    notes = _notes(env.config, suite)

    console = table.console()
    title = f"{suite.seconds:g} s from rest, {suite.episodes} episodes per command"
    table.print_scores(console, title, blocks)
    for line in (*table.gate_lines(results), *notes, *not_beside):
        console.print(line)
    if outputs.json:
        text = as_json(
            policy=_provenance(policy),
            suite=suite,
            scores=scores,
            baseline=held,
            gates=gates.as_data(results),
            notes=notes,
        )
        write_text(outputs.json, text)
        console.print(f"Figures: {outputs.json}", soft_wrap=True)
    if outputs.picture:
        picture.draw(outputs.picture, f"WildRobot · {_name(policy_file)}", env.robot.model, played, scores)
        console.print(f"Picture: {outputs.picture}", soft_wrap=True)
    if outputs.video:
        _write_video(outputs.video, played)
        console.print(f"Film:    {outputs.video}", soft_wrap=True)
    return all(result.passed for result in results)


def _loaded(policy_file: Path, suite: Suite, threads: int) -> tuple[Policy, WildRobotEnv]:
    """A policy, and the environment that judges it."""
    policy = Policy.load(policy_file)
    env = make_env(judged(policy.info.env_config, suite, threads=threads))
    check_fits(policy, env)
    return policy, env


def _check_folders(outputs: Outputs) -> None:
    """Now, and not after minutes of playing."""
    for path in (outputs.json, outputs.picture, outputs.video):
        if path is None:
            continue
        if path.is_dir():
            raise UsageError(f"cannot write {path}: it is a folder; give the name of a file")
        if not path.absolute().parent.is_dir():
            raise UsageError(f"cannot write {path}: its folder does not exist; create it first")


def _hold_home(env: WildRobotEnv, suite: Suite, on_progress: Callable[[int, int], None]) -> list[CommandScore]:
    """Scores of holding home. It does not look at the command, so one play serves them all."""
    once = dataclasses.replace(suite, commands_m_per_s=suite.commands_m_per_s[:1])
    (played,) = play(env, hold_home(env), once, on_progress)
    limit = env.robot.torque_limit_Nm
    return [
        score(dataclasses.replace(played, command=np.array([vx, 0.0, 0.0], np.float32)), limit)
        for vx in suite.commands_m_per_s
    ]


def _write_video(path: Path, played: list[Episodes]) -> None:
    # Its packages are an extra, which others do without.
    from wildrobot.evaluation import video

    shown = played[picture.fastest_survived(played)]
    alive = int(shown.alive[:, 0].sum())
    with _progress() as report:
        video.write(path, shown.film_qpos[:alive], shown.control_period_s, report("filming"))


def _provenance(policy: Policy) -> dict[str, Any]:
    info = policy.info
    return {
        "framework": info.framework,
        "environment_steps": info.environment_steps,
        "seed": info.seed,
        "code_version": info.code_version,
        "robot_digest": info.robot_digest,
    }


def _notes(config: EnvConfig, suite: Suite) -> list[str]:
    low, high = config.task.command.vx_m_per_s
    outside = [f"{vx:g}" for vx in suite.commands_m_per_s if not low <= vx <= high]
    if not outside:
        return []
    return [f"Note: {', '.join(outside)} m/s is outside the commands it was trained on, {low:g} to {high:g} m/s."]


def _name(policy_file: Path) -> str:
    """The run folder's name, or the file's own if it lies elsewhere."""
    path = policy_file.absolute()
    return path.parent.name if path.name == "policy.safetensors" else path.stem


@contextmanager
def _progress() -> Iterator[Callable[[str], Callable[[int, int], None]]]:
    """A progress display on standard error, which shows itself only in a terminal."""
    columns = (
        TextColumn("{task.description:20}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:

        def report(description: str) -> Callable[[int, int], None]:
            task = progress.add_task(description, total=None)
            return lambda done, total: progress.update(task, completed=done, total=total)

        yield report
