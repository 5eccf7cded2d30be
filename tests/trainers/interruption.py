"""Ctrl-C on a training in a process of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable


def interrupted(arguments: list[str], ready: Callable[[], bool]) -> str:
    """What a training says when it is interrupted once it is ready; it must end in one piece, with exit code 130."""
    process = subprocess.Popen([sys.executable, "-m", "trainers", *arguments], stderr=subprocess.PIPE, text=True)
    try:
        give_up = time.monotonic() + 120
        while not ready():
            assert process.poll() is None
            assert time.monotonic() < give_up
            time.sleep(0.2)
        os.kill(process.pid, signal.SIGINT)
        error = process.communicate(timeout=30)[1]
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Traceback" not in error
    return error
