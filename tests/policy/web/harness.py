"""A page that is served, and its modules run in a browser beside the Python that they are held to."""

import functools
import http.server
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Route

from tests.policy.sensed import DOCUMENT


class Quiet(http.server.SimpleHTTPRequestHandler):
    """What `python -m http.server` serves with, without its log."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a file server that shows the folder."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def run_modules(browser: Browser, address: str, script: str, argument: Any = None) -> Any:
    """What an asynchronous JavaScript function returns that is run on the page's modules, without its own loop."""
    page = browser.new_page()
    try:
        page.goto(f"{address}licences.html")
        return page.evaluate(script, argument)
    finally:
        page.close()


def runtime_of_the_document(folder: Path) -> Any:
    """The `Runtime` in docs/deploy.md, on a bundle."""
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)
    return names["Runtime"](folder)


_DRAW = "this.renderer.render(this.scene, this.camera);"


class Watched:
    """The page as a person opens it on a phone, and all that it complained of or asked for.

    Without a GPU and on two busy cores a picture takes a second, so those are left out where nobody looks at them.
    """

    def __init__(self, browser: Browser, address: str, *, drawn: bool = False) -> None:
        self.page: Page = browser.new_page(viewport={"width": 360, "height": 740})
        self.complaints, self.requests = list[str](), list[str]()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.address = address
        if not drawn:
            self.replace("view.js", _DRAW, "")

    def replace(self, name: str, before: str, after: str) -> None:
        """Has the page load one of its modules with a part of it replaced."""

        def answer(route: Route) -> None:
            source = route.fetch().text()
            assert before in source
            route.fulfill(body=source.replace(before, after), content_type="text/javascript")

        self.page.route(f"**/{name}", answer)

    def open(self) -> "Watched":
        self.page.goto(self.address)
        self.page.locator("#panel:visible, #problem:visible").first.wait_for(timeout=60_000)
        return self

    def number(self, row: str, index: int) -> float:
        """What the page shows as `asked` or `reached`."""
        return float(self.page.inner_text(f"#{row}-{index}"))

    def wait_for(self, condition: str) -> None:
        self.page.wait_for_function(condition, timeout=60_000)

    @property
    def problem(self) -> str:
        return self.page.inner_text("#problem")

    def _heard(self, message: Any) -> None:
        if "GPU stall due to ReadPixels" not in message.text:  # Chromium's, where it draws without a GPU
            self.complaints.append(f"{message.type}: {message.text}")
