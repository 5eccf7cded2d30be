"""Films of the newest checkpoint, made beside the training by a process of the lowest priority."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from wildrobot.errors import UsageError
from wildrobot.files import make_folder
from wildrobot.render import gl

_LENGTH_S = 8.0
"""[s] of a film; it ends earlier where the robot falls."""
_NICENESS = 19
_POLL_S, _END_S = 0.2, 2.0


@dataclass(frozen=True)
class _UnderWay:
    """A film that is being made: of the policy after `steps`, by a process whose error output goes to `said`."""

    process: subprocess.Popen[bytes]
    steps: int
    policy: Path
    said: Path
    film: Path


class Filmer:
    """Starts a film when one is due and the last is done; a failure ends the films, and not the training.

    A film shows the fastest walk of the suite `walk` that the policy survives, as `--video` of the judge does.
    """

    def __init__(self, folder: Path, every_s: float, made: Callable[[int, Path], None]):
        """Films into a folder as `<steps>.mp4`.

        Args:
          folder: is made when the first film is.
          every_s: [s] between the starts of two films.
          made: called with environment steps and path of each film.
        """
        self._folder, self._every_s, self._made = folder, every_s, made
        self._policy: tuple[Path, int] | None = None
        self._filmed_steps = -1
        self._under_way: _UnderWay | None = None
        self._last_s = time.monotonic()
        self._ended = False

    @classmethod
    def where_possible(cls, folder: Path, every_s: float, made: Callable[[int, Path], None]) -> Filmer | None:
        """A filmer, or one sentence and None where OpenGL or the packages for films are missing."""
        try:
            gl.require_film("a film")
        except UsageError as error:
            _say(f"training without films: {error}")
            return None
        return cls(folder, every_s, made)

    def saved(self, policy: Path, steps: int) -> None:
        """Takes note of the newest policy file."""
        self._policy = policy, steps
        self.poll()

    def poll(self) -> None:
        """Passes on a finished film, and starts the next one when it is due. Returns at once."""
        self._collect()
        if time.monotonic() - self._last_s >= self._every_s:
            self._start()

    def last(self, say: Callable[[str], None], skip: Callable[[], bool]) -> None:
        """Films the newest policy, if there is no film of it yet, and waits for it unless `skip`."""
        self._collect()
        if self._under_way is not None and self._policy is not None and self._under_way.steps < self._policy[1]:
            self._kill()
        # There is no training any more that it could hinder.
        if self._under_way is None and not self._start(niceness=0):
            return
        say("filming it; Ctrl-C leaves that out")
        while self._under_way is not None and not skip():
            time.sleep(_POLL_S)
            self._collect()

    def close(self) -> None:
        """Ends the films; one that is not finished is deleted."""
        self._ended = True
        self._kill()

    def _kill(self) -> None:
        work, self._under_way = self._under_way, None
        if work is not None:
            work.process.kill()
            with suppress(subprocess.TimeoutExpired):  # where others take all the time, its threads take theirs to end
                work.process.wait(_END_S)
            _tidy(work)
            for part in self._folder.glob(f".{work.film.stem}.*"):
                part.unlink(missing_ok=True)

    def _start(self, niceness: int = _NICENESS) -> bool:
        """Whether a film has been started: there is a policy that has none, and no other is under way."""
        if self._ended or self._under_way is not None or self._policy is None or self._policy[1] <= self._filmed_steps:
            return False
        newest, steps = self._policy
        try:
            make_folder(self._folder)
            # A copy, for the training may replace the file before the child has read it.
            policy, said, film = (self._folder / f"{steps:012d}.{end}" for end in ("safetensors", "log", "mp4"))
            shutil.copyfile(newest, policy)
            with said.open("wb") as log:
                process = subprocess.Popen(
                    _command(policy, film),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C in the terminal is for the training, which then ends this, too
                )
        except (OSError, UsageError) as error:
            self._give_up(str(error))
            return False
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, os.getpriority(os.PRIO_PROCESS, 0) + niceness)
        self._under_way = _UnderWay(process, steps, policy, said, film)
        self._filmed_steps, self._last_s = steps, time.monotonic()
        return True

    def _collect(self) -> None:
        work = self._under_way
        if work is None or work.process.poll() is None:
            return
        self._under_way = None
        said: list[str] = []
        with suppress(OSError):  # somebody may have removed the folder
            said = work.said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        _tidy(work)
        if work.film.is_file():
            self._made(work.steps, work.film)
        else:
            self._give_up(said[-1].removeprefix("error: ") if said else f"{work.film} was not written")

    def _give_up(self, reason: str) -> None:
        self._ended = True
        _say(f"no more films: {reason}; the training goes on")


def _command(policy: Path, film: Path) -> list[str]:
    """The judge's own film of a policy, one episode of each command, on one thread."""
    judge = [sys.executable, "-m", "wildrobot.evaluation", str(policy), "--video", str(film)]
    play = ["--suites", "walk", "--quick", "--episodes", "1", "--seconds", f"{_LENGTH_S:g}", "--threads", "1"]
    return [*judge, *play, "--baselines", "--no-report", "--no-gate"]


def _tidy(work: _UnderWay) -> None:
    for path in (work.policy, work.said):
        with suppress(OSError):
            path.unlink()


def _say(text: str) -> None:
    print(text, file=sys.stderr)
