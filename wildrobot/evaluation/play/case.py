"""One case of a suite: all that is fixed for the episodes that are played of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

Engine = Literal["native", "mjx"]


class Push(NamedTuple):
    """A force on the pelvis, from `at_s` on; episode i is pushed 360 / directions * i degrees left of ahead."""

    force_N: float
    directions: int
    at_s: float
    duration_s: float


class Setting(NamedTuple):
    """What one environment has in common; cases of one setting are played together.

    Attributes:
      sensors: a named set of noise and errors.
      latency_steps: control steps until an action has its effect; None as in training.
      engine: of the physics.
      collision: which geoms collide, see `wildrobot.robot.Collision`.
      timestep_s: physics step [s]; None as in training.
      push_time: start and duration of a push [s]; None without.
    """

    sensors: str
    latency_steps: int | None
    engine: Engine
    collision: Literal["feet", "full"]
    timestep_s: float | None
    push_time: tuple[float, float] | None


class Play(NamedTuple):
    """What differs from robot to robot in one environment."""

    command: tuple[float, float, float]
    start: str
    variant: tuple[tuple[str, float], ...]
    push: Push | None


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes:
      id: unique in its suite, for programs.
      label: what sets it apart from the others, for people.
      seconds: length of its episodes.
      setting: the environment.
      play: the robots.
    """

    id: str
    label: str
    seconds: float
    setting: Setting
    play: Play

    @property
    def fields(self) -> dict[str, float | str | None]:
        """Everything that a gate may select by, under the names of the suite's file."""
        vx, vy, yaw_rate = self.play.command
        return {
            "vx_m_per_s": vx,
            "vy_m_per_s": vy,
            "yaw_rate_rad_per_s": yaw_rate,
            "start": self.play.start,
            "seconds": self.seconds,
            "force_N": self.play.push.force_N if self.play.push else None,
            "sensors": self.setting.sensors,
            "latency_steps": self.setting.latency_steps,
            "engine": self.setting.engine,
            "timestep_s": self.setting.timestep_s,
            **dict(self.play.variant),
        }


class _Token(NamedTuple):
    short: str
    long: str


def named(parts: Sequence[tuple[float, Setting, Play]]) -> tuple[Case, ...]:
    """Names the cases of a suite by what is not common to all of them; where nothing is left, the case is nominal."""
    tokens = [_tokens(*part) for part in parts]
    common = {
        field for field in {name for each in tokens for name in each} if len({each.get(field) for each in tokens}) == 1
    }
    cases = []
    for each, (seconds, setting, play) in zip(tokens, parts, strict=True):
        own = [token for field, token in each.items() if field not in common]
        case_id, label = " ".join(token.short for token in own), ", ".join(token.long for token in own)
        cases.append(Case(case_id or "nominal", label or "nominal", seconds, setting, play))
    return tuple(cases)


def _tokens(seconds: float, setting: Setting, play: Play) -> Mapping[str, _Token]:
    vx, vy, yaw_rate = play.command
    tokens: dict[str, _Token] = {}
    if vx or not (vy or yaw_rate):
        tokens["vx"] = _Token(f"vx={vx:g}", f"{vx:.2f} m/s")
    if vy:
        tokens["vy"] = _Token(f"vy={vy:g}", f"{'left' if vy > 0 else 'right'} {abs(vy):.2f} m/s")
    if yaw_rate:
        tokens["yaw"] = _Token(
            f"yaw={yaw_rate:g}", f"turn {'left' if yaw_rate > 0 else 'right'} {abs(yaw_rate):.2f} rad/s"
        )
    tokens["start"] = _Token(f"start={play.start}", f"{play.start} start")
    tokens["seconds"] = _Token(f"{seconds:g}s", f"{seconds:g} s")
    if play.push:
        tokens["push"] = _Token(f"{play.push.force_N:g}N", f"{play.push.force_N:g} N")
    for name, value in play.variant:
        tokens[name] = _Token(f"{name}={value:g}", f"{_plain(name)} {value:g}")
    if setting.latency_steps is not None:
        tokens["latency"] = _Token(f"latency={setting.latency_steps}", f"latency {setting.latency_steps} steps")
    if setting.sensors != "ideal":
        tokens["sensors"] = _Token(f"sensors={setting.sensors}", f"{setting.sensors} sensors")
    tokens["engine"] = _Token(setting.engine, "MJX" if setting.engine == "mjx" else "MuJoCo C")
    if setting.timestep_s is not None:
        tokens["timestep"] = _Token(f"{1e3 * setting.timestep_s:g}ms", f"{1e3 * setting.timestep_s:g} ms steps")
    return tokens


def _plain(name: str) -> str:
    return {
        "mass_scale": "mass x",
        "com_x_m": "torso CoM x",
        "com_y_m": "torso CoM y",
        "gain_scale": "servo gain x",
        "frictionloss_scale": "joint friction x",
        "armature_scale": "armature x",
    }.get(name, name)
