"""The page as a whole: it draws the newest snapshot a few times a second, and never waits for a browser."""

from __future__ import annotations

import html
import time
from collections.abc import Callable

import viser

from wildrobot.play.pace import Runner
from wildrobot.play.page.panel import Panel
from wildrobot.play.page.plots import Plots
from wildrobot.play.page.remote import Remote
from wildrobot.play.page.scene import Scene
from wildrobot.play.session import Session
from wildrobot.play.snapshot import Snapshot

_FRAME_S, _PLOT_S = 0.04, 0.2


class Page:
    """The page of one session; any number of browsers share it, and the robot."""

    def __init__(self, server: viser.ViserServer, session: Session, runner: Runner):
        """Adds everything to a server, which may have browsers already."""
        self._server, self._session, self._runner = server, session, runner
        gui = server.gui
        self._theme(dark=False)
        gui.set_panel_label("WildRobot")
        self._scene = Scene(server, session.worlds.robot, session.pull)
        self._status = gui.add_html("")
        self._said = ""
        self._panel = Panel(gui, session)
        self._panel.dark.on_update(lambda _: self._theme(dark=self._panel.dark.value))
        with self._panel.tabs.add_tab("Plots"):
            self._plots = Plots(gui, session.trace)
        Remote(server, drive=session.drive, stop=session.stop, reset=session.reset)

    def show(self, goes_on: Callable[[], bool]) -> None:
        """Draws for as long as it goes on."""
        drawn: tuple[Snapshot, bool] | None = None
        plotted_s = 0.0
        while goes_on():
            started_s = time.monotonic()
            now = self._session.snapshot, self._panel.follow.value
            if drawn is None or now[0] is not drawn[0] or now[1] != drawn[1]:
                self._scene.draw(now[0], follow=now[1])
                drawn = now
            if started_s - plotted_s >= _PLOT_S:
                self._panel.update()
                self._plots.update()
                self._say(now[0])
                plotted_s = started_s
            time.sleep(max(0.005, _FRAME_S - (time.monotonic() - started_s)))

    def _say(self, now: Snapshot) -> None:
        controls = self._session.controls
        name = self._session.worlds.policies[controls.policy].name
        vx, vy, yaw_rate = now.velocity.tolist()
        state = "paused" if controls.paused else f"{self._runner.real_time_factor:.2f} x real time"
        lines = [
            f"<b>{html.escape(name)}</b>, {state}",
            f"{vx:+.2f} m/s ahead, {vy:+.2f} m/s left, {yaw_rate:+.2f} rad/s",
            html.escape(now.note) or ("<b>fallen</b>" if now.fallen else f"{now.time_s:.0f} s on its feet"),
        ]
        said = f'<div id="wr-status" style="padding:0 1em;font-size:0.85em">{"<br>".join(lines)}</div>'
        if said != self._said:
            self._status.content = self._said = said

    def _theme(self, *, dark: bool) -> None:
        self._server.gui.configure_theme(
            dark_mode=dark, show_logo=False, show_share_button=False, brand_color=(232, 89, 12)
        )
