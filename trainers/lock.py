"""One process at a time writes a run folder: a lock that ends with its process, on whatever host that runs."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
import socket
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from wildrobot.errors import UsageError
from wildrobot.files import CannotWrite

LOCK = ".lock"
HEARTBEAT_S = 10.0
STALE_S = 60.0
"""After so long without a heartbeat, the process of another host counts as ended."""

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP)


class RunLock:
    """Holds `<run>/.lock` until `close`, or until the process ends in any way.

    The kernel's lock on the file (`flock`) goes with the process, on network file systems too where these pass locks
    on between hosts. Not all do, so the file also says who holds it, and its time of change is refreshed every
    `HEARTBEAT_S`: what another host has refreshed within `STALE_S` is in use, whatever the kernel says. The file stays
    when the lock is released, empty: removing it would let two processes hold locks on two files of one name.
    """

    def __init__(self, folder: Path, *, remedy: str):
        """Takes the lock.

        Args:
          folder: the run folder, which exists.
          remedy: for the refusal: what the user can do instead.

        Raises:
          UsageError: if another process has it; the message names host, process and ages.
          CannotWrite: if the folder cannot be written to.
        """
        self._folder, self._path = folder, folder / LOCK
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise CannotWrite(f"cannot write {self._path}: {error.strerror}; choose a writable place") from None
        self._ended = threading.Event()
        try:
            self._take(remedy)
        except BaseException:
            self._ended.set()
            os.close(self._file)
            raise
        threading.Thread(target=self._beat, name="run-lock", daemon=True).start()

    def check(self) -> None:
        """Makes sure that no other process has taken the run, as one may while this one or its host was suspended.

        Raises:
          UsageError: if one has.
        """
        with suppress(OSError):
            holder = _holder(self._path.read_bytes())
            if holder and holder["token"] != self._token:
                raise UsageError(
                    f"{self._folder}: process {holder['pid']} on {holder['host']} has gone on with this run, because "
                    f"this one gave no sign of life for {STALE_S:g} s; nothing more is written here"
                )

    def close(self) -> None:
        """Gives the run folder back."""
        if self._ended.is_set():
            return
        self._ended.set()
        holder = _holder(self._read())
        if holder and holder["token"] == self._token:
            with suppress(OSError):
                os.ftruncate(self._file, 0)
        os.close(self._file)

    def _take(self, remedy: str) -> None:
        locks = True
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise UsageError(self._in_use(_holder(self._read()), remedy)) from None
            locks = False
        holder = _holder(self._read())
        # The kernel that has given the lock knows whether another of its own processes holds it.
        elsewhere = holder and not (locks and holder["boot"] == _boot())
        if elsewhere and self._silent_s() < STALE_S:
            raise UsageError(self._in_use(holder, remedy))
        self._token = secrets.token_hex(8)
        record = {"host": socket.gethostname(), "pid": os.getpid(), "boot": _boot(), "token": self._token}
        try:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, json.dumps(record | {"started": self._now_s()}).encode(), 0)
            os.fsync(self._file)
        except OSError as error:
            raise CannotWrite(f"cannot write {self._path}: {error.strerror}; make room") from None

    def _in_use(self, holder: Mapping[str, Any] | None, remedy: str) -> str:
        if holder is None:
            return f"{self._folder}: another process has just begun to use it; {remedy}"
        silent_s = self._silent_s()
        elsewhere = f"; if it has ended, try again in {STALE_S - silent_s:.0f} s" if holder["boot"] != _boot() else ""
        return (
            f"{self._folder}: is in use by process {holder['pid']} on {holder['host']}, since "
            f"{_span(self._now_s() - holder['started'])} (last sign of life {_span(silent_s)} ago); {remedy}{elsewhere}"
        )

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_S):
            with suppress(OSError):
                os.utime(self._file)

    def _read(self) -> bytes:
        return os.pread(self._file, 4096, 0)

    def _silent_s(self) -> float:
        return self._now_s() - os.fstat(self._file).st_mtime

    def _now_s(self) -> float:
        """The file system's own clock, which a server's clients need not agree with."""
        try:
            with tempfile.TemporaryFile(dir=self._folder) as file:
                return os.fstat(file.fileno()).st_mtime
        except OSError:
            return time.time()


def _holder(text: bytes) -> dict[str, Any] | None:
    """Who holds a lock, by its file; None if nobody does, or the file cannot be understood."""
    try:
        holder = json.loads(text)
        known = {name: holder[name] for name in ("host", "pid", "boot", "token")}
        return known | {"started": float(holder["started"])}
    except (ValueError, TypeError, LookupError):
        return None


def _boot() -> str:
    """What tells this running kernel from all others."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return socket.gethostname()


def _span(seconds: float) -> str:
    seconds = max(0.0, seconds)
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
