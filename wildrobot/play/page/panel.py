"""The controls of the panel: what a person sets, and the same in every browser."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import viser

from wildrobot.experiment import load_experiment
from wildrobot.play.bank import ROBOTS, TILTS_DEG
from wildrobot.play.controls import (
    LARGEST_PLAY_RAD,
    LONGEST_LATENCY_STEPS,
    LONGEST_PERIOD_STEPS,
    Controls,
)
from wildrobot.play.session import Session

_SPEEDS = ("0.1 x", "0.25 x", "0.5 x", "1 x")
_STATES = ("exact", "as on the robot")
_TO = {"forward": 0.0, "left": 90.0, "backward": 180.0, "right": -90.0}
"""Directions of a push [deg], counter-clockwise from the robot's heading."""


class Panel:
    """Reads and sets the controls of a session.

    Attributes:
      follow, dark: the controls of the picture.
      tabs: where more can be added.
    """

    def __init__(self, gui: viser.GuiApi, session: Session):
        """Adds the controls where the caller is in the panel."""
        self._gui, self._session = gui, session
        self._shown: list[tuple[Any, Callable[[Controls], Any]]] = []
        """Each control, and what it shows of `Controls`."""
        self._time()
        self.tabs = gui.add_tab_group()
        with self.tabs.add_tab("Drive"):
            self._command()
            self._push()
            with gui.add_folder("Picture"):
                self.follow = gui.add_checkbox("Follow", True, hint="keep the robot in the middle")
                self.dark = gui.add_checkbox("Dark", False)
        with self.tabs.add_tab("Robot"):
            self._robot()

    def update(self) -> None:
        """Shows what is set now, also by the stick or by another browser."""
        controls = self._session.controls
        for handle, shown in self._shown:
            value = shown(controls)
            if handle.value != value:
                handle.value = value

    def _time(self) -> None:
        session, gui = self._session, self._gui
        stop = gui.add_button("Stop", color="red", icon=viser.Icon.PLAYER_STOP, hint="ask it to stand: Space")
        stop.on_click(lambda _: session.stop())
        buttons = gui.add_button_group("Time", ("Pause", "Step", "Reset"), hint="Pause goes on as well; Reset: R")

        def clicked(_: Any) -> None:
            if buttons.value == "Pause":
                session.change(paused=not session.controls.paused)
            elif buttons.value == "Step":
                session.single_step()
            else:
                session.reset()

        buttons.on_click(clicked)
        speed = gui.add_dropdown("Speed", _SPEEDS, initial_value=_SPEEDS[-1])
        self._bind(speed, lambda value: {"speed": float(value.split()[0])}, lambda controls: f"{controls.speed:g} x")

    def _command(self) -> None:
        gui = self._gui
        with gui.add_folder("Command"):
            for axis, (name, bounds) in enumerate(
                (
                    ("Forward [m/s]", lambda ranges: ranges.vx_m_per_s),
                    ("Left [m/s]", lambda ranges: ranges.vy_m_per_s),
                    ("Turn left [rad/s]", lambda ranges: ranges.yaw_rate_rad_per_s),
                )
            ):
                every = [bounds(each.policy.interface.command) for each in self._session.worlds.policies]
                low, high = min(0.0, *(low for low, _ in every)), max(0.0, *(high for _, high in every))
                slider = gui.add_slider(name, low, high, 0.01, 0.0)
                self._bind(
                    slider,
                    lambda value, axis=axis: {"command": _replaced(self._session.controls.command, axis, value)},
                    lambda controls, axis=axis: round(controls.command[axis], 2),
                )

    def _push(self) -> None:
        session, gui = self._session, self._gui
        with gui.add_folder("Push"):
            force = gui.add_slider("Force [N]", 0.0, 30.0, 1.0, 10.0, hint="at the waist, for 0.2 s")
            to = gui.add_dropdown("To", tuple(_TO), initial_value="forward")
            push = gui.add_button("Push", icon=viser.Icon.HAND_FINGER, hint="or drag the robot with the mouse")
            push.on_click(lambda _: session.push(force.value, math.radians(_TO[to.value])))

    def _robot(self) -> None:
        session, gui = self._session, self._gui
        names = [each.name for each in session.worlds.policies]
        robot = session.worlds.robot
        policy = gui.add_dropdown("Policy", tuple(names), initial_value=names[0])
        self._bind(policy, lambda value: {"policy": names.index(value)}, lambda controls: names[controls.policy])
        variant = gui.add_dropdown("Robot", ROBOTS, initial_value=ROBOTS[0])
        self._bind(variant, lambda value: {"robot": ROBOTS.index(value)}, lambda controls: ROBOTS[controls.robot])
        state = gui.add_button_group("Sensing", _STATES, hint="sets the next controls at once")

        @state.on_click
        def _(_: Any) -> None:
            session.change(**_preset(state.value, tuple(robot.joint_groups)))

        milliseconds = 1e3 * session.period_s
        for group in robot.joint_groups:
            age = gui.add_slider(
                f"Read {group} every", 1, LONGEST_PERIOD_STEPS, 1, 1, hint=f"control steps of {milliseconds:g} ms"
            )
            self._bind(
                age,
                lambda value, group=group: {"period_steps": {**session.controls.period_steps, group: int(value)}},
                lambda controls, group=group: controls.period_steps.get(group, 1),
            )
        play = gui.add_slider("Play [rad]", 0.0, LARGEST_PLAY_RAD, 0.01, 0.0, hint="of every gear, end to end")
        self._bind(play, lambda value: {"play_rad": float(value)}, lambda controls: controls.play_rad)
        latency = gui.add_slider(
            "Latency [steps]", 0, LONGEST_LATENCY_STEPS, 1, session.controls.latency_steps,
            hint=f"of {milliseconds:g} ms, until targets take effect",
        )  # fmt: skip
        self._bind(latency, lambda value: {"latency_steps": int(value)}, lambda controls: controls.latency_steps)
        step = TILTS_DEG[1] - TILTS_DEG[0]
        for axis, name in enumerate(("Floor down ahead [deg]", "Floor down left [deg]")):
            tilt = gui.add_slider(name, TILTS_DEG[0], TILTS_DEG[-1], step, 0.0)
            self._bind(
                tilt,
                lambda value, axis=axis: {"tilt_deg": _replaced(session.controls.tilt_deg, axis, value)},
                lambda controls, axis=axis: controls.tilt_deg[axis],
            )
        gets_up = gui.add_checkbox("Get up after a fall", True)
        self._bind(gets_up, lambda value: {"gets_up": value}, lambda controls: controls.gets_up)

    def _bind(self, handle: Any, changes: Callable[[Any], dict[str, Any]], shown: Callable[[Controls], Any]) -> None:
        """Binds a control both ways: it sets its field, and shows what is set."""
        self._shown.append((handle, shown))

        # A coroutine, because viser keeps the order of these alone.
        async def changed(event: viser.GuiEvent) -> None:
            if event.client is not None:  # and not by `update`
                self._session.change(**changes(handle.value))

        handle.on_update(changed)


def _replaced(values: tuple[float, ...], index: int, value: float) -> tuple[float, ...]:
    return tuple(value if place == index else old for place, old in enumerate(values))


def _preset(state: str, groups: tuple[str, ...]) -> dict[str, Any]:
    """Faults of sensors, gears and bus: none, or the middle of the range that policies are trained for."""
    if state == _STATES[0]:
        return {"period_steps": dict.fromkeys(groups, 1), "play_rad": 0.0, "latency_steps": 1}
    task = load_experiment("walk").env.task
    trained = task.sensing.joint_period_steps
    periods = {group: math.ceil(sum(trained.get(group, (1, 1))) / 2) for group in groups}
    latency_steps = math.ceil(sum(task.action.latency_steps) / 2)
    return {"period_steps": periods, "play_rad": sum(task.sensing.play_rad) / 2, "latency_steps": latency_steps}
