"""The page in a real browser, and the command that serves it. Chromium is the system's own: nothing is downloaded."""

import http.client
import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("viser", reason='no viser: pip install "wildrobot[play]"')

from playwright.sync_api import Browser, Page

from tests.conftest import chromium
from tests.play.conftest import POLICIES
from wildrobot.errors import UsageError
from wildrobot.play.pace import Runner
from wildrobot.play.page import server as page_server
from wildrobot.play.page.page import Page as PlayPage
from wildrobot.play.page.remote import heard
from wildrobot.play.session import Session

_SMALL = {"width": 400, "height": 300}
"""Pixels are drawn by the processor here."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Its pictures are drawn by the processor."""
    with chromium("--use-gl=angle", "--use-angle=swiftshader") as launched:
        yield launched


@pytest.fixture
def address(session: Session) -> Iterator[str]:
    """Where the session is played."""
    server, runner, open_ = page_server.start("127.0.0.1", 0), Runner(session), threading.Event()
    page = PlayPage(server, session, runner)
    shown = threading.Thread(target=page.show, args=(lambda: not open_.is_set(),))
    runner.start()
    shown.start()
    yield f"http://127.0.0.1:{server.get_port()}"
    open_.set()
    shown.join()
    runner.stop()
    server.stop()
    assert runner.failure is None


class Watched:
    """A browser's page, and what it complained of."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.page: Page = browser.new_context(viewport=_SMALL).new_page()  # type: ignore[arg-type]
        self.page.set_default_timeout(120_000)
        self.complaints: list[str] = []
        self.page.on("console", lambda said: self.complaints.extend([said.text] if said.type == "error" else []))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.asked: set[str] = set()
        self.page.on("request", lambda request: self.asked.add(request.url))
        self.page.goto(address)
        self.page.wait_for_selector("#wr-remote")

    @property
    def strangers(self) -> list[str]:
        """Addresses on other machines that the page has asked for."""
        return [url for url in self.asked if not re.match(r"(http://127\.0\.0\.1|data:|blob:)", url)]


def until(condition: Callable[[], bool], watched: Watched, seconds: float = 60.0) -> None:
    """Waits with the browser at work."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        watched.page.wait_for_timeout(50)


def test_what_a_stick_does_not_write_is_not_heard():
    assert heard("wildrobot-remote 3 1.00 -0.50 0.00 1 2") == (1.0, -0.5, 0.0, 1, 2)
    for text in (
        "",
        "wildrobot-remote",
        "wildrobot-remote 3 nan 0 0 0 0",
        "wildrobot-remote 3 9 0 0 0 0",
        "x 1 0 0 0 0 0",
    ):
        assert heard(text) is None


def test_a_port_in_use_and_a_foreign_address_are_refused():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"--port {port} is in use"):
            page_server.start("127.0.0.1", port)
    with pytest.raises(UsageError, match="cannot listen there"):
        page_server.start("203.0.113.7", 0)


def test_the_page_is_served_and_nothing_beside_it(session, address):
    host, port = address.removeprefix("http://").split(":")
    found = {}
    for path in ("/", "/../../_viser.py", "/%2e%2e/%2e%2e/_viser.py", "/etc/passwd"):
        connection = http.client.HTTPConnection(host, int(port), timeout=30)
        connection.request("GET", path)
        answer = connection.getresponse()
        found[path] = answer.status, answer.read()[:15]
        connection.close()
    assert found.pop("/") == (200, b"<!doctype html>")
    assert {status for status, _ in found.values()} == {404}
    until_s = time.monotonic() + 30.0
    while session.snapshot.time_s < 0.5:  # it moves without any browser
        assert time.monotonic() < until_s
        time.sleep(0.02)


@pytest.mark.slow
def test_the_robot_moves_when_the_stick_is_moved_and_stops_when_it_is_let_go(session, address, browser):
    watched = Watched(browser, address)
    page, pad = watched.page, watched.page.locator("#wr-remote .pad")
    area = pad.bounding_box()
    assert area is not None
    page.mouse.move(area["x"] + area["width"] / 2, area["y"] + area["height"] / 2)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] / 2, area["y"] + 2)
    until(lambda: session.controls.command[0] == pytest.approx(0.4), watched)  # the end of the policy's range
    until(lambda: session.snapshot.qpos[0] > 0.15, watched)
    page.mouse.up()
    until(lambda: session.controls.command == (0.0, 0.0, 0.0), watched)
    page.keyboard.down("q")
    until(lambda: session.controls.command == pytest.approx((0.0, 0.0, 0.3)), watched)
    page.keyboard.up("q")
    until(lambda: session.controls.command == (0.0, 0.0, 0.0), watched)
    assert watched.complaints == []
    assert watched.strangers == []
    page.close()


