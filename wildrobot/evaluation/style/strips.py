"""Pictures to see style by: a stride of a policy under a stride of its reference."""

from __future__ import annotations

from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from wildrobot.errors import UsageError
from wildrobot.evaluation.play.episodes import Episodes
from wildrobot.evaluation.show import filmstrip
from wildrobot.robot import load_robot

_ONE_CYCLE = 1.0


def draw(path: Path, rows: list[tuple[str, Episodes]]) -> None:
    """Writes a PNG with one strip per row, under its title; rays are cast for it, so that it needs no OpenGL.

    Raises:
      UsageError: if the file cannot be written.
    """
    model = load_robot(rows[0][1].robot.name, collision="full").model
    picture = Figure(figsize=(13.0, 4.2 * len(rows)), facecolor="white")
    FigureCanvasAgg(picture)
    height = 1.0 / len(rows)
    for index, (title, played) in enumerate(rows):
        bottom = 1.0 - (index + 1) * height
        strip = filmstrip.choose(played, cycles=_ONE_CYCLE)
        cycle = f"a stride of {strip.cycle_s:.2f} s" if strip.cycle_s else "no strides"
        picture.text(
            0.035,
            bottom + 0.93 * height,
            f"{title}: {cycle}",
            size=13,
            weight="bold",
            color="#1f2933",
            parse_math=False,
        )
        axes = picture.add_axes((0.035, bottom + 0.02 * height, 0.93, 0.87 * height))
        filmstrip.draw(axes, model, played, strip)
    try:
        picture.savefig(path, dpi=100, format="png", metadata={"Software": None})
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}; choose a writable place") from None
