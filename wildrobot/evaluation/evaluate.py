"""One evaluation, from the policies to the tables, the JSON, the report and the pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from wildrobot import extras
from wildrobot.console import output
from wildrobot.errors import UsageError
from wildrobot.evaluation.judge import diagnosis, gates
from wildrobot.evaluation.judge.assemble import assemble, suite_info
from wildrobot.evaluation.judge.diagnosis import Diagnosis
from wildrobot.evaluation.judge.estimates import judge_case, suite_result
from wildrobot.evaluation.judge.provenance import versions
from wildrobot.evaluation.judge.result import CaseResult, Evaluation, Settings, SuiteResult, to_json
from wildrobot.evaluation.play.candidates import Candidate
from wildrobot.evaluation.play.episodes import Episodes
from wildrobot.evaluation.play.session import Session
from wildrobot.evaluation.play.suite import Suite
from wildrobot.evaluation.show import films, table
from wildrobot.evaluation.show.progress import EvaluationProgress
from wildrobot.files import check_target, make_folder, write_text
from wildrobot.records import commit
from wildrobot.robot import load_robot


@dataclass(frozen=True)
class Outputs:
    """Files and folders to write, None for those that are not wanted.

    Attributes:
      json: the result.
      report: the folder of the page.
      picture: a PNG of how the first policy walks.
      video: a film of the first policy.
    """

    json: Path | None = None
    report: Path | None = None
    picture: Path | None = None
    video: Path | None = None


@dataclass
class _Played:
    """What has been played: suite by suite, and only whole ones.

    Attributes:
      suites: those that are finished.
      results, baselines: by the name of the policy or baseline, then by suite.
      walks: of each policy, the episodes that are filmed.
    """

    suites: list[Suite] = field(default_factory=list)
    results: dict[str, dict[str, SuiteResult]] = field(default_factory=dict)
    baselines: dict[str, dict[str, SuiteResult]] = field(default_factory=dict)
    walks: dict[str, Episodes] = field(default_factory=dict)


def evaluate(
    candidates: Sequence[Candidate],
    suites: Sequence[Suite],
    outputs: Outputs,
    *,
    quick: bool = False,
    stochastic: bool = False,
    threads: int = 0,
) -> bool:
    """Plays, prints the tables and the gates, and writes the files.

    Args:
      candidates: the policies; they are played by the same rules, each with the interface that it was trained with.
      suites: what is played.
      outputs: the files to write.
      quick: whether the suites are the short ones, for the result.
      stochastic: draw actions as in training, instead of playing the mean ones.
      threads: of the physics.

    Returns:
      Whether every gate is passed by every policy.

    Raises:
      UsageError: for a suite that names no metric, a policy that does not fit, or a file that cannot be written;
        before anything is played.
      KeyboardInterrupt: after Ctrl-C, SIGTERM or SIGHUP; what was finished by then is written first.
    """
    _check_writable(outputs)
    for suite in suites:
        gates.check_metrics(suite)
    session, console, played = Session(stochastic=stochastic, threads=threads), output(), _Played()
    for each in candidates:
        session.check(each, suites[0])
    settings = Settings(
        seed=suites[0].seed, quick=quick, play="stochastic" if stochastic else "deterministic", versions=versions(),
        commit=commit(),
    )  # fmt: skip
    console.print(f"Play: {settings.play}, seed {settings.seed}")
    interrupted: KeyboardInterrupt | None = None
    with EvaluationProgress(_steps(session, candidates, suites)) as progress:
        for suite in suites:
            try:
                results, baselines = _play(session, suite, candidates, outputs, played, progress)
            except KeyboardInterrupt as error:
                interrupted = error
                break
            played.suites.append(suite)
            for found, by_name in ((played.results, results), (played.baselines, baselines)):
                for name, result in by_name.items():
                    found.setdefault(name, {})[suite.name] = result
            progress.hide()
            table.print_suite(console, suite_info(suite), results | baselines, baselines)
            progress.show()
    passed = True
    if played.suites:
        evaluation = assemble(
            suites=played.suites, candidates=candidates, results=played.results, baselines=played.baselines,
            settings=settings,
        )  # fmt: skip
        table.print_conclusion(console, evaluation)
        _write(console, outputs, evaluation, played, _diagnoses(console, candidates) if outputs.report else {})
        passed = all(policy.passed for policy in evaluation.policies)
    if interrupted is not None:
        raise interrupted
    return passed


def _play(
    session: Session,
    suite: Suite,
    candidates: Sequence[Candidate],
    outputs: Outputs,
    played: _Played,
    progress: EvaluationProgress,
) -> tuple[dict[str, SuiteResult], dict[str, SuiteResult]]:
    """Plays a suite: the results of the policies, and of the baselines.

    Of the first suite that walks, what is drawn and filmed is kept: more would fill the memory.
    """
    baselines: dict[str, SuiteResult] = {}
    for name in suite.baselines:
        recorded = session.play_baseline(name, candidates[0], suite, progress.task(f"{suite.name}: {name}"))
        baselines[name] = suite_result({case.id: judge_case(episodes) for case, episodes in recorded})
    results: dict[str, SuiteResult] = {}
    filmed: dict[str, Episodes] = {}
    for candidate in candidates:
        cases: dict[str, CaseResult] = {}
        walks: list[Episodes] = []
        recorded = session.play_policy(candidate, suite, progress.task(f"{suite.name}: {candidate.name}"))
        for case, episodes in recorded:
            cases[case.id] = judge_case(episodes)
            if not played.walks and case.command[0] > 0.0:
                walks.append(episodes)
        results[candidate.name] = suite_result(cases)
        if walks:
            filmed[candidate.name] = films.fastest_survived(walks)
            if outputs.picture and candidate is candidates[0]:
                from wildrobot.evaluation.show import picture

                model = load_robot(walks[0].robot.name, collision="full").model
                picture.draw(outputs.picture, f"WildRobot · {candidate.name}", model, walks)
    played.walks |= filmed
    return results, baselines


def _steps(session: Session, candidates: Sequence[Candidate], suites: Sequence[Suite]) -> int:
    policies = sum(session.steps(suite) for suite in suites) * len(candidates)
    return policies + sum(session.steps(suite, baseline=True) * len(suite.baselines) for suite in suites)


def _diagnoses(console: Console, candidates: Sequence[Candidate]) -> dict[str, Diagnosis]:
    """What `python -m wildrobot.evaluation.diagnose` has left in the run folders."""
    found = {}
    for candidate in candidates:
        if candidate.run and (candidate.run / diagnosis.FILE).is_file():
            try:
                found[candidate.name] = diagnosis.load(candidate.run / diagnosis.FILE)
            except UsageError as error:
                console.print(f"Note: the report has no diagnosis of {candidate.name}: {error}")
    return found


def _write(
    console: Console,
    outputs: Outputs,
    evaluation: Evaluation,
    played: _Played,
    diagnoses: Mapping[str, Diagnosis],
) -> None:
    # Before the films, which take the longest: an interrupt leaves what is there.
    if outputs.json:
        if outputs.report and outputs.json.parent == outputs.report:
            make_folder(outputs.report)
        write_text(outputs.json, to_json(evaluation) + "\n")
        console.print(f"\nNumbers: {outputs.json}", soft_wrap=True)
    if not played.walks and (outputs.picture or outputs.video):
        console.print("Note: neither picture nor film, for no case of these suites walks forward")
    if outputs.picture and played.walks:
        console.print(f"Picture: {outputs.picture}", soft_wrap=True)
    if outputs.video and played.walks:
        films.write(outputs.video, next(iter(played.walks.values())))
        console.print(f"Film:    {outputs.video}", soft_wrap=True)
    if outputs.report:
        from wildrobot.evaluation.show.report.page import write

        made, why_not = films.encoded(played.walks)
        page = write(outputs.report, evaluation, made, diagnoses)
        if why_not:
            console.print(f"Note: the report has no film: {why_not}")
        console.print(f"Report:  {page}", soft_wrap=True)


def _check_writable(outputs: Outputs) -> None:
    """Now, and not after minutes of playing."""
    if outputs.report:
        extras.require("the report", extras.REPORT)
        if outputs.report.exists() and not outputs.report.is_dir():
            raise UsageError(f"cannot write the report into {outputs.report}: it is a file; give the name of a folder")
    if outputs.picture:
        extras.require("the picture", extras.PICTURE)
    for path in (outputs.json, outputs.picture, outputs.video):
        # The report's folder is made with the report.
        if path is not None and (path.parent != outputs.report or path.parent.is_dir()):
            check_target(path)
