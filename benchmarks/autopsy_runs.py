"""Faults of trainers and measurements."""

from __future__ import annotations

from pathlib import Path

from benchmarks.autopsy_faults import Fault


def faults(run: Path) -> tuple[Fault, ...]:
    return ()
