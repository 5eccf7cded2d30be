"""A live display of training: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import math
import time

from rich.progress import BarColumn, TimeRemainingColumn

from wildrobot.console import ProgressDisplay, column

_SHOWN = (
    ("reward", "episode/sum_reward", "{:.1f}"),
    ("length", "episode/length", "{:.0f}"),
    ("vx", "episode/vx_m_per_s", "{:.2f}"),
    ("error", "episode/vx_error_m_per_s", "{:.3f} m/s"),
    ("off the clips by", "style/motion_distance_rad", "{:.3f} rad"),
)
"""Label, name in the log, and format of each figure shown."""


class TrainingProgress(ProgressDisplay):
    """Shows steps, steps/s, time left, reward, episode length and tracked velocity."""

    def __init__(self, total_steps: int):
        super().__init__(
            column("{task.description}"),
            BarColumn(),
            column("{task.percentage:3.0f} %"),
            TimeRemainingColumn(),
            column("{task.fields[figures]}"),
            total=total_steps,
            line_every_s=20.0,
            rate_over_s=120.0,
        )
        self._bar.update(self._task, description="compiling", figures="")
        self._total_steps = total_steps
        self._first: tuple[float, int] | None = None
        self._last_line_s = -math.inf  # the first figures are printed at once: they say that compilation is over

    def update(self, steps: int, figures: dict[str, float]) -> None:
        """Shows the newest figures, by the names that they are logged under; those not there yet are left out."""
        now = time.monotonic()
        if self._first is None:
            self._first = (now, steps)
        since_s, since_steps = now - self._first[0], steps - self._first[1]
        rate = since_steps / since_s if since_s > 0 else 0.0
        parts = [f"{rate:,.0f} steps/s"] if rate else []
        parts += [f"{label} {form.format(figures[name])}" for label, name, form in _SHOWN if name in figures]
        text = "  ".join(parts)
        self._bar.update(self._task, completed=steps, description=f"{steps:,} steps", figures=text)
        left = f"{max(self._total_steps - steps, 0) / rate / 60:.1f} min left" if rate else "starting"
        self._say_if_due(f"{steps:>10,} of {self._total_steps:,} steps  {left}  {text}")
