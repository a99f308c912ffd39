"""Sockets: reserve a loopback address first, serve an application on it later.

Addresses are reserved before anything starts, so that every service can be told every other one's address.
Only 127.0.0.1 is ever bound.
"""

import asyncio
import contextlib
import errno
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Iterator

import uvicorn
from starlette.types import ASGIApp

HOST = "127.0.0.1"

GRACE_SECONDS = 1
"""How long requests under way may take to end when their server ends."""


class PortInUse(Exception):
    """A wished-for port belongs to another process; the text names the port and the mend."""


class Listener:
    """A bound loopback socket that waits for its application."""

    def __init__(self, bound: socket.socket) -> None:
        self._socket = bound
        self.port: int = bound.getsockname()[1]

    @classmethod
    def reserve(cls, port: int = 0) -> "Listener":
        """Bind 127.0.0.1; 0 takes a free port. Raises PortInUse."""
        # the protocol is named because asyncio turns Nagle's algorithm off only where it is: else an answer waits 40 ms
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((HOST, port))
        except OSError as error:
            bound.close()
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                raise PortInUse(
                    f"port {port} on {HOST} cannot be taken ({error.strerror}): end the process that holds it"
                ) from error
            raise
        bound.listen(512)
        bound.setblocking(False)
        return cls(bound)

    @property
    def socket(self) -> socket.socket:
        return self._socket

    def address(self, scheme: str = "http") -> str:
        """The URL without a trailing slash."""
        return f"{scheme}://{HOST}:{self.port}"

    def close(self) -> None:
        self._socket.close()


class _Server(uvicorn.Server):
    """uvicorn in our loop: the host process handles signals, not each server."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End idle connections at once: over TLS a polite end waits for the client to agree, which it need not."""
        for connection in list(self.server_state.connections):
            cycle, transport = getattr(connection, "cycle", None), connection.transport
            if transport is not None and (cycle is None or cycle.response_complete):
                transport.abort()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serve(app: ASGIApp, listener: Listener, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[None]:
    """Serve `app` on the reserved address while the block runs; open connections end with it."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=75,
    )
    config.load()
    if tls is not None:
        config.ssl = tls
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener.socket]), name=f"server on port {listener.port}")
    try:
        while not server.started and not task.done():  # noqa: ASYNC110 - uvicorn offers a flag, no event
            await asyncio.sleep(0.002)
        if task.done():
            await task
            raise RuntimeError(f"the server on port {listener.port} ended before it started")
        yield
    finally:
        server.should_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await task
        listener.close()
