"""One measurement of style, from the policies to the table, the JSON and the pictures."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from wildrobot import extras
from wildrobot.console import output
from wildrobot.errors import UsageError
from wildrobot.evaluation.play.candidates import Candidate
from wildrobot.evaluation.play.case import Case
from wildrobot.evaluation.play.episodes import Episodes
from wildrobot.evaluation.play.session import Session
from wildrobot.evaluation.play.suite import Suite, load_suite
from wildrobot.evaluation.show.progress import EvaluationProgress
from wildrobot.evaluation.style import discriminator, reference, table, walks
from wildrobot.evaluation.style.groups import Walker
from wildrobot.evaluation.style.metrics import Measured, measure
from wildrobot.evaluation.style.reference import Reference
from wildrobot.evaluation.style.result import style_result, to_json
from wildrobot.files import make_folder, write_text
from wildrobot.motion.derivatives import PERIOD_S
from wildrobot.robot import Robot, load_robot

OPEN_LOOP, STANDING = "open-loop clip", "hold-home"
_QUICK_SAMPLES = 512
_SHOWN_M_PER_S = 0.2
"""The command that is drawn, or the one nearest to it."""


@dataclass(frozen=True)
class Entry:
    """A policy whose style is measured, and the group that it belongs to."""

    candidate: Candidate
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
      UsageError: for an unknown reference, or if none is near a command.
    """
    path = Path(str(resources.files("wildrobot.evaluation.style").joinpath("style.yaml")))
    suite = load_suite(str(path), quick=quick)
    assert suite is not None
    found = reference.chosen(robot, names)
    near = {case.id: reference.nearest(found, case.command) for case in suite.cases}
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
    entries: Sequence[Entry],
    plan: Plan,
    *,
    json_file: Path | None,
    strips_folder: Path | None,
    threads: int = 0,
    baselines: bool = True,
) -> None:
    """Plays, measures, prints the table and what follows from it, and writes the files.

    Args:
      entries: the policies.
      plan: what is measured.
      json_file: for all numbers.
      strips_folder: for a picture of each policy.
      threads: of the physics; 0 is every core.
      baselines: whether to measure the clip by the servos alone and the home pose, too.

    Raises:
      UsageError: for a policy that does not fit, a missing package, or a file that cannot be written.
    """
    discriminator.require()
    if strips_folder:
        extras.require("--strips", extras.PICTURE)
    session = Session(stochastic=False, threads=threads, record_features=True)
    for entry in entries:
        _check(session, entry.candidate, plan.suite)
    if strips_folder:
        make_folder(strips_folder)
    robot, out = load_robot(collision="full"), output()
    out.print("Play: deterministic, nominal robot; style of a stride against its clip, with 95 % intervals")
    pictures: dict[str, Episodes] = {}
    # Measuring a case takes about as long as playing it.
    steps, standing = session.steps(plan.suite), session.steps(plan.suite, baseline=True)
    with EvaluationProgress(2 * steps * len(entries) + (standing + 2 * steps if baselines else 0)) as progress:
        measuring = _Measuring(plan, progress)
        walkers: list[Walker] = []
        if baselines:
            walkers.append(measuring.open_loop(robot))
            advance = progress.task(STANDING)
            stood = session.play_baseline(STANDING, entries[0].candidate, plan.suite, advance)
            walkers.append(measuring.walker(STANDING, STANDING, stood, pictures, baseline=True))
        for entry in entries:
            name = entry.candidate.name
            played = session.play_policy(entry.candidate, plan.suite, progress.task(f"{name}: play"))
            walkers.append(measuring.walker(name, entry.group, played, pictures))
    candidates = [entry.candidate for entry in entries]
    measured = style_result(plan.suite, plan.references, candidates, walkers, samples=plan.samples)
    table.print_table(out, measured, {case.id: case.label for case in plan.suite.cases})
    table.print_verdicts(out, measured)
    if json_file:
        write_text(json_file, to_json(measured) + "\n")
        out.print(f"\nNumbers: {json_file}", soft_wrap=True)
    if strips_folder:
        for path in _draw(strips_folder, robot, plan, [each.name for each in candidates], pictures):
            out.print(f"Strip:   {path}", soft_wrap=True)


@dataclass(frozen=True)
class _Measuring:
    """Measures what is played."""

    plan: Plan
    progress: EvaluationProgress

    def walker(
        self,
        name: str,
        group: str,
        played: Iterable[tuple[Case, Episodes]],
        pictures: dict[str, Episodes],
        *,
        baseline: bool = False,
    ) -> Walker:
        """Measures every case of one that walks, and keeps the episodes that are drawn."""
        measured, shown = {}, _shown(self.plan.suite)
        for case, episodes in played:
            measured[case.id] = self._measure(name, case.id, episodes)
            if case.id == shown:
                pictures[name] = dataclasses.replace(episodes, features=None)
        return Walker(name, group, measured, baseline)

    def open_loop(self, robot: Robot) -> Walker:
        """The robot that plays each command's nearest clip by its servos alone: one episode, as nothing is random."""
        measured = {}
        for case in self.plan.suite.cases:
            clip = self.plan.references[case.id][0].clip
            measured[case.id] = self._measure(OPEN_LOOP, case.id, walks.open_loop(robot, clip, case.command))
        return Walker(OPEN_LOOP, OPEN_LOOP, measured, baseline=True)

    def _measure(self, name: str, case: str, episodes: Episodes) -> Measured:
        advance: Callable[[int], None] = self.progress.task(f"{name}: measure {case}")
        found = measure(episodes, self.plan.references[case], samples=self.plan.samples)
        advance((len(episodes.alive) - 1) * self.plan.suite.episodes)
        return found


def _check(session: Session, candidate: Candidate, suite: Suite) -> None:
    session.check(candidate, suite)
    period_s = candidate.policy.interface.action.control_period_s
    if abs(period_s - PERIOD_S) > 1e-9:
        raise UsageError(
            f"{candidate.name} acts every {period_s:g} s, and clips have a frame every {PERIOD_S:g} s, by which style "
            "is compared; train with env.physics.timestep_s x env.physics.substeps of that"
        )


def _shown(suite: Suite) -> str:
    """The case that is drawn."""
    return min(suite.cases, key=lambda case: abs(case.command[0] - _SHOWN_M_PER_S)).id


def _draw(
    folder: Path, robot: Robot, plan: Plan, names: Sequence[str], pictures: Mapping[str, Episodes]
) -> Iterable[Path]:
    from wildrobot.evaluation.style import strips

    clip = plan.references[_shown(plan.suite)][0].clip
    above = (f"Reference {clip.name}", walks.of_clip(robot, clip))
    for name in names:
        path = folder / f"{name.replace('/', '-')}.png"
        played = pictures[name]
        strips.draw(path, [above, (f"{name} at {played.command[0]:.2f} m/s", played)])
        yield path
