"""The server of the page, on the port that was asked for and on no other."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import rich
import viser

from wildrobot.errors import UsageError


class PageServer(viser.ViserServer):
    """A server of viser that does not hand the page on to viser's public relay, whatever a browser asks for."""

    def request_share_url(self, verbose: bool = True) -> str | None:
        """Returns None: the page is not shared."""
        return None

    def stop(self) -> None:
        """Closes the page in all browsers."""
        with _quiet():
            super().stop()


def start(host: str, port: int) -> PageServer:
    """Starts the server.

    Args:
      host: the address to listen on.
      port: 0 for any that is free.

    Raises:
      UsageError: for a port that is in use or not allowed, and for an address that is none of this machine's.
    """
    _check_free(host, port)
    # What viser reads from the environment would overrule the port.
    os.environ.pop("_VISER_PORT_OVERRIDE", None)
    with _quiet():
        server = PageServer(host=host, port=port, verbose=False)
    if port not in (0, server.get_port()):  # viser takes the next one, silently
        server.stop()
        raise _in_use(port)
    return server


@contextmanager
def _quiet() -> Iterator[None]:
    """Silences viser's banner and its farewell, printed on rich's global console, which we do not use."""
    console = rich.get_console()
    before, console.quiet = console.quiet, True
    try:
        yield
    finally:
        console.quiet = before


def _check_free(host: str, port: int) -> None:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise _in_use(port) from None
        if error.errno in (errno.EACCES, errno.EPERM):
            raise UsageError(f"--port {port}: this user may not listen on it; choose one from 1024 to 65535") from None
        raise UsageError(
            f"--host {host}: this machine cannot listen there ({error.strerror or error}); 127.0.0.1 is for this "
            "machine alone, 0.0.0.0 for the whole network"
        ) from None


def _in_use(port: int) -> UsageError:
    return UsageError(f"--port {port} is in use, perhaps by another play; choose another, or 0 for any that is free")
