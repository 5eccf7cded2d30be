"""What a sweep leaves for people: a page, and the same as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from trainers.study import layout, tables
from trainers.study.layout import Page
from trainers.study.sweep import sentences
from trainers.study.sweep.plan import SweepPlan
from trainers.study.sweep.plots import against_settings
from trainers.study.sweep.search import Trial
from wildrobot import __version__
from wildrobot.evaluation.show.report.numbers import NONE, count, decimals_for, interval, shown
from wildrobot.evaluation.show.report.tables import Cell, Column, Row, Table

_PLOTS = (
    "The objective of every trial over each setting, as far as the trial came. The other settings differ between the "
    "points, too, and only points of equal steps are comparable."
)


def write(folder: Path, plan: SweepPlan, trials: Sequence[Trial], missing: Sequence[str]) -> tuple[Path, Path]:
    """Writes `study.md` and `index.html`.

    Args:
      folder: where to; made if it is missing.
      plan: of the sweep.
      trials: all that there are.
      missing: a sentence on each part that is not done.

    Returns:
      The paths of both.

    Raises:
      CannotWrite: if the disk refuses.
    """
    table = trials_table(plan, trials)
    lead, sure = sentences.found(plan.objective, trials), sentences.how_sure(plan.objective, trials)
    again = train_again(plan, trials)
    parts = [f"## {plan.study.title}", lead, f"**How sure is that?** {sure}"]
    parts += [f"**{heading}** `{text}`" for heading, text in again]
    parts += ["### Trials, best first", tables.markdown(table, head="trial")]
    if missing:
        parts.append(f"Not done: {'; '.join(missing)}.")
    plots = against_settings(plan.objective, plan.sweep.ranges, trials)
    page = Page(
        title=plan.study.title,
        kind="sweep · quick",
        lead=lead,
        cards=[("How sure is that?", sure), *again],
        missing=missing,
        tables=[("Trials, best first", table)],
        plots=[("Objective over each setting", _PLOTS, plots)] if plots is not None else [],
        comparisons=[],
        version=__version__,
    )
    return layout.write(folder, "\n\n".join(parts) + "\n", page)


def train_again(plan: SweepPlan, trials: Sequence[Trial]) -> list[tuple[str, str]]:
    """What trains the best trial again, and where it lies, each with its heading; empty where there is none."""
    best = sentences.best_of(plan.objective, trials)
    if best is None:
        return []
    folder = plan.folder.parents[1] / "runs" / best.reached[-1].key
    return [("Train it again:", plan.command(best.values)), ("Its run folder:", str(folder))]


def trials_table(plan: SweepPlan, trials: Sequence[Trial]) -> Table:
    """A row for each trial, the best first."""
    info = plan.objective
    ranked = sentences.ranking(info, trials)
    # As the best one needs them: one that has learned nothing would take them from all others.
    decimals = decimals_for([ranked[0].reached[-1].value if ranked and ranked[0].reached else None])
    rows = []
    for trial in ranked:
        state = f"{trial.state}: {trial.why}" if trial.why else trial.state
        cells = [Cell(state), *_reached(plan, trial, decimals)]
        cells += [Cell(sentences.shown_setting(value)) for value in trial.values.values()]
        rows.append(Row(f"trial {trial.number}", None, cells))
    over = "the seeds of a trial" if len(plan.study.seeds) > 1 else "episodes"
    columns = [
        Column("state", "", "complete: trained to its end; pruned: ended at a rung; open: cut, failed or at work"),
        Column("trained for", "steps", "environment steps until it was judged last"),
        Column(info.label, info.shown_unit, f"{info.description}; with its 95 % interval over {over}"),
        *(
            [Column("each seed", info.shown_unit, "in the order of the study's file")]
            if len(plan.study.seeds) > 1
            else []
        ),
        *(Column(path, "", "swept") for path in plan.sweep.ranges),
    ]
    return Table(f"Trials of the sweep of {plan.sweep.group}", columns, [("", rows)], [])


def _reached(plan: SweepPlan, trial: Trial, decimals: int) -> list[Cell]:
    info, several = plan.objective, len(plan.study.seeds) > 1
    if not trial.reached:
        return [Cell(NONE)] * (3 if several else 2)
    its = trial.reached[-1]
    cells = [
        Cell(count(its.steps)),
        Cell(shown(info, its.value, decimals), interval(info, its.low, its.high, decimals)),
    ]
    return [*cells, *([Cell(" · ".join(shown(info, value, decimals) for value in its.seeds))] if several else [])]
