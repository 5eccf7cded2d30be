"""A live display of training: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType

from rich.progress import BarColumn, Progress, TimeRemainingColumn

from wildrobot.console import column, display

_LINE_EVERY_S = 20.0


class TrainingProgress:
    """Shows steps, steps/s, time left, reward, episode length and tracked velocity."""

    def __init__(self, total_steps: int):
        self._total_steps = total_steps
        self._console = display()
        self._bar = Progress(
            column("{task.description}"),
            BarColumn(),
            column("{task.percentage:3.0f} %"),
            TimeRemainingColumn(),
            column("{task.fields[figures]}"),
            console=self._console,
            disable=not self._console.is_terminal,
            speed_estimate_period=120,
        )
        self._task = self._bar.add_task("compiling", total=total_steps, figures="")
        self._first: tuple[float, int] | None = None
        self._last_line_s = 0.0

    def __enter__(self) -> TrainingProgress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def say(self, text: str) -> None:
        """Prints a line above the bar."""
        self._console.print(text, soft_wrap=True)

    def update(self, steps: int, figures: dict[str, float]) -> None:
        """Shows the newest figures, by the names that they are logged under; those not there yet are left out."""
        now = time.monotonic()
        if self._first is None:
            self._first = (now, steps)
        since_s, since_steps = now - self._first[0], steps - self._first[1]
        rate = since_steps / since_s if since_s > 0 else 0.0
        parts = [f"{rate:,.0f} steps/s"] if rate else []
        shown = (
            ("reward", "episode/sum_reward", "{:.1f}"),
            ("length", "episode/length", "{:.0f}"),
            ("vx", "episode/vx_m_per_s", "{:.2f}"),
            ("error", "episode/vx_error_m_per_s", "{:.3f} m/s"),
            ("off the clips by", "style/motion_distance_rad", "{:.3f} rad"),
        )
        parts += [f"{label} {form.format(figures[name])}" for label, name, form in shown if name in figures]
        text = "  ".join(parts)
        self._bar.update(self._task, completed=steps, description=f"{steps:,} steps", figures=text)
        if self._bar.disable and now - self._last_line_s > _LINE_EVERY_S:
            self._last_line_s = now
            left_s = (self._total_steps - steps) / rate if rate else float("nan")
            left = f"{max(left_s, 0) / 60:.1f} min left" if rate else "starting"
            self.say(f"{steps:>10,} of {self._total_steps:,} steps  {left}  {text}")
