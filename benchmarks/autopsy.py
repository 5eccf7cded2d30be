"""The bench of faults: does `diagnose` name the culprit? `python -m benchmarks.autopsy [NAME...] --out FILE.jsonl`.

Each fault is applied to a healthy set-up as a patch or as settings, the whole diagnosis is run, and its verdict is
compared with what was broken. The faults live here, and nothing in the product knows them.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

os.environ.setdefault("JAX_PLATFORMS", "cpu")

from benchmarks import autopsy_runs
from benchmarks.autopsy_faults import FAULTS, HEALTHY, SMALL, Fault
from wildrobot.evaluation.diagnose.diagnose import Subject, diagnose
from wildrobot.evaluation.judge.diagnosis import Diagnosis
from wildrobot.experiment import load_experiment
from wildrobot.policy import Policy


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the faults that are named, or all, and appends a line of JSON for each; `--table` prints the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.autopsy", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("names", nargs="*", help="of faults (default: all that need no run)")
    parser.add_argument("--run", type=Path, help="a healthy run folder: apply the faults of runs to copies of it")
    parser.add_argument("--early", type=Path, help="with --run: a policy of an early moment of the same experiment")
    parser.add_argument("--out", type=Path, default=Path("autopsy.jsonl"))
    parser.add_argument("--table", action="store_true", help="print the table of what --out holds, and end")
    options = parser.parse_args(arguments)
    if options.table:
        print(table([json.loads(line) for line in options.out.read_text(encoding="utf-8").splitlines()]))
        return
    faults = autopsy_runs.faults(options.run, options.early) if options.run else (*HEALTHY, *FAULTS)
    for fault in faults:
        if options.names and fault.name not in options.names:
            continue
        began = time.monotonic()
        row = outcome(fault, examined(fault)) | {"wall_s": round(time.monotonic() - began, 1)}
        with options.out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        print(row, flush=True)


def examined(fault: Fault) -> Diagnosis:
    """The diagnosis of the broken set-up."""
    with ExitStack() as stack:
        stack.enter_context(fault.patch())
        run = stack.enter_context(fault.run()) if fault.run else None
        name = fault.config if run is None else run / "config.yaml"
        experiment = load_experiment(name, (*SMALL, *fault.settings()))
        return diagnose(Subject(fault.name, experiment, run, Policy.load(run / "policy.safetensors") if run else None))


def outcome(fault: Fault, found: Diagnosis) -> dict[str, object]:
    """What was broken, what was blamed, and whether that is right."""
    return {
        "fault": fault.name,
        "culprit": fault.culprit,
        "named": found.verdict,
        "right": found.verdict == fault.culprit,
        "in_three": bool(set(found.findings[:3]) & set(fault.examinations)) if fault.examinations else None,
        "findings": list(found.findings),
        "sentence": found.sentence,
    }


def table(rows: Sequence[dict]) -> str:
    """The rows in Markdown, misses included, and the two shares."""
    lines = [
        "| fault | broken | named | right | the examination among the first three | findings |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        found = ", ".join(name.replace("_", " ") for name in row["findings"][:3]) or "none"
        right, three = ("yes" if row["right"] else "**no**"), {True: "yes", False: "**no**", None: ""}[row["in_three"]]
        lines.append(
            f"| {row['fault'].replace('_', ' ')} | {row['culprit']} | {row['named']} | {right} | {three} | {found} |"
        )
    broken = [row for row in rows if row["culprit"] != "healthy"]
    healthy = [row for row in rows if row["culprit"] == "healthy"]
    right, three = sum(row["right"] for row in broken), sum(bool(row["in_three"]) for row in broken)
    lines.append(
        f"\nCulprit named: {right} of {len(broken)}. Examination among the first three: {three} of {len(broken)}. "
        f"False alarms: {sum(not row['right'] for row in healthy)} of {len(healthy)} healthy set-ups."
    )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
