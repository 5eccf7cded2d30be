"""One play, from the policies to the page and, at the end, the film."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wildrobot.console import output
from wildrobot.play.pace import Runner
from wildrobot.play.page import server as page_server
from wildrobot.play.page.page import Page
from wildrobot.play.recording import Recording
from wildrobot.play.session import Session
from wildrobot.play.worlds import Named


def play(policies: Sequence[Named], *, host: str, port: int, record: Path | None) -> None:
    """Plays until it is interrupted.

    Args:
      policies: what is played, the first one first.
      host, port: where the page is.
      record: a film to write at the end.

    Raises:
      UsageError: for a policy that cannot be played, a port in use, or a film that cannot be written.
      KeyboardInterrupt: after Ctrl-C, SIGTERM or SIGHUP, when all is closed and the film is written.
    """
    console = output()
    # The port first: a mistake shows at once, and not after the compiling.
    server = page_server.start(host, port)
    runner: Runner | None = None
    try:
        console.print(f"Compiling the environment of {policies[0].name}, about 10 seconds ...")
        session = Session(policies)
        recording = Recording(session.period_s) if record else None
        if recording is not None:
            session.recorded = recording.append
        runner = Runner(session)
        page = Page(server, session, runner)
        runner.start()
        console.print(f"Open {_address(host, server.get_port())} in a browser; Ctrl-C ends it.")
        try:
            page.show(runner.is_alive)
        except KeyboardInterrupt:
            if record is not None and recording is not None:
                runner.stop()
                console.print(f"Drawing {recording.seconds:.0f} s for {record} ...")
                recording.write(record, session.worlds.robot.name)
                console.print(f"{record}: written")
            raise
        if runner.failure is not None:
            raise runner.failure
    finally:
        if runner is not None:
            runner.stop()
        server.stop()


def _address(host: str, port: int) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"
