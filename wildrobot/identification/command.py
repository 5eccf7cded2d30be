"""The command `python -m wildrobot.robot identify`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from wildrobot import extras
from wildrobot.experiment import load_experiment
from wildrobot.files import make_folder, write_text
from wildrobot.robot import load_robot


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("logs", nargs="+", metavar="LOG", help="an .npz of one joint, with its .json beside it")
    parser.add_argument(
        "--out", type=Path, default=Path("identified"), metavar="FOLDER", help="for what is written (identified)"
    )
    parser.add_argument(
        "--extends", default="walk", metavar="EXPERIMENT", help="what the experiment that is written extends (walk)"
    )


def run(logs: Sequence[Path], out: Path, extends: str) -> int:
    """Identifies each joint from all its logs; returns the exit code.

    Raises:
      UsageError: for a bad log, or a folder that cannot be written.
    """
    # `mujoco.sysid` is silently empty where one of its packages is missing.
    extras.require("identification", extras.Extra("identify", ("colorama", "tabulate")))
    from wildrobot.identification import picture, report
    from wildrobot.identification.fit import fit
    from wildrobot.identification.log import read_log

    robot, experiment = load_robot(), load_experiment(extends)
    # All are checked before the first fit starts.
    read = [read_log(path, robot.joint_names) for path in dict.fromkeys(logs)]
    make_folder(out)
    fits = []
    names = list(dict.fromkeys(log.joint_name for log in read))
    for number, name in enumerate(names, 1):
        print(f"[{number}/{len(names)}] fitting {name} ...", flush=True)
        fits.append(fit(robot, [log for log in read if log.joint_name == name]))
        print(report.text(fits[-1]), flush=True)
        picture.draw(fits[-1], out / f"{name}.png")
        print(f"  drawn: {out / f'{name}.png'}", flush=True)
    tree = report.overrides(robot, fits, extends, experiment.env.physics.control_period_s)
    if not tree["env"]:
        print("no experiment is written: the logs tell nothing that it could hold")
        return 0
    write_text(out / "identified.yaml", report.yaml_text(tree, fits))
    print(f"{out / 'identified.yaml'}: train on this robot with `python -m trainers brax-amp --config` and this file")
    return 0
