"""Numbers as people read them: fractions in percent, as many decimals as a column needs, a real minus sign."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from wildrobot.evaluation.measure.metrics import MetricInfo

NONE = "–"


def percent(fraction: float) -> str:
    """One decimal, but 0 and 100 where that is exact: neither a rare fall nor a rare success is rounded away."""
    if fraction in (0.0, 1.0):
        return f"{100 * fraction:.0f}"
    text = number(100.0 * fraction, 1)
    return {"100.0": "> 99.9", "0.0": "< 0.1"}.get(text, text) if fraction > 0 else text


def number(value: float | int, decimals: int) -> str:
    """With a real minus sign, and no minus before a zero."""
    return f"{value:z,.{decimals}f}".replace("-", "−").replace(",", "\u202f")


def decimals_for(values: Iterable[float | None]) -> int:
    """So that the largest has three significant digits, at most 3 decimals."""
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    if largest == 0.0:
        return 2
    return min(3, max(0, 2 - math.floor(math.log10(largest))))


def shown(info: MetricInfo, value: float | None, decimals: int) -> str:
    """A value in the unit that people are shown."""
    if value is None:
        return NONE
    return percent(value) if info.in_percent else number(value, decimals)


def interval(info: MetricInfo, low: float | None, high: float | None, decimals: int) -> str:
    """E.g. `0.181–0.193`, or `−0.02 to 0.03`; empty without an interval."""
    if low is None or high is None:
        return ""
    a, b = shown(info, low, decimals), shown(info, high, decimals)
    return f"{a}–{b}" if a[0].isdigit() and b[0].isdigit() else f"{a} to {b}"


def with_unit(info: MetricInfo) -> str:
    """E.g. `speed [m/s]`."""
    return f"{info.label} [{info.shown_unit}]" if info.shown_unit else info.label


def rounded(value: float | int | None, digits: int = 4) -> float | None:
    """To significant digits: more cannot be seen in a plot."""
    return None if value is None else float(f"{value:.{digits}g}")


def plain(value: float) -> str:
    """A number that somebody chose, such as a limit: no more decimals than it has."""
    return f"{value:.6g}".replace("-", "−")


def minus(label: str) -> str:
    """Real minus signs before the numbers of a label."""
    return re.sub(r"(?<![\w.])-(?=[\d.])", "−", label)


def words(name: str) -> str:
    """A name of a program as a person would write it."""
    return name.replace("_", " ")


def count(value: float | int) -> str:
    """A large number of things: `8.1 million`."""
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if value >= size:
            return f"{value / size:.1f}\u00a0{word}"
    return number(value, 0)


def duration(seconds: float) -> str:
    """E.g. `45 s`, `14 min`, `2 h 05 min`."""
    if seconds < 90:
        return f"{seconds:.0f}\u00a0s"
    minutes = round(seconds / 60)
    return f"{minutes}\u00a0min" if minutes < 90 else f"{minutes // 60}\u00a0h\u00a0{minutes % 60:02d}\u00a0min"
