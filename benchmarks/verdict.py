"""Trainings side by side, as Markdown: what the judge says of their gates, and how near they are to each reference.

python -m wildrobot.evaluation RUN ... --quick --no-gate --json judged.json
python -m wildrobot.evaluation.style GROUP=RUN ... --json generated.json
python -m wildrobot.evaluation.style GROUP=RUN ... --reference human --json human.json
python -m benchmarks.verdict --judged judged.json --style generated=generated.json human=human.json

Policies of several files of the judge are put together, and so are groups of several files of one reference.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from statistics import mean

from wildrobot.evaluation.judge.result import Estimate, PolicyResult, load
from wildrobot.evaluation.style.result import GroupResult
from wildrobot.evaluation.style.result import load as load_style

_STYLE = (
    ("survival", "survival [%]", 100.0, 0),
    ("speed_error_m_per_s", "speed error [m/s]", 1.0, 3),
    ("joint_distance_rad", "joint distance [rad]", 1.0, 3),
    ("foot_path_distance_m", "foot distance [m]", 1.0, 3),
    ("stride_frequency_ratio", "stride rate ratio", 1.0, 2),
    ("smoothness", "smoothness", 1.0, 1),
    ("noise_to_hide", "noise to hide", 1.0, 1),
)


def main() -> int:
    """Reads what the judge and the measurement of style have written, and prints a table of each."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.verdict",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--judged", type=Path, nargs="+", required=True, metavar="JSON", help="of `python -m wildrobot.evaluation`"
    )
    parser.add_argument(
        "--style", nargs="+", required=True, metavar="REFERENCE=JSON", help="of `python -m wildrobot.evaluation.style`"
    )
    parsed = parser.parse_args()
    group_of: dict[str, str] = {}
    styles: dict[str, dict[str, GroupResult]] = {}
    for text in parsed.style:
        reference, _, path = text.partition("=")
        if not (reference and path):
            parser.error(f"{text!r} is not of the form REFERENCE=JSON")
        style = load_style(Path(path))
        group_of |= {each.policy.sha256: each.group for each in style.walkers if each.policy}
        styles.setdefault(reference, {}).update(style.groups)
    policies = [policy for path in parsed.judged for policy in load(path).policies if policy.provenance]
    if unknown := [each.name for each in policies if _digest(each) not in group_of]:
        parser.error(f"judged, but in no group of style: {', '.join(unknown)}; measure their style too")
    print(gates(policies, group_of))
    for reference, groups in styles.items():
        print(f"\nAgainst `{reference}`:\n\n{distances(groups)}")
    return 0


def gates(policies: list[PolicyResult], group_of: dict[str, str]) -> str:
    """One row per group: gates passed by each run, survival over all cases, and what all runs fail.

    Args:
      policies: as the judge writes them.
      group_of: by a policy's digest.
    """
    groups: dict[str, list[PolicyResult]] = {name: [] for name in group_of.values()}
    for policy in policies:
        groups[group_of[_digest(policy)]].append(policy)
    rows = []
    for name, runs in groups.items():
        if not runs:
            continue
        number = len(runs[0].gates)
        passed = ", ".join(str(sum(gate.passed for gate in run.gates)) for run in runs)
        survival = ", ".join(f"{100 * _survival(run):.1f}" for run in runs)
        failed = Counter(gate for run in runs for gate in _failed(run))
        by_every = [gate for gate, count in failed.items() if count == len(runs)]
        if some := len(failed) - len(by_every):
            by_every.append(f"{some} more by some")
        rows.append(f"| {name} | {passed} of {number} | {survival} | {', '.join(by_every) or 'nothing'} |")
    return "\n".join(
        (
            "| training | gates passed, by seed | survival over all cases [%] | failed by every seed |",
            "|---|---|---|---|",
            *rows,
        )
    )


def distances(groups: dict[str, GroupResult]) -> str:
    """One row per group: the interquartile mean of its runs over commands, with its interval."""
    rows = [f"| | {' | '.join(heading for _, heading, _, _ in _STYLE)} |", "|---" * (len(_STYLE) + 1) + "|"]
    for name, group in groups.items():
        cells = (_cell(group.mean[metric], scale, digits) for metric, _, scale, digits in _STYLE)
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _digest(policy: PolicyResult) -> str:
    assert policy.provenance
    return policy.provenance.sha256


def _failed(policy: PolicyResult) -> list[str]:
    """Each once: several limits on one metric of a case, such as of both feet's steps, are one."""
    failed = (gate for gate in policy.gates if not gate.passed)
    return list(dict.fromkeys(f"{gate.case} {gate.metric.removesuffix('_m').replace('_', ' ')}" for gate in failed))


def _survival(policy: PolicyResult) -> float:
    return mean(
        case.metrics["survival"].value or 0.0 for suite in policy.suites.values() for case in suite.cases.values()
    )


def _cell(estimate: Estimate, scale: float, digits: int) -> str:
    if estimate.value is None:
        return "none"
    # z: no "-0.00".
    value, low, high = (
        None if number is None else format(scale * number, f"z.{digits}f")
        for number in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value}" if low is None or low == high == value else f"{value} ({low} to {high})"


if __name__ == "__main__":
    sys.exit(main())
