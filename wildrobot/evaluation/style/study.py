"""One measurement of style, from the policies to the table, the document and the pictures."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from wildrobot.errors import UsageError
from wildrobot.evaluation import table as tables
from wildrobot.evaluation.episodes import Episodes
from wildrobot.evaluation.files import make_folder, write_text
from wildrobot.evaluation.progress import EvaluationProgress
from wildrobot.evaluation.results import CaseResult
from wildrobot.evaluation.session import Judged, Session
from wildrobot.evaluation.style import discriminator, document, reference, strips, table, walks
from wildrobot.evaluation.style.figures import Measured, measure
from wildrobot.evaluation.style.reference import Reference
from wildrobot.evaluation.style.scores import Walker
from wildrobot.evaluation.suite import Suite, load_suite
from wildrobot.motion.derivatives import PERIOD_S
from wildrobot.robot import Robot, load_robot

OPEN_LOOP, STANDING = "open-loop clip", "hold-home"
_QUICK_SAMPLES = 512


@dataclass(frozen=True)
class Entry:
    """A policy whose style is measured, and the group that it belongs to."""

    judged: Judged
    group: str


@dataclass(frozen=True)
class Plan:
    """What is measured.

    Attributes:
      suite: how it is played; only cases that have a reference.
      references: of each case, by its id.
      samples: windows of each side that a classifier is trained on.
    """

    suite: Suite
    references: Mapping[str, Sequence[Reference]]
    samples: int


def planned(robot: Robot, names: Sequence[str], *, quick: bool) -> Plan:
    """The commands that the references have a clip for.

    Raises:
      UsageError: for a reference that there is not, or if none is near to a command.
    """
    path = Path(str(resources.files("wildrobot.evaluation.style").joinpath("style.yaml")))
    suite = load_suite(str(path), quick=quick)
    assert suite is not None
    found = reference.chosen(robot, names)
    near = {case.id: reference.nearest(found, case.play.command) for case in suite.cases}
    cases = tuple(case for case in suite.cases if near[case.id])
    if not cases:
        commands = ", ".join(case.label for case in suite.cases)
        raise UsageError(
            f"no clip of {', '.join(names)} is within {reference.WITHIN:g} m/s of a command ({commands} forward); "
            f"choose {' or '.join(reference.SETS)}, or a clip that walks at one of them"
        )
    references = {case.id: near[case.id] for case in cases}
    samples = _QUICK_SAMPLES if quick else discriminator.SAMPLES
    return Plan(dataclasses.replace(suite, cases=cases), references, samples)


def study(
    entries: Sequence[Entry], plan: Plan, *, json_file: Path | None, strips_folder: Path | None, threads: int = 0
) -> list[Walker]:
    """Plays, measures, prints the table and what follows from it, and writes the files.

    Args:
      entries: the policies.
      plan: what is measured.
      json_file: for all figures.
      strips_folder: for a picture of each policy.
      threads: of the physics; 0 is every core.

    Raises:
      UsageError: for a policy that does not fit, a missing package, or a file that cannot be written.
    """
    discriminator.require()
    session = Session(stochastic=False, threads=threads, record_features=True)
    for entry in entries:
        _check(session, entry.judged, plan.suite)
    if strips_folder:
        make_folder(strips_folder)
    robot, console = load_robot(collision="full"), tables.console()
    console.print("Play: deterministic, nominal robot; style of a stride against its clip, with 95 % intervals")
    pictures: dict[str, Episodes] = {}
    # Measuring a case takes about as long as playing it.
    steps, standing = session.steps(plan.suite), session.steps(plan.suite, baseline=True)
    with EvaluationProgress(2 * steps * len(entries) + standing + 2 * steps) as progress:
        judge = _Judge(plan, progress)
        walkers = [judge.open_loop(robot)]
        advance = progress.task(STANDING)
        stood = session.play_baseline(STANDING, entries[0].judged, plan.suite, advance)
        walkers.append(judge.walker(STANDING, STANDING, stood, pictures, baseline=True))
        for entry in entries:
            name = entry.judged.name
            played = session.play_policy(entry.judged, plan.suite, progress.task(f"{name}: play"))
            walkers.append(judge.walker(name, entry.group, played, pictures))
    table.print_table(console, walkers, plan.suite.cases, plan.references)
    table.print_verdicts(console, walkers, plan.suite.cases)
    if json_file:
        judged = [entry.judged for entry in entries]
        tree = document.document(plan.suite, plan.references, judged, walkers, samples=plan.samples)
        write_text(json_file, json.dumps(tree, allow_nan=False, indent=1) + "\n")
        console.print(f"\nFigures: {json_file}", soft_wrap=True)
    if strips_folder:
        for path in _draw(strips_folder, robot, plan, [entry.judged.name for entry in entries], pictures):
            console.print(f"Strip:   {path}", soft_wrap=True)
    return walkers


@dataclass(frozen=True)
class _Judge:
    """Measures what is played."""

    plan: Plan
    progress: EvaluationProgress

    def walker(
        self,
        name: str,
        group: str,
        played: Iterable[tuple[CaseResult, Episodes]],
        pictures: dict[str, Episodes],
        *,
        baseline: bool = False,
    ) -> Walker:
        """Measures every case of one that walks, and keeps the episodes that are drawn."""
        measured, shown = {}, _shown(self.plan.suite)
        for result, episodes in played:
            measured[result.case.id] = self._measure(name, result.case.id, episodes)
            if result.case.id == shown:
                pictures[name] = dataclasses.replace(episodes, features=None)
        return Walker(name, group, measured, baseline)

    def open_loop(self, robot: Robot) -> Walker:
        """The robot that plays each command's nearest clip by its servos alone: one episode, for there is no chance."""
        measured = {}
        for case in self.plan.suite.cases:
            clip = self.plan.references[case.id][0].clip
            measured[case.id] = self._measure(OPEN_LOOP, case.id, walks.open_loop(robot, clip, case.play.command))
        return Walker(OPEN_LOOP, OPEN_LOOP, measured, baseline=True)

    def _measure(self, name: str, case: str, episodes: Episodes) -> Measured:
        advance: Callable[[int], None] = self.progress.task(f"{name}: measure {case}")
        found = measure(episodes, self.plan.references[case], samples=self.plan.samples)
        advance((len(episodes.alive) - 1) * self.plan.suite.episodes)
        return found


def _check(session: Session, judged: Judged, suite: Suite) -> None:
    session.check(judged, suite)
    period_s = judged.policy.interface.action.control_period_s
    if abs(period_s - PERIOD_S) > 1e-9:
        raise UsageError(
            f"{judged.name} acts every {period_s:g} s, and clips have a frame every {PERIOD_S:g} s, by which style is "
            "compared; train with env.physics.timestep_s x env.physics.substeps of that"
        )


def _shown(suite: Suite) -> str:
    """The case that is drawn."""
    return min(suite.cases, key=lambda case: abs(case.play.command[0] - strips.SPEED_M_PER_S)).id


def _draw(
    folder: Path, robot: Robot, plan: Plan, names: Sequence[str], pictures: Mapping[str, Episodes]
) -> Iterable[Path]:
    clip = plan.references[_shown(plan.suite)][0].clip
    above = (f"Reference {clip.name}", walks.of_clip(robot, clip))
    for name in names:
        path = folder / f"{name.replace('/', '-')}.png"
        played = pictures[name]
        strips.draw(path, [above, (f"{name} at {played.command[0]:.2f} m/s", played)])
        yield path
