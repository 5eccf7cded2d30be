"""One case of a suite: all that is fixed for the episodes that are played of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from wildrobot.evaluation.record import Count, Record

Engine = Literal["native", "mjx"]
Collision = Literal["feet", "full"]


class Push(Record):
    """A horizontal force on the robot's base."""

    force_N: float
    directions: Count
    """Episode i is pushed to i * 360 / directions degrees, counter-clockwise from straight ahead."""
    at_s: float
    duration_s: float


class Setting(NamedTuple):
    """What one environment has in common; cases of one setting are played together. See the fields of `Case`."""

    sensors: str
    latency_steps: int | None
    engine: Engine
    collision: Collision
    timestep_s: float | None
    push_time: tuple[float, float] | None = None
    """Start and duration of a push [s]; None without."""
    settings: str | None = None
    leg_period_steps: int | None = None


class Play(NamedTuple):
    """What differs from robot to robot in one environment. See the fields of `Case`."""

    command: tuple[float, float, float]
    start: str
    variant: tuple[tuple[str, float], ...]
    push: Push | None


class Case(Record):
    """One condition that every policy is played under."""

    id: str
    """Unique in its suite, for programs."""
    label: str
    """What sets it apart from the other cases, for people."""
    command: tuple[float, float, float]
    """vx forward [m/s], vy to the left [m/s], yaw rate counter-clockwise [rad/s], in the heading frame."""
    start: str
    """Name of the distribution of start states."""
    variant: dict[str, float]
    """What differs from the nominal robot; empty for the nominal robot."""
    push: Push | None
    latency_steps: Count | None
    """Delay of the actions in control periods; null: as in the policy's training."""
    leg_period_steps: Count | None = None
    """Control steps between two readings of a joint of the legs; null: as the settings say, or each step."""
    sensors: str
    """`ideal`, or the name of the noise model."""
    settings: str | None
    """Name of further changes of the environment, which the suite's file lists; null without."""
    engine: Engine
    collision: Collision
    """feet: only the feet meet the floor; full: all of the robot collides with the floor and with itself."""
    timestep_s: float | None
    """Of the physics; null: as in the policy's training."""
    seconds: float
    """Length of an episode that does not end in a fall."""

    @property
    def setting(self) -> Setting:
        """The environment that it is played in."""
        push_time = (self.push.at_s, self.push.duration_s) if self.push else None
        return Setting(
            self.sensors, self.latency_steps, self.engine, self.collision, self.timestep_s, push_time, self.settings,
            self.leg_period_steps,
        )  # fmt: skip

    @property
    def play(self) -> Play:
        """Its robots in that environment."""
        return Play(self.command, self.start, tuple(self.variant.items()), self.push)

    @property
    def differs_in_robot(self) -> bool:
        """Whether the robot, its latency, its sensors or the environment is not the nominal one."""
        steps = (self.latency_steps, self.leg_period_steps)
        return bool(self.variant or self.settings) or steps != (None, None) or self.sensors != "ideal"

    @property
    def fields(self) -> dict[str, float | str | None]:
        """Everything that a gate may select by, under the names of the suite's file."""
        vx, vy, yaw_rate = self.command
        return {
            "vx_m_per_s": vx,
            "vy_m_per_s": vy,
            "yaw_rate_rad_per_s": yaw_rate,
            "start": self.start,
            "seconds": self.seconds,
            "force_N": self.push.force_N if self.push else None,
            "sensors": self.sensors,
            "settings": self.settings,
            "latency_steps": self.latency_steps,
            "leg_period_steps": self.leg_period_steps,
            "engine": self.engine,
            "timestep_s": self.timestep_s,
            **self.variant,
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
        cases.append(
            Case(
                id=case_id or "nominal", label=label or "nominal", seconds=seconds, command=play.command,
                start=play.start, variant=dict(play.variant), push=play.push, latency_steps=setting.latency_steps,
                leg_period_steps=setting.leg_period_steps, sensors=setting.sensors, settings=setting.settings,
                engine=setting.engine, collision=setting.collision, timestep_s=setting.timestep_s,
            )
        )  # fmt: skip
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
        tokens[name] = _Token(f"{name}={value:g}", f"{_PLAIN.get(name, name)} {value:g}")
    if setting.latency_steps is not None:
        tokens["latency"] = _Token(f"latency={setting.latency_steps}", f"latency {setting.latency_steps} steps")
    if setting.leg_period_steps is not None:
        period = setting.leg_period_steps
        tokens["leg_period"] = _Token(f"legs={period}", f"legs read every {period} steps")
    if setting.sensors != "ideal":
        tokens["sensors"] = _Token(f"sensors={setting.sensors}", f"{setting.sensors} sensors")
    if setting.settings is not None:
        tokens["settings"] = _Token(f"settings={setting.settings}", setting.settings.replace("_", " "))
    tokens["engine"] = _Token(setting.engine, "MJX" if setting.engine == "mjx" else "MuJoCo C")
    if setting.timestep_s is not None:
        tokens["timestep"] = _Token(f"{1e3 * setting.timestep_s:g}ms", f"{1e3 * setting.timestep_s:g} ms steps")
    return tokens


_PLAIN = {
    "mass_scale": "mass x",
    "com_x_m": "torso CoM x",
    "com_y_m": "torso CoM y",
    "gain_scale": "servo gain x",
    "frictionloss_scale": "joint friction x",
    "armature_scale": "armature x",
}
"""Variants in plain words."""