@pytest.mark.slow
def test_the_panel_pushes_pauses_steps_and_resets(session, address, browser):
    watched = Watched(browser, address)
    page = watched.page
    page.set_viewport_size({"width": 900, "height": 900})
    until(lambda: session.snapshot.time_s > 1.0, watched)
    pushed: list[float] = []
    session.recorded = lambda qpos: pushed.append(float(session.snapshot.push_N[0]))
    page.get_by_role("button", name="Push", exact=True).click()
    until(lambda: max(pushed, default=0.0) > 9.0, watched)
    session.recorded = lambda qpos: None
    until(lambda: session.snapshot.time_s > 5.0, watched)
    assert not session.snapshot.fallen  # it survives 10 N
    page.get_by_text("Pause", exact=True).click()
    until(lambda: session.controls.paused, watched)
    steps = session.snapshot.steps
    page.get_by_text("Step", exact=True).click()
    until(lambda: session.snapshot.steps == steps + 1, watched)
    page.keyboard.press("r")
    until(lambda: session.snapshot.time_s == 0.0, watched)
    page.get_by_role("tab", name="Robot").click()
    page.get_by_text("as on the robot", exact=True).click()
    until(lambda: session.controls.latency_steps == 2, watched)
    assert session.controls.period_steps == {"legs": 6, "arms": 18}
    assert session.controls.play_rad == pytest.approx(0.06)
    assert watched.complaints == []
    page.close()


@pytest.mark.slow
def test_a_robot_that_is_dragged_is_pulled(session, address, browser):
    watched = Watched(browser, address)
    page = watched.page
    page.set_viewport_size({"width": 900, "height": 500})  # so that the panel is beside the robot
    until(lambda: session.snapshot.time_s > 1.0, watched)
    x, y = 450, 200  # the camera looks at its thighs; above them is the body
    pulled: list[float] = []
    session.recorded = lambda qpos: pulled.append(float(abs(session.snapshot.push_N).max()))
    for _ in range(20):  # the pointer has to be seen above the robot first
        page.mouse.move(x, y)
        page.wait_for_timeout(300)
        page.mouse.down()
        page.mouse.move(x + 30, y, steps=3)
        page.wait_for_timeout(500)
        page.mouse.up()
        if max(pulled, default=0.0) > 1.0:
            break
    session.recorded = lambda qpos: None
    assert max(pulled) > 1.0
    until(lambda: not session.snapshot.push_N.any(), watched)
    # viser 1.1 says this of its own listeners whenever a node is dragged.
    assert [each for each in watched.complaints if "passive event listener" not in each] == []
    page.close()


@pytest.mark.slow
def test_two_browsers_share_the_robot_and_one_that_goes_away_lets_go(session, address, browser):
    first, second = Watched(browser, address), Watched(browser, address)
    first.page.keyboard.down("w")
    until(lambda: session.controls.command[0] > 0.3, first)
    second.page.keyboard.down("e")
    until(lambda: session.controls.command == pytest.approx((0.0, 0.0, -0.3)), second)  # who moves the stick drives
    statuses = [each.page.locator("#wr-status") for each in (first, second)]
    assert all("brax-walk" in status.inner_text() for status in statuses)
    second.page.close()
    until(lambda: session.controls.command == (0.0, 0.0, 0.0), first)
    assert first.complaints == second.complaints == []
    first.page.close()


class Command:
    """`python -m wildrobot.play` in a process of its own."""

    def __init__(self, *arguments: str, folder: Path) -> None:
        command = [sys.executable, "-u", "-m", "wildrobot.play", str(POLICIES / "brax-walk.safetensors"), *arguments]
        environment = os.environ | {"PYTHONPATH": str(POLICIES.parent)}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder, env=environment
        )
        self.said: list[str] = []

    def address(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if found := re.search(r"http://\S+", line):
                return found[0]
        raise AssertionError("".join(self.said))

    def interrupted(self) -> tuple[int, str]:
        self.process.send_signal(signal.SIGINT)
        rest, _ = self.process.communicate(timeout=120)
        return self.process.returncode, rest


@pytest.mark.slow
def test_ctrl_c_closes_the_page_and_writes_the_film(browser, tmp_path):
    needs_film = [name for name in ("imageio", "imageio_ffmpeg") if importlib.util.find_spec(name) is None]
    record = [] if needs_film else ["--record", "film.mp4"]
    command = Command("--port", "0", *record, folder=tmp_path)
    watched = Watched(browser, command.address())
    watched.page.wait_for_timeout(2000)
    code, said = command.interrupted()
    assert (code, said.splitlines()[-1]) == (130, "stopped")
    assert "Traceback" not in said
    if record:
        assert (tmp_path / "film.mp4").stat().st_size > 5_000
    watched.page.close()


@pytest.mark.slow
def test_memory_does_not_grow(browser, tmp_path):
    """Ten minutes; `WILDROBOT_PLAY_MINUTES` makes it shorter."""
    if not Path("/proc/self/status").is_file():
        pytest.skip("memory is read in /proc")
    minutes = float(os.environ.get("WILDROBOT_PLAY_MINUTES", "10"))
    command = Command("--port", "0", folder=tmp_path)
    watched = Watched(browser, command.address())
    watched.page.keyboard.down("w")

    def resident_MB() -> float:
        text = Path(f"/proc/{command.process.pid}/status").read_text(encoding="ascii")
        return int(re.findall(r"VmRSS:\s+(\d+) kB", text)[0]) / 1e3

    watched.page.wait_for_timeout(60_000)  # until everything was seen once
    before = resident_MB()
    watched.page.wait_for_timeout(60_000 * minutes)
    growth_MB = resident_MB() - before
    code, _ = command.interrupted()
    assert code == 130
    assert growth_MB < 20.0
    watched.page.close()
