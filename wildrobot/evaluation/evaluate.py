"""One evaluation, from the policies to the tables, the document, the report and the pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from wildrobot.errors import UsageError
from wildrobot.evaluation import assemble, document, films, gates, picture, report, table
from wildrobot.evaluation.compare import Results
from wildrobot.evaluation.episodes import Episodes
from wildrobot.evaluation.files import make_folder, write_text
from wildrobot.evaluation.gates import GateResult
from wildrobot.evaluation.progress import EvaluationProgress
from wildrobot.evaluation.results import CaseResult
from wildrobot.evaluation.session import Judged, Session
from wildrobot.evaluation.suite import Suite
from wildrobot.robot import load_robot

_WEIGHT_TOLERANCE = 0.05
"""On average a robot's feet bear its weight; a mean further off than this means that the recording is wrong."""


@dataclass(frozen=True)
class Outputs:
    """Files and folders to write, None for those that nobody asked for.

    Attributes:
      json: the document.
      report: the folder of the page.
      picture: a PNG of how the first policy walks.
      video: a film of the first policy.
    """

    json: Path | None = None
    report: Path | None = None
    picture: Path | None = None
    video: Path | None = None


@dataclass
class _Found:
    """What has been played: suite by suite, and only whole ones.

    Attributes:
      suites: those that are finished.
      results, baselines: by the name of who acted, then by suite and case.
      gates: by the name of the policy.
      walks: of each policy, the episodes that are filmed.
    """

    suites: list[Suite] = field(default_factory=list)
    results: dict[str, dict[str, Mapping[str, CaseResult]]] = field(default_factory=dict)
    baselines: dict[str, dict[str, Mapping[str, CaseResult]]] = field(default_factory=dict)
    gates: dict[str, list[GateResult]] = field(default_factory=dict)
    walks: dict[str, Episodes] = field(default_factory=dict)

    def add(self, played: _Played) -> None:
        """Takes a finished suite."""
        suite = played.suite
        self.suites.append(suite)
        for name, cases in played.baselines.items():
            self.baselines.setdefault(name, {})[suite.name] = cases
        for name, cases in played.results.items():
            self.results.setdefault(name, {})[suite.name] = cases
            self.gates.setdefault(name, []).extend(gates.check(suite, cases, played.baselines))
        self.walks |= played.walks


@dataclass(frozen=True)
class _Played:
    """One suite, by the name of who acted and by case."""

    suite: Suite
    results: dict[str, Mapping[str, CaseResult]]
    baselines: dict[str, Mapping[str, CaseResult]]
    walks: dict[str, Episodes]

    def blocks(self) -> list[table.Block]:
        blocks = [table.Block(name, cases) for name, cases in self.results.items()]
        return blocks + [table.Block(name, cases, baseline=True) for name, cases in self.baselines.items()]


def evaluate(
    judged: Sequence[Judged],
    suites: Sequence[Suite],
    outputs: Outputs,
    *,
    quick: bool = False,
    stochastic: bool = False,
    threads: int = 0,
) -> bool:
    """Plays, prints the tables and the gates, and writes the files.

    Args:
      judged: the policies; they are played by the same rules, each with the interface that it was trained with.
      suites: what is played.
      outputs: the files to write.
      quick: whether the suites are the short ones, for the document.
      stochastic: draw actions as in training, instead of playing the mean ones.
      threads: of the physics.

    Returns:
      Whether every gate is passed by every policy.

    Raises:
      UsageError: for a policy that does not fit, or a file that cannot be written; before anything is played.
      KeyboardInterrupt: after Ctrl-C; what was finished by then is written first.
    """
    _check_writable(outputs)
    session, console, found = Session(stochastic=stochastic, threads=threads), table.console(), _Found()
    for each in judged:
        session.check(each, suites[0])
    play = "stochastic" if stochastic else "deterministic"
    console.print(f"Play: {play}, seed {suites[0].seed}")
    interrupted = False
    with EvaluationProgress(_steps(session, judged, suites)) as progress:
        for suite in suites:
            try:
                played = _play(session, suite, judged, outputs, progress, film=not found.walks)
            except KeyboardInterrupt:
                interrupted = True
                break
            found.add(played)
            progress.hide()
            table.print_suite(console, suite, played.blocks())
            progress.show()
    if found.suites:
        _finish(console, judged, found, outputs, {"seed": suites[0].seed, "quick": quick, "play": play})
    if interrupted:
        raise KeyboardInterrupt
    return all(result.passed for results in found.gates.values() for result in results)


