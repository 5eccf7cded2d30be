"""What a study comes to: who has learned to walk, and a sentence on each question."""

from __future__ import annotations

from collections.abc import Sequence

from trainers.study.results import Results
from trainers.study.settings import Question
from wildrobot.evaluation.judge.result import FEWEST_RUNS, Comparison
from wildrobot.evaluation.judge.verdict import NO_DIFFERENCE, sentence, too_few_runs
from wildrobot.evaluation.show.report.numbers import words
from wildrobot.evaluation.style.groups import contrast
from wildrobot.evaluation.style.metrics import MATTERS, STYLE_METRICS


def blame(results: Results) -> str:
    """Robot, task or trainer: what follows from which groups have learned to walk.

    A group has learned where most of its runs have.
    """
    learned = {group: _learned_runs(results, group) > len(its) / 2 for group, its in results.members.items()}
    counts = ", ".join(
        f"{_learned_runs(results, group)} of {len(its)} of {group}" for group, its in results.members.items()
    )
    limit = f"{results.study.learned_m_per_s:g} m/s"
    said = f"Runs whose own mean error of the forward speed came below {limit}: {counts}."
    good, bad = ([name for name, its in learned.items() if its is kind] for kind in (True, False))
    if not bad:
        conclusion = "Every group has learned to walk: robot and task can be learned by all of them."
    elif not good:
        conclusion = "No group has learned to walk: suspect the robot or the task, and not one trainer."
    else:
        conclusion = (
            f"{_listed(good)} {'has' if len(good) == 1 else 'have'} learned to walk and {_listed(bad)} "
            f"{'has' if len(bad) == 1 else 'have'} not: suspect the training of {_listed(bad)}, and not the robot or "
            "the task."
        )
    few = [name for name, its in results.members.items() if len(its) < FEWEST_RUNS]
    if few:
        said += f" This is not sure: {_listed(few)} {'has' if len(few) == 1 else 'have'} fewer than {FEWEST_RUNS} runs."
    return f"{conclusion} {said}"


def answer(results: Results, index: int) -> str:
    """One sentence or two on a question: by the judge's suites, and by style where it was measured.

    Args:
      results: of the study.
      index: of the question in `results.asked`.
    """
    comparison = results.evaluation.comparisons[index]
    parts = [_by_suites(comparison)]
    if differing := style_details(results, results.asked[index], decided_only=True):
        parts.append("Style: " + " ".join(differing))
    elif results.walkers and not _too_few(comparison):
        parts.append("Style: " + NO_DIFFERENCE[0].lower() + NO_DIFFERENCE[1:])
    return " ".join(parts)


def style_details(results: Results, question: Question, *, decided_only: bool = False) -> list[str]:
    """A sentence on each metric of style that decides; with `decided_only`, of those that differ."""
    if any(name not in results.walkers for name in question.groups):
        return []
    members = {name: results.walkers[name] for name in question.groups}
    commands = list(next(iter(members.values()))[0].measured)
    found = [
        sentence(STYLE_METRICS[name], contrast(members, STYLE_METRICS[name], commands), matters)
        for name, matters in MATTERS.items()
    ]
    return [text for text, better in found if better or not decided_only]


def _by_suites(comparison: Comparison) -> str:
    if _too_few(comparison):
        return too_few_runs()
    same = [name for name, its in comparison.suites.items() if its.verdict == NO_DIFFERENCE]
    parts = [f"{words(name)}: {its.verdict}" for name, its in comparison.suites.items() if name not in same]
    if same:
        parts.append(f"{_listed([words(name) for name in same])}: no significant difference that matters.")
    joined = " ".join(parts)
    return joined[:1].upper() + joined[1:]


def _too_few(comparison: Comparison) -> bool:
    return any(contrast.too_few_runs for suite in comparison.suites.values() for contrast in suite.metrics.values())


def _learned_runs(results: Results, group: str) -> int:
    return sum(results.learned[name] is not None for name in results.members[group])


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
