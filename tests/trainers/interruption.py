"""Signals to a training in a process of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable


def interrupted(arguments: list[str], ready: Callable[[], bool], number: signal.Signals = signal.SIGINT) -> str:
    """What a training says when it gets a signal once it is ready; it must end in one piece, with the exit code of it.

    As in a script's background, where the shell has SIGINT ignored.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "trainers", *arguments], stderr=subprocess.PIPE, text=True, preexec_fn=_ignore
    )
    try:
        give_up = time.monotonic() + 300
        while not ready():
            assert process.poll() is None
            assert time.monotonic() < give_up
            time.sleep(0.2)
        os.kill(process.pid, number)
        error = process.communicate(timeout=20)[1]
    finally:
        process.kill()
    assert process.returncode == 128 + number
    assert "Traceback" not in error
    return error


def _ignore() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