def _play(
    session: Session,
    suite: Suite,
    judged: Sequence[Judged],
    outputs: Outputs,
    progress: EvaluationProgress,
    *,
    film: bool,
) -> _Played:
    """Plays a suite; of the first one that walks, what is drawn and filmed is kept: more would fill the memory."""
    baselines: dict[str, Mapping[str, CaseResult]] = {}
    for name in suite.baselines:
        played = session.play_baseline(name, judged[0], suite, progress.task(f"{suite.name}: {name}"))
        baselines[name] = {result.case.id: result for result, _ in played}
    found: dict[str, Mapping[str, CaseResult]] = {}
    filmed: dict[str, Episodes] = {}
    for number, each in enumerate(judged):
        results: dict[str, CaseResult] = {}
        walks: list[Episodes] = []
        for result, episodes in session.play_policy(each, suite, progress.task(f"{suite.name}: {each.name}")):
            results[result.case.id] = result
            if film and result.case.play.command[0] > 0.0:
                walks.append(episodes)
        found[each.name] = results
        if walks:
            filmed[each.name] = walks[picture.fastest_survived(walks)]
            if number == 0 and outputs.picture:
                picture.draw(outputs.picture, f"WildRobot · {each.name}", load_robot(collision="full").model, walks)
    return _Played(suite, found, baselines, filmed)


def _finish(
    console: Console, judged: Sequence[Judged], found: _Found, outputs: Outputs, settings: Mapping[str, Any]
) -> None:
    notes = {each.name: _notes(each, found.suites, found.results[each.name]) for each in judged}
    tree = assemble.document(
        suites=found.suites, judged=judged, results=found.results, baselines=found.baselines, gates=found.gates,
        notes=notes, settings=settings,
    )  # fmt: skip
    document.validate(tree)
    _conclude(console, judged, found, notes, tree)
    _write(console, outputs, tree, found)


def _steps(session: Session, judged: Sequence[Judged], suites: Sequence[Suite]) -> int:
    mine = sum(session.steps(suite) for suite in suites) * len(judged)
    return mine + sum(session.steps(suite, baseline=True) * len(suite.baselines) for suite in suites)


def _notes(judged: Judged, suites: Sequence[Suite], results: Results) -> list[str]:
    """What a reader must know before trusting the figures."""
    notes = []
    trained = judged.policy.interface.command
    for axis, (name, unit) in enumerate(
        (("vx_m_per_s", "m/s forward"), ("vy_m_per_s", "m/s to the left"), ("yaw_rate_rad_per_s", "rad/s"))
    ):
        low, high = getattr(trained, name)
        asked = {case.play.command[axis] for suite in suites for case in suite.cases}
        if outside := sorted(value for value in asked if not low <= value <= high):
            listed = ", ".join(f"{value:g}" for value in outside)
            notes.append(f"{listed} {unit} is outside the commands it was trained on, {low:g} to {high:g}")
    for suite, cases in results.items():
        for case in cases.values():
            # Who falls does not stand on its feet.
            loads = case.values["load_over_weight"][case.values["survival"] == 1.0]
            loads = loads[np.isfinite(loads)]
            if len(loads) and abs(loads.mean() - 1.0) > _WEIGHT_TOLERANCE:
                notes.append(
                    f"{suite}, {case.case.label}: its feet bear {loads.mean():.2f} of its weight on average; they "
                    "press against each other, other parts bear some, or the recording is wrong"
                )
    return notes


def _conclude(
    console: Console,
    judged: Sequence[Judged],
    found: _Found,
    notes: Mapping[str, Sequence[str]],
    tree: Mapping[str, Any],
) -> None:
    console.print()
    for each in judged:
        for line in table.gate_lines(each.name, found.gates[each.name]):
            console.print(line)
        for note in notes[each.name]:
            console.print(f"  Note: {note}")
    for comparison in tree["comparisons"]:
        console.print(f"\n{' against '.join(comparison['groups'])}:")
        for suite, told in comparison["suites"].items():
            console.print(f"  {suite}: {told['verdict']}")
            for line in told["details"]:
                console.print(f"    {line}")


def _write(console: Console, outputs: Outputs, tree: dict[str, Any], found: _Found) -> None:
    # Before the films, which take the longest: an interrupt leaves what is there.
    if outputs.json:
        if outputs.report and outputs.json.parent == outputs.report:
            make_folder(outputs.report)
        write_text(outputs.json, json.dumps(tree, allow_nan=False, separators=(",", ":")) + "\n")
        console.print(f"\nFigures: {outputs.json}", soft_wrap=True)
    if outputs.picture and outputs.picture.exists():
        console.print(f"Picture: {outputs.picture}", soft_wrap=True)
    if outputs.video:
        films.write(outputs.video, next(iter(found.walks.values())))
        console.print(f"Film:    {outputs.video}", soft_wrap=True)
    if outputs.report:
        made, why_not = films.encoded(found.walks)
        page = report.write(outputs.report, tree, made)
        if why_not:
            console.print(f"Note: the report has no film: {why_not}")
        console.print(f"Report:  {page}", soft_wrap=True)


def _check_writable(outputs: Outputs) -> None:
    """Now, and not after minutes of playing."""
    if outputs.report and outputs.report.exists() and not outputs.report.is_dir():
        raise UsageError(f"cannot write the report into {outputs.report}: it is a file; give the name of a folder")
    for path in (outputs.json, outputs.picture, outputs.video):
        if path is None:
            continue
        if path.is_dir():
            raise UsageError(f"cannot write {path}: it is a folder; give the name of a file")
        if path.parent != outputs.report and not path.absolute().parent.is_dir():
            raise UsageError(f"cannot write {path}: its folder does not exist; create it first")
