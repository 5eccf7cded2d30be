"""Command line: `python -m wildrobot.evaluation.diagnose [RUN] [--config NAME]`."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wildrobot.arguments import add_trust, parse
from wildrobot.cli import exit_code, leave
from wildrobot.errors import UsageError
from wildrobot.files import check_target, write_text
from wildrobot.processors import limit_threads

if TYPE_CHECKING:
    from wildrobot.evaluation.diagnose.diagnose import Subject
    from wildrobot.evaluation.judge.diagnosis import Diagnosis
    from wildrobot.experiment import Experiment
    from wildrobot.policy import Policy


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code: 0 healthy, 1 something found, 2 for a mistake; else as `exit_code`."""
    return exit_code(lambda: _diagnose(arguments), interrupted="interrupted; nothing was written")


def _diagnose(arguments: Sequence[str] | None) -> int:
    options = parse(_parser(), arguments, words=("words",))
    os.environ["JAX_PLATFORMS"] = "cpu"
    limit_threads()
    from wildrobot.evaluation.judge import diagnosis as results

    if options.json_schema:
        print(json.dumps(results.json_schema(), indent=2))
        return 0
    from wildrobot.console import output
    from wildrobot.evaluation.diagnose.diagnose import STAGES, diagnose, diagnose_env
    from wildrobot.evaluation.show.diagnosis_table import print_diagnosis
    from wildrobot.evaluation.show.progress import EvaluationProgress

    _check_writable(options)
    subject = None if options.env else _subject(options)
    with EvaluationProgress(STAGES) as progress:

        def on_stage(stage: str) -> None:
            progress.task(stage)(1)

        if subject is None:
            found = diagnose_env(_env(options), options.policy, on_stage)
        else:
            found = diagnose(subject, on_stage)
    print_diagnosis(output(), found)
    _write(options, subject and subject.run, found)
    return 0 if found.verdict == "healthy" else 1


def _env(options: argparse.Namespace) -> str:
    """The environment that `--env` names; refuses anything else on the command line."""
    if options.words or options.config or options.other:
        besides = " ".join(options.words) or ("--config" if options.config else "--other")
        raise UsageError(f"--env {options.env} is examined alone; leave out {besides}")
    return options.env


def _subject(options: argparse.Namespace) -> Subject:
    """What the words on the command line name."""
    from wildrobot.evaluation.diagnose.diagnose import Subject
    from wildrobot.evaluation.diagnose.evidence.run import CONFIG
    from wildrobot.experiment import load_experiment
    from wildrobot.policy import load_policy

    overrides = [word for word in options.words if "=" in word and not Path(word).exists()]
    if options.policy:
        raise UsageError("--policy goes with --env; name a policy of this project itself, beside --config")
    paths = [Path(word) for word in options.words if word not in overrides]
    if len(paths) > 1:
        raise UsageError(f"one run at a time, not {', '.join(map(str, paths))}; diagnose each by itself")
    if not paths:
        if options.other:
            raise UsageError("--other is compared with a run; name that run before it")
        name = options.config or "walk"
        return Subject(" ".join(["experiment", str(name), *overrides]), load_experiment(name, overrides))
    path = paths[0]
    policy = load_policy(path, trust=options.trust)
    run = path if (path / "metrics.jsonl").is_file() else None
    if run is None and options.config is None:
        raise UsageError(f"{path}: is no run folder, so its task is not known; name it: --config walk")
    name = options.config or path / CONFIG
    experiment = load_experiment(name, overrides)
    other = None if options.other is None else _other(options, experiment, overrides)
    return Subject(str(path), experiment, run, policy, other)


def _other(options: argparse.Namespace, experiment: Experiment, overrides: Sequence[str]) -> tuple[str, Policy]:
    """The policy of the other run, which must have been trained on the same task."""
    from wildrobot.evaluation.diagnose.evidence.run import CONFIG
    from wildrobot.experiment import load_experiment
    from wildrobot.policy import load_policy

    path: Path = options.other
    policy = load_policy(path, trust=options.trust)
    if (path / CONFIG).is_file():
        ours, theirs = experiment.env.task, load_experiment(path / CONFIG, overrides).env.task
        if differ := [name for name in type(ours).model_fields if getattr(ours, name) != getattr(theirs, name)]:
            raise UsageError(
                f"--other {path}: was trained on another task (env.task.{', env.task.'.join(differ)}); give a run of "
                "the same experiment"
            )
    return str(path), policy


def _write(options: argparse.Namespace, run: Path | None, found: Diagnosis) -> None:
    from wildrobot import extras
    from wildrobot.evaluation.judge import diagnosis as results

    file = options.json or (run / results.FILE if run else None)
    if file:
        write_text(file, results.to_json(found) + "\n")
        print(f"\nNumbers: {file}")
    page = options.page or (run / "report" / "diagnosis.html" if run else None)
    if page and (reason := extras.why_not("the page", extras.REPORT)) and not options.page:
        print(f"Note: no page is written: {reason}")
    elif page:
        from wildrobot.evaluation.show.report import diagnosis

        print(f"Page:    {diagnosis.write(page, found)}")


def _check_writable(options: argparse.Namespace) -> None:
    """Now, and not after a minute of playing."""
    from wildrobot import extras

    if options.page:
        extras.require("the page", extras.REPORT)
    for path in (options.json, options.page):
        if path:
            check_target(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m wildrobot.evaluation.diagnose",
        description="Says whether it is the robot, the task, the trainer or the measurement, and shows why: of a run, "
        "or of an experiment before any training.",
        epilog="The exit code is 0 if nothing was found and 1 if something was. docs/diagnose.md lists what is "
        "examined.",
    )
    parser.add_argument(
        "words", nargs="*", metavar="RUN_OR_POLICY | SETTING=VALUE",
        help="a run folder or, with --config, a policy; settings of the experiment, e.g. "
        "env.task.push.velocity_m_per_s=1",
    )  # fmt: skip
    parser.add_argument(
        "--config", metavar="NAME", help="the experiment (default: of a run its own, and walk where nothing is named)"
    )
    parser.add_argument(
        "--other", type=Path, metavar="RUN", help="another trainer's run, or policy, of the same task, to compare with"
    )
    parser.add_argument("--env", metavar="ID", help="an environment that is registered with Gymnasium, instead")
    parser.add_argument("--policy", type=Path, metavar="ONNX", help="with --env: from its observations to its actions")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write everything as JSON (of a run: into its folder)"
    )
    parser.add_argument(
        "--page", type=Path, metavar="FILE.html", help="write a page (of a run: into its report folder)"
    )
    add_trust(parser)
    parser.add_argument("--json-schema", action="store_true", help="print the schema of that JSON, and end")
    return parser


if __name__ == "__main__":
    leave(main())
