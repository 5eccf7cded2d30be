"""Check, make, view and retarget reference motions.

Command line: `python -m wildrobot.motion check | generate | view | retarget`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wildrobot import extras
from wildrobot.arguments import called, number, parse
from wildrobot.cli import exit_code, leave
from wildrobot.errors import UsageError
from wildrobot.files import make_folder
from wildrobot.render import gl

if TYPE_CHECKING:
    from wildrobot.motion.authoring.human import Human

_AUTHORING = extras.Extra("motion", ("mink", "daqp"))
_WIDTH, _HEIGHT = 640, 480
"""Size of a film [pixels]."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code: 0, 1 if a clip is refused, 2 for a mistake."""
    return exit_code(lambda: _run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    options = parse(parser(), arguments, words=("clips", "names"))
    return options.run(options)


def _check(options: argparse.Namespace) -> int:
    from wildrobot.motion import clip_file, library
    from wildrobot.motion.authoring import acceptance, table
    from wildrobot.robot import load_robot

    robot = load_robot(collision="full")
    names = options.clips or sorted(library.shipped())
    if not names:
        raise UsageError("no clip is shipped and none was named; make them with `python -m wildrobot.motion generate`")
    reports = [acceptance.examine(clip_file.load(library.find(name), robot)) for name in names]
    print(table.markdown(reports) if options.markdown else table.text(reports))
    for report in reports:
        if not report.passed:
            print(f"{report.clip.name} is refused: {report.failures}")
    return 0 if all(report.passed for report in reports) else 1


def _generate(options: argparse.Namespace) -> int:
    extras.require("generate", _AUTHORING)
    from wildrobot.motion import clip_file
    from wildrobot.motion.authoring import acceptance, catalogue, deepmimic, table

    recordings = options.recordings or deepmimic.shipped_folder()
    every = [*catalogue.CLIPS, *catalogue.RECORDED]
    unknown = sorted(set(options.names) - set(every))
    if unknown:
        raise UsageError(f"no clip is called {unknown[0]}; there are: {', '.join(every)}")
    if not options.names and recordings is None:
        print(f"without recordings, {', '.join(catalogue.RECORDED)} stay as they are: {deepmimic.where()}")
    chosen = options.names or (every if recordings else list(catalogue.CLIPS))
    make_folder(options.out)
    reports = []
    for name in chosen:
        report = acceptance.examine(catalogue.make(name, recordings))
        reports.append(report)
        if report.passed:
            clip_file.save(report.clip, options.out / f"{name}.npz")
        print(f"{name}: {'written' if report.passed else f'not written: {report.failures}'}", flush=True)
    print(table.text(reports))
    return 0 if all(report.passed for report in reports) else 1


def _retarget(options: argparse.Namespace) -> int:
    extras.require("retarget", _AUTHORING)
    from wildrobot.motion import clip_file
    from wildrobot.motion.authoring import acceptance, retarget, table
    from wildrobot.robot import load_robot

    human = _recording(options)
    print(human.source)
    settings = retarget.Settings(
        time_scale=options.time_scale, stride=options.stride, swing=options.swing, arms=options.arms
    )
    human = human.mirrored() if options.mirror else human
    if options.clip.suffix != ".npz":
        raise UsageError(f"a clip is written as .npz, not {options.clip.name}; give a name that ends so")
    report = acceptance.examine(retarget.retarget(options.clip.stem, human, load_robot(collision="feet"), settings))
    print(table.text([report]))
    if not report.passed:
        print(f"not written, the robot cannot do it: {report.failures}", file=sys.stderr)
        return 1
    clip_file.save(report.clip, options.clip)
    print(options.clip)
    return 0


def _recording(options: argparse.Namespace) -> Human:
    from wildrobot.motion.authoring import bvh, deepmimic

    path: Path = options.recording
    if path.suffix.lower() == ".bvh":
        names = dict(named.split("=", 1) for named in options.name if "=" in named)
        if len(names) < len(options.name):
            raise UsageError("--name needs PART=JOINT, each part once, such as --name 'left_hip=Bip01 L Thigh'")
        return bvh.load(path, names=names, up=options.up, unit=options.unit, loop=options.loop)
    if path.suffix.lower() not in (".txt", ".json"):
        raise UsageError(
            f"{path.name} is neither BVH (.bvh) nor DeepMimic JSON (.txt, .json); export the motion as BVH"
        )
    if options.name or options.up or options.unit or options.loop:
        raise UsageError("--name, --up, --unit and --loop are for BVH files; a DeepMimic file says all of that itself")
    return deepmimic.load(path)


def _view(options: argparse.Namespace) -> int:
    if not options.no_film:
        gl.require_film("a film")
    from wildrobot.motion import clip, clip_file, library
    from wildrobot.motion.authoring import acceptance, sheet
    from wildrobot.robot import load_robot

    shown = clip_file.load(library.find(options.clip), load_robot(collision="full"))
    report = acceptance.examine(shown)
    make_folder(options.out)
    page = options.out / f"{shown.name}.png"
    sheet.draw(report, page)
    print(page)
    if not options.no_film:
        from wildrobot.motion.derivatives import PERIOD_S
        from wildrobot.render import film

        for name, qpos in ((shown.name, clip.repeated(shown, 6.0)), (f"{shown.name}-simulated", report.tracked.qpos)):
            film.write(options.out / f"{name}.mp4", qpos, PERIOD_S, width=_WIDTH, height=_HEIGHT)
            print(options.out / f"{name}.mp4")
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line of `python -m wildrobot.motion`."""
    parser = argparse.ArgumentParser(prog=called("python -m wildrobot.motion"), description="Reference motions.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    check = commands.add_parser("check", help="measure clips against the limits of the robot")
    check.add_argument("clips", nargs="*", metavar="CLIP", help="shipped clips or .npz files; all shipped ones if none")
    check.add_argument("--markdown", action="store_true", help="print the table for a document")
    check.set_defaults(run=_check)

    generate = commands.add_parser("generate", help="compute the shipped walks again; only accepted ones are written")
    generate.add_argument("names", nargs="*", metavar="NAME", help="which; all if none is named")
    generate.add_argument("--out", type=Path, default=Path(__file__).parent / "data", help="folder (%(default)s)")
    generate.add_argument(
        "--recordings", type=Path, metavar="FOLDER", help="`motions` of pybullet_data, if not installed"
    )
    generate.set_defaults(run=_generate)

    retarget = commands.add_parser("retarget", help="make a clip from a recorded human walk; refused if infeasible")
    retarget.add_argument("recording", type=Path, metavar="FILE", help="DeepMimic JSON (.txt, .json) or BVH (.bvh)")
    retarget.add_argument("clip", type=Path, metavar="CLIP.npz", help="what to write")
    retarget.add_argument(
        "--time-scale", type=number(0.1, 20.0), default=1.0, help="times slower than the human (%(default)s)"
    )
    retarget.add_argument(
        "--stride", type=number(0.0, 5.0), default=0.4, help="share of the human's scaled stride (%(default)s)"
    )
    retarget.add_argument(
        "--swing", type=number(0.0, 5.0), default=0.4, help="share of the human's foot swing (%(default)s)"
    )
    retarget.add_argument(
        "--arms", type=number(0.0, 5.0), default=0.5, help="share of the human's arm swing (%(default)s)"
    )
    retarget.add_argument("--mirror", action="store_true", help="exchange left and right")
    foreign = retarget.add_argument_group("what a BVH file does not say, if it cannot be seen from the body")
    foreign.add_argument(
        "--name", action="append", default=[], metavar="PART=JOINT",
        help="which joint a part is; once for each part whose name is not understood: "
        "left_ or right_ hip, knee, ankle, shoulder, elbow, wrist; pelvis, chest",
    )  # fmt: skip
    foreign.add_argument("--up", metavar="AXIS", help="x, y, z, -x, -y or -z, as in --up=-z (the one it stands along)")
    foreign.add_argument(
        "--unit", "--metres-per-unit", metavar="UNIT",
        help="m, cm, mm, inch, foot, cmu (1 / 0.45 inch) or metres (that in which the legs are a human's)",
    )  # fmt: skip
    foreign.add_argument("--loop", action="store_true", help="the file is one seamless cycle")
    retarget.set_defaults(run=_retarget)

    view = commands.add_parser("view", help="draw a page of plots and make two films: the clip, and the servos' try")
    view.add_argument("clip", metavar="CLIP", help="a shipped clip or a .npz file")
    view.add_argument("--out", type=Path, default=Path("."), help="folder (%(default)s)")
    view.add_argument("--no-film", action="store_true", help="the page alone, which needs no OpenGL")
    view.set_defaults(run=_view)
    return parser


if __name__ == "__main__":
    leave(main())
