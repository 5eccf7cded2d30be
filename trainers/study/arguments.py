"""The arguments of `python -m trainers study`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wildrobot.arguments import integer


def add(commands: Any) -> None:
    """Adds the command to those of `python -m trainers`."""
    study = commands.add_parser(
        "study",
        help="train groups of runs with several seeds each, judge and compare them",
        description="Trains what a study asks for, judges each policy, compares the groups, and answers the study's "
        "questions. What is done already is kept and not done again, also by other studies; what was cut goes on.",
    )
    study.add_argument("study", metavar="STUDY", help="path of a YAML file, or the name of one of configs/studies")
    study.add_argument(
        "--store", type=Path, default=Path("runs/studies"), metavar="FOLDER",
        help="where the runs of all studies are kept (default: runs/studies)",
    )  # fmt: skip
    study.add_argument(
        "--report", type=Path, metavar="FOLDER", help="for index.html and study.md (default: STORE/reports/STUDY)"
    )
    study.add_argument(
        "--at-once", type=integer(1, 10_000), metavar="N",
        help="runs at a time (default: as many as have cores_per_training each)",
    )  # fmt: skip
    study.add_argument(
        "--cluster", metavar="ADDRESS",
        help="train on a Ray cluster: auto, HOST:PORT, ray://HOST:PORT, or local to start one on this machine",
    )  # fmt: skip
    study.add_argument("--list", action="store_true", help="say what is done and what is not, and train nothing")
    study.add_argument(
        "--no-train", dest="train", action="store_false", help="write the report of what is done, and train nothing"
    )
