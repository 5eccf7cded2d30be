"""What tests of studies and sweeps share: the fake trainer and judge, and what these were started for."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from trainers.study.job import Programs

ROOT = Path(__file__).resolve().parents[2]
_HERE = Path(__file__).parent
_JUDGE = (sys.executable, str(_HERE / "fake_judge.py"))
PROGRAMS = Programs(train=(sys.executable, str(_HERE / "fake_trainer.py")), judge=_JUDGE, style=_JUDGE)


def said(fake: Path) -> list[str]:
    """What the fakes were started for since it was asked last."""
    path = fake / "said"
    lines = path.read_text().splitlines() if path.is_file() else []
    path.unlink(missing_ok=True)
    return sorted(lines)


def until(ready: Callable[[], object]) -> None:
    give_up = time.monotonic() + 120
    while not ready():
        assert time.monotonic() < give_up
        time.sleep(0.02)
