"""What a sweep comes to, in sentences."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import numpy as np
from pydantic import JsonValue

from trainers.study.sweep.objective import Reached
from trainers.study.sweep.search import Trial
from wildrobot.evaluation.judge.result import FEWEST_RUNS
from wildrobot.evaluation.measure.metrics import MetricInfo
from wildrobot.evaluation.show.report.numbers import count, decimals_for, interval, shown


def shown_setting(value: JsonValue) -> str:
    """A value of a setting; of a number, four digits."""
    return f"{value:.4g}" if isinstance(value, float) else json.dumps(value).replace('"', "")


def settings_of(trial: Trial) -> str:
    """E.g. `amp.style_weight = 1.5, brax_ppo.learning_rate = 0.00031`."""
    return ", ".join(f"{path} = {shown_setting(value)}" for path, value in trial.values.items())


def objective_of(info: MetricInfo, its: Reached) -> str:
    """E.g. `vx error 0.031 m/s (0.024–0.038)`."""
    decimals = decimals_for([its.value])
    ends = interval(info, its.low, its.high, decimals)
    value = f"{shown(info, its.value, decimals)} {info.shown_unit}".rstrip()
    return f"{info.label} {value}" + (f" ({ends})" if ends else "")


def best_of(info: MetricInfo, trials: Sequence[Trial]) -> Trial | None:
    """The best of those that were trained to their end; of equal ones, the first."""
    ranked = ranking(info, trials)
    return ranked[0] if ranked and ranked[0].state == "complete" else None


def ranking(info: MetricInfo, trials: Sequence[Trial]) -> list[Trial]:
    """The trials from the best on: first those that came further, for what was reached earlier is less."""
    sign = -1.0 if info.better == "higher" else 1.0

    def key(trial: Trial) -> tuple[bool, int, float, int]:
        value = trial.reached[-1].value if trial.reached else None
        return trial.state != "complete", -len(trial.reached), math.inf if value is None else sign * value, trial.number

    return sorted(trials, key=key)


def found(info: MetricInfo, trials: Sequence[Trial]) -> str:
    """Which trial is the best, and what became of the others."""
    states = [trial.state for trial in trials]
    counts = [
        f"{states.count('complete')} trained to the end",
        f"{states.count('pruned')} pruned",
        *([f"{states.count('impossible')} of settings that do not go together"] if "impossible" in states else []),
        *([f"{states.count('open')} not at their end"] if "open" in states else []),
    ]
    best = best_of(info, trials)
    if best is None:
        return f"No trial has been trained to its end: of {len(trials)}, {', '.join(counts)}."
    last = best.reached[-1]
    return (
        f"Trial {best.number} is the best of {len(trials)}: {objective_of(info, last)} after {count(last.steps)} "
        f"steps, with {settings_of(best)}. Of all trials, {', '.join(counts)}."
    )


def how_sure(info: MetricInfo, trials: Sequence[Trial]) -> str:
    """Whether the best trial can be told from the others, by the spread between seeds of the same trial."""
    ends = [trial.reached[-1] for trial in ranking(info, trials) if trial.state == "complete"]
    if len(ends) < 2:
        return "Fewer than two trials were trained to their end, so nothing is compared."
    seeds = len(ends[0].seeds)
    if seeds == 1:
        return (
            "Not sure: each trial is one training, and its interval is over episodes alone. How much another seed "
            "would change is not known, so differences between trials may be chance, and the best of many is a lucky "
            "one. Train the best ones again with several seeds."
        )
    values = np.array([its.seeds for its in ends], np.float64)
    spread = float(np.sqrt(values.var(axis=1, ddof=1).mean()))
    # Two standard errors of the difference between two means of so many seeds.
    differs = 2.0 * spread * math.sqrt(2.0 / seeds)
    means = values.mean(axis=1)
    close = int((np.abs(means[1:] - means[0]) <= differs).sum())
    said = (
        f"Seeds of the same trial scatter by a standard deviation of {_amount(info, spread)}, so means of {seeds} "
        f"seeds differ by chance by up to about {_amount(info, differs)}."
    )
    if close:
        said += (
            f" {close} of the other {len(ends) - 1} trials that were trained to the end "
            f"{'is' if close == 1 else 'are'} no further than that from the best one, which is not known to be better."
        )
    else:
        said += f" None of the other {len(ends) - 1} trials that were trained to the end is as close to the best one."
    if seeds < FEWEST_RUNS:
        said += f" With fewer than {FEWEST_RUNS} seeds this is rough."
    return said + " The best of many is also a lucky one: train it again with other seeds before you rely on its value."


def _amount(info: MetricInfo, value: float) -> str:
    return f"{shown(info, value, decimals_for([value]))} {info.shown_unit}".rstrip()
