"""Stick, keyboard and gamepad of a browser.

viser has no such inputs. A script (`remote.js`) draws the stick over the picture, listens to keys and gamepads, and
writes what they say into a text field of the panel that nobody sees; viser carries that here.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable
from importlib import resources
from typing import NamedTuple

import viser

_MARK = "wildrobot-remote"
"""How the text begins; the script finds the field by it."""
_PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="


class Said(NamedTuple):
    """What a browser says: the axes in [-1, 1], and how often stop and reset were pressed since it was opened."""

    forward: float
    left: float
    turn_left: float
    stops: int
    resets: int


def heard(text: str) -> Said | None:
    """What is written in the field; None for what the script does not write."""
    words = text.split()
    if len(words) != 7 or words[0] != _MARK:
        return None
    try:
        forward, left, turn_left = (float(word) for word in words[2:5])
        stops, resets = (int(word) for word in words[5:7])
    except ValueError:
        return None
    if not all(math.isfinite(axis) and abs(axis) <= 1.0 for axis in (forward, left, turn_left)):
        return None
    return Said(forward, left, turn_left, stops, resets)


class Remote:
    """The sticks of all browsers; whoever moves one drives.

    A browser that goes away while its stick is out of the middle stops the robot.
    """

    def __init__(
        self,
        server: viser.ViserServer,
        drive: Callable[[float, float, float], None],
        stop: Callable[[], None],
        reset: Callable[[], None],
    ):
        """Gives every browser of a server a stick; see `Said` for what is called."""
        self._drive, self._stop, self._reset = drive, stop, reset
        self._last: dict[int, Said] = {}
        self._script = resources.files("wildrobot.play.page").joinpath("remote.js").read_text(encoding="utf-8")
        server.on_client_connect(self._connected)
        server.on_client_disconnect(self._disconnected)

    def _connected(self, client: viser.ClientHandle) -> None:
        self._last[client.client_id] = Said(0.0, 0.0, 0.0, 0, 0)
        with client.gui.add_folder("Remote", expand_by_default=False):
            field = client.gui.add_text("remote", _MARK)
            # A script that is added to a page with innerHTML does not run; what an image does when it is there, does.
            client.gui.add_html(f'<img alt="" src="{_PIXEL}" onload="{html.escape(self._script)}">')

        # A coroutine, because viser keeps the order of these alone.
        @field.on_update
        async def _(event: viser.GuiEvent) -> None:
            self._update(client.client_id, event.target.value)

    def _disconnected(self, client: viser.ClientHandle) -> None:
        last = self._last.pop(client.client_id, None)
        if last is not None and any(last[:3]):
            self._stop()

    def _update(self, client: int, text: str) -> None:
        said, last = heard(text), self._last.get(client)
        if said is None or last is None:
            return
        self._last[client] = said
        if said[:3] != last[:3]:
            self._drive(*said[:3])
        if said.stops > last.stops:
            self._stop()
        if said.resets > last.resets:
            self._reset()
