"""What was found, as text and as an experiment file that trains for it."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

import ruamel.yaml

from wildrobot.config import VERSION
from wildrobot.identification import parameters
from wildrobot.identification.fit import Fit
from wildrobot.identification.motions import TELLING
from wildrobot.identification.readings import bus
from wildrobot.robot import Robot

_SCALES = {"kp": "gain_scale", "frictionloss": "frictionloss_scale", "armature": "armature_scale"}
"""Parameter -> the field of `env.variants` that is its ratio to the MJCF's value."""
_MOST_LATENCY_STEPS = 5
_UNEXPLAINED_RAD = 0.02


def text(fit: Fit) -> str:
    """A table of the parameters of one joint, and what its logs cannot tell."""
    logs = ", ".join(f"{log.path.name} ({log.mode})" for log in fit.logs)
    lines = [f"{fit.joint_name}: {logs}", f"  {'parameter':<13} {'value':>9}   {'95 % interval':<21} of the MJCF's"]
    refused = []
    for row in parameters.ROWS:
        value, low, high, nominal = (getattr(servo, row.name) for servo in (fit.servo, fit.low, fit.high, fit.nominal))
        if row.name not in fit.told:
            refused.append(f"  {row.name:<13} cannot be told; what would tell it: {TELLING[row.name]}")
            continue
        ratio = "" if row.scale is not None else f"{low / nominal:.2f} to {high / nominal:.2f}"
        interval = f"{low:.4g} to {high:.4g} {row.unit}"
        lines.append(f"  {row.name:<13} {value:>9.4g}   {interval:<21} {ratio}".rstrip())
    lines += [*refused, f"  what was read lies {fit.noise_rad:.4f} rad (standard deviation) from what the model reads"]
    if fit.noise_rad > _UNEXPLAINED_RAD:
        lines.append(
            "  that is far more than an encoder's noise: the model does not describe this joint, and the intervals "
            "mean nothing; see that the robot hangs by its torso and that its other joints are held at home, and look "
            "at the picture"
        )
    for log in fit.logs:
        read = bus(log)
        if read is not None:
            lines.append(
                f"  {log.path.name}: read every {read.period_s:.3g} s, {read.longest_s:.3g} s at most; what the "
                f"computer knew was {read.mean_age_s:.3g} s old on average, {read.largest_age_s:.3g} s at most"
            )
    return "\n".join(lines)


def overrides(robot: Robot, fits: Sequence[Fit], extends: str, control_period_s: float) -> dict[str, Any]:
    """An experiment that extends another one by ranges that hold the intervals of all the joints.

    Only what the logs tell is in it.
    """
    variants: dict[str, Any] = {}
    for name, field in _SCALES.items():
        told = [fit for fit in fits if name in fit.told]
        if told:
            low = min(getattr(fit.low, name) / getattr(fit.nominal, name) for fit in told)
            high = max(getattr(fit.high, name) / getattr(fit.nominal, name) for fit in told)
            # A scale must be above 0, and friction may be nothing.
            variants[field] = [max(_round(low), 0.001), _round(high)]
    task: dict[str, Any] = {}
    if told := [fit for fit in fits if "delay_s" in fit.told]:
        # A hair of tolerance, or a delay of just one control step would be two.
        low = math.floor(min(fit.low.delay_s for fit in told) / control_period_s + 0.05)
        high = math.ceil(max(fit.high.delay_s for fit in told) / control_period_s - 0.05)
        steps = [min(low, _MOST_LATENCY_STEPS), min(max(high, low), _MOST_LATENCY_STEPS)]
        task["action"] = {"latency_steps": steps}
    sensing: dict[str, Any] = {}
    if told := [fit for fit in fits if "play_rad" in fit.told]:
        sensing["play_rad"] = [
            _round(min(float(fit.low.play_rad) for fit in told)),
            _round(max(float(fit.high.play_rad) for fit in told)),
        ]
    if told := [fit for fit in fits if "zero_rad" in fit.told]:
        bounds = [abs(float(bound)) for fit in told for bound in (fit.low.zero_rad, fit.high.zero_rad)]
        sensing["joint_zero_error_rad"] = _round(max(bounds))
    if periods := _periods_steps(robot, fits, control_period_s):
        sensing["joint_period_steps"] = periods
    if sensing:
        task["sensing"] = sensing
    env = {name: section for name, section in (("variants", variants), ("task", task)) if section}
    return {"version": VERSION, "extends": extends, "env": env}


def yaml_text(tree: dict[str, Any], fits: Sequence[Fit]) -> str:
    """The experiment as YAML, with the logs that it is from."""
    stream = io.StringIO()
    yaml = ruamel.yaml.YAML()
    yaml.default_flow_style = None
    yaml.width = 120
    names = ", ".join(log.path.name for fit in fits for log in fit.logs)
    stream.write(
        f"# What `python -m wildrobot.robot identify` found in {names}:\n# ranges that hold all 95 % intervals.\n"
    )
    yaml.dump(tree, stream)
    return stream.getvalue()


def _periods_steps(robot: Robot, fits: Sequence[Fit], control_period_s: float) -> dict[str, list[int]]:
    """Control steps between two reads, from the shortest to the longest usual one, of each group of joints."""
    seen: dict[str, list[int]] = {}
    for fit in fits:
        index = robot.joint_names.index(fit.joint_name)
        group = next((name for name, members in robot.joint_groups.items() if index in members), None)
        for log in fit.logs:
            read = bus(log)
            if group is not None and read is not None:
                seen.setdefault(group, []).append(max(round(read.period_s / control_period_s), 1))
    return {group: [min(steps), max(steps)] for group, steps in seen.items()}


def _round(value: float) -> float:
    return float(f"{float(value):.3g}")
